"""Import in one page: read the model, wrap its graph, check its class order, calibrate it, write its card."""

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
from unmask.training.importing.class_order import ClassOrderCheck, check_class_order
from unmask.training.importing.external_model import ExternalModel, read_external_model
from unmask.training.importing.normalization import NORMALIZATIONS, Normalization, normalization_by_name
from unmask.training.importing.onnx_wrapper import has_dynamic_size, wrap_model
from unmask.verdict import Thresholds

MIN_TO_CALIBRATE = 20
"""Images of each class from which the model is calibrated."""
COMMON_SIZES = ("128", "224", "256", "299")

Prompt = Callable[[str, tuple[str, ...]], str]
"""A question and its common answers to the answer of the user."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Result of an import.

    Attributes:
        card: card of the new model file.
        class_order: evidence for the class order.
        calibrated: whether there were enough images for calibration.
    """

    card: ModelCard
    class_order: ClassOrderCheck
    calibrated: bool


def import_model(
    source: Path,
    output: Path,
    *,
    classes: tuple[str, str] | None = None,
    size: int | None = None,
    normalize: str | None = None,
    margin: float = 1.3,
    dataset: Dataset | None = None,
    name: str | None = None,
    license: str = "",  # noqa: A002
    prompt: Prompt | None = None,
) -> ImportResult:
    """Convert an external network into a model file.

    Args:
        source: `.onnx`, `.h5`, `.keras`, or a folder with `model.onnx` and `config.json`.
        output: path of the model file.
        classes: names of the network's outputs in order; a single score is that of the second class. None reads them
            from `config.json` of the folder.
        size: side of the input in pixels, for networks of dynamic size; None reads it from the files, or prompts.
        normalize: a name in `NORMALIZATIONS`; None reads it from the files, or prompts.
        margin: side of the face crop as a multiple of the face box's longer side.
        dataset: images of known class that check the class order and calibrate the model; None uses images made from
            the bundled portrait, and the model stays uncalibrated.
        name: name of the model; None takes that of the file.
        license: terms of use, for the card.
        prompt: asks the user for missing facts; None raises UsageError instead.

    Raises:
        BadModelFile: the network cannot be used, or its scores contradict the declared classes.
        UsageError: a fact is missing or invalid; the message names the option that states it.
    """
    external = read_external_model(source)
    if any(entry.key == METADATA_KEY for entry in external.model.metadata_props):
        raise UsageError(f"{source} is already a model file of unmask; use it with --model")
    order = _class_order(classes, external)
    normalization = _normalization(normalize, external, prompt)
    size = _input_size(size, external, prompt)
    model, side = wrap_model(external.model, classes=order, size=size, normalization=normalization)
    try:
        preprocessing = Preprocessing(size=side, margin=margin)
        preprocessing = replace(preprocessing, resample=external.resample or preprocessing.resample)
    except ValueError as error:
        raise UsageError(f"{source}: {error}") from error
    class_order = check_class_order(open_session(model.SerializeToString()), preprocessing, dataset)
    if class_order.contradicts:
        raise BadModelFile(
            f"declared as {','.join(order)}, but on {len(class_order.labels)} images of known class higher scores mean "
            f"real (AUC {class_order.auc.value:.2f}); the outputs are probably --classes {','.join(reversed(order))}"
        )
    calibrated = dataset is not None and min(np.bincount(class_order.labels, minlength=2)) >= MIN_TO_CALIBRATE
    card = _card(name or source.stem, preprocessing, class_order, dataset if calibrated else None, license)
    onnx.helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(model.SerializeToString())
    return ImportResult(card, class_order, calibrated)


def _class_order(classes: tuple[str, str] | None, external: ExternalModel) -> tuple[str, str]:
    """The given class order, or that of the files."""
    order = classes or external.classes
    if order is None:
        raise UsageError(
            "the model does not state which output is which class; add --classes real,fake or --classes fake,real"
        )
    if sorted(order) != sorted(CLASSES):
        raise UsageError(f"classes {','.join(order)}: unmask needs real and fake, in the order of the outputs")
    return order


def _normalization(name: str | None, external: ExternalModel, prompt: Prompt | None) -> Normalization:
    """The given normalization, that of the files, or the user's answer."""
    if name:
        return normalization_by_name(name)
    if external.normalization:
        return external.normalization
    names = tuple(NORMALIZATIONS)
    if prompt is None:
        raise UsageError(
            f"the model does not state how its input is normalized; add --normalize with one of {', '.join(names)}"
        )
    question = "Which input range does the network expect (raw 0..255, unit 0..1, signed -1..1, imagenet)?"
    return normalization_by_name(prompt(question, names))


def _input_size(given: int | None, external: ExternalModel, prompt: Prompt | None) -> int | None:
    """The given input size, that of the files, or the user's answer; None if the network has a fixed size."""
    known = given or external.size
    if known or prompt is None or not has_dynamic_size(external.model):
        return known
    answer = prompt("Which input size does the network expect, in pixels?", COMMON_SIZES)
    if not answer.isdecimal() or int(answer) < 16:
        raise UsageError(f"{answer!r} is not a size of at least 16 pixels; give it with --size")
    return int(answer)


def _card(
    name: str, preprocessing: Preprocessing, class_order: ClassOrderCheck, dataset: Dataset | None, terms: str
) -> ModelCard:
    """The card; without a dataset to calibrate on, scores stay unchanged and the limits state it."""
    limits = ["imported from an external file; how it was trained is not known"]
    calibration, decision = Calibration(), DecisionRule(Thresholds(0.2, 0.8))
    data: dict[str, object] = {}
    if dataset is None:
        limits.append("not calibrated: its scores are used as probabilities, and its thresholds are a guess")
    else:
        count, is_fake = len(class_order.labels), class_order.labels == 1
        scores = CalibrationScores(
            class_order.logits, is_fake, balanced_weights(is_fake, [""] * count), np.arange(count)
        )
        calibration, decision = calibrate(scores, CalibrationConfig())
        limits.append(f"calibrated on {count} images of {dataset.name}")
        limits += unmet_guarantees(scores, CalibrationConfig())
        data = {"calibration": {"name": dataset.name, "sha256": dataset.sha256}}
    return ModelCard(
        name=name,
        version="1",
        summary="an imported network",
        preprocessing=preprocessing,
        calibration=calibration,
        decision=decision,
        training_data=data,
        license=terms,
        limits=tuple(limits),
    )
