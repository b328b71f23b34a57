"""Import on one page: read · wrap · probe the polarity · calibrate · write the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from unmask.card import CLASSES, METADATA_KEY, Calibration, DecisionRule, ModelCard
from unmask.datasets import Dataset
from unmask.errors import BadModelFile, UsageError
from unmask.preprocessing import Preprocessing
from unmask.runtime import open_session
from unmask.training.config import CalibrationConfig
from unmask.training.export.calibration import CalibrationScores, balanced_weights, calibrate, unmet_guarantees
from unmask.training.importing.normalisation import NORMALISATIONS, Normalisation, by_name
from unmask.training.importing.polarity import Probe, probe
from unmask.training.importing.sources import Foreign, read
from unmask.training.importing.wrapping import leaves_size_open, wrap
from unmask.verdict import Thresholds

ENOUGH = 20
"""Pictures of each class from which on the probe also calibrates."""

Ask = Callable[[str, tuple[str, ...]], str]
"""Asks a person a question with a few usual answers."""
USUAL_SIZES = ("128", "224", "256", "299")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        card: of the new model file.
        probe: what the polarity was judged by.
        calibrated: whether there were enough pictures to calibrate with.
    """

    card: ModelCard
    probe: Probe
    calibrated: bool


def import_model(
    source: Path,
    output: Path,
    *,
    classes: tuple[str, str] | None = None,
    size: int | None = None,
    normalise: str | None = None,
    margin: float = 1.3,
    dataset: Dataset | None = None,
    name: str | None = None,
    licence: str = "",
    ask: Ask | None = None,
) -> Imported:
    """Turn a foreign network into a model file.

    Args:
        source: `.onnx`, `.h5`, `.keras`, or a folder with `model.onnx` and `config.json`.
        output: where the model file goes.
        classes: names of the network's outputs in order; a single score is the second one's. None reads
            them from the folder's `config.json`.
        size: side of the input in pixels, where the network leaves it open; None takes what the files say, else asks.
        normalise: one of `NORMALISATIONS`; None takes what the files say, else asks.
        margin: side of the judged square as a multiple of the face box's longer side.
        dataset: pictures of known class to probe the polarity with, and to calibrate; None takes bundled ones.
        name: of the model; None takes the file's.
        licence: terms of use, for the card.
        ask: asks a person; None means that nobody can be asked.

    Raises:
        BadModelFile: no network unmask can use, or its scores contradict the declared classes.
        UsageError: something has to be said that was not.
    """
    foreign = read(source)
    if any(entry.key == METADATA_KEY for entry in foreign.model.metadata_props):
        raise UsageError(f"{source} is a model file of unmask already: use it with --model")
    order = _order(classes, foreign)
    way = _normalisation(normalise, foreign, ask)
    model, side = wrap(foreign.model, classes=order, size=_size(size, foreign, ask), normalisation=way)
    try:
        preparation = Preprocessing(size=side, margin=margin)
        preparation = replace(preparation, resample=foreign.resample or preparation.resample)
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error
    session = open_session(model.SerializeToString())
    seen = probe(session, preparation, dataset)
    if seen.contradicts:
        raise BadModelFile(
            f"declared as {','.join(order)}, but on {len(seen.labels)} pictures of known class higher scores mean real "
            f"(AUC {seen.auc.value:.2f}); the outputs are probably --classes {','.join(reversed(order))}"
        )
    calibrated = dataset is not None and min(np.bincount(seen.labels, minlength=2)) >= ENOUGH
    card = _card(name or source.stem, preparation, seen, dataset if calibrated else None, licence)
    onnx.helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(model.SerializeToString())
    return Imported(card, seen, calibrated)


def _order(classes: tuple[str, str] | None, foreign: Foreign) -> tuple[str, str]:
    order = classes or foreign.classes
    if order is None:
        raise UsageError("which output is which class? say --classes real,fake or --classes fake,real")
    if sorted(order) != sorted(CLASSES):
        raise UsageError(f"classes {','.join(order)}: unmask needs real and fake, in the order of the outputs")
    return order


def _normalisation(named: str | None, foreign: Foreign, ask: Ask | None) -> Normalisation:
    """As said, else as the files say, else as a person answers."""
    if named:
        return by_name(named)
    if foreign.normalisation:
        return foreign.normalisation
    names = tuple(NORMALISATIONS)
    if ask is None:
        raise UsageError(f"how does the network want its pixels? say --normalise with one of {', '.join(names)}")
    return by_name(ask("How does the network want its pixels (raw 0..255, unit 0..1, signed -1..1, imagenet)?", names))


def _size(named: int | None, foreign: Foreign, ask: Ask | None) -> int | None:
    """As said, else as the files say, else as a person answers; None where the network itself fixes it."""
    known = named or foreign.size
    if known or ask is None or not leaves_size_open(foreign.model):
        return known
    answer = ask("How many pixels a side does the network want its pictures to have?", USUAL_SIZES)
    if not answer.isdecimal() or int(answer) < 16:
        raise UsageError(f"{answer!r} is no size in pixels; give it with --size")
    return int(answer)


def _card(name: str, preparation: Preprocessing, seen: Probe, dataset: Dataset | None, licence: str) -> ModelCard:
    """The card; without enough pictures, scores stay as they are and the card says so."""
    limits = ["imported from a foreign file; unmask knows nothing of how it was trained"]
    calibration, decision = Calibration(), DecisionRule(Thresholds(0.2, 0.8))
    if dataset is None:
        limits.append("not calibrated: its scores are taken for probabilities, its thresholds are a guess")
        data: dict[str, object] = {}
    else:
        count, truth = len(seen.labels), seen.labels == 1
        held_out = CalibrationScores(seen.logits, truth, balanced_weights(truth, [""] * count), np.arange(count))
        calibration, decision = calibrate(held_out, CalibrationConfig())
        limits += [
            f"calibrated on {count} pictures of {dataset.name}",
            *unmet_guarantees(held_out, CalibrationConfig()),
        ]
        data = {"calibration": {"name": dataset.name, "sha256": dataset.sha256}}
    return ModelCard(
        name=name,
        version="1",
        summary="an imported network",
        preprocessing=preparation,
        calibration=calibration,
        decision=decision,
        training_data=data,
        license=licence,
        limits=tuple(limits),
    )
