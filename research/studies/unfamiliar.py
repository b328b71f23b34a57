"""Can the model tell when a picture is unlike all it has learnt from, better than its own score can?

    python -m research.studies.unfamiliar --data DATA [--model NAME|FILE] [--count 400] [--fit 600] [--json FILE]

Every measure below costs next to nothing beside the network itself and could live in the model file. Each is asked two
things, at home (`valid`, as found and after the tiers) and away (degraded beyond training, drawn-like filters, fakes
made here from real pictures):

* How well does it rank wrong answers above right ones (AUC), beside the distance of the score from one half?
* If the verdict is also `unsure` where the measure is larger than on all but a share of familiar pictures, how many
  are still sure, and how many of those right; beside a wider band between the thresholds that costs as much at home.

Familiar pictures are of the split `train`, as found and in the tier `web`; the strange ones that one measure learns
from are the same turned upside down, with colours exchanged, solarised or in coarse blocks, none of which is tested.
Faces are searched once, in the picture as found; the stability probe is left out. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from unmask import Detector, open_image
from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.auc import auc_interval, placements
from unmask.evaluation import stratified_sample
from unmask.evaluation.degradations import Degradation
from unmask.evaluation.tiers import TIERS
from unmask.hub import resolve
from unmask.preprocessing import Box, preprocess
from unmask.runtime import Session, open_session
from unmask.training.config import PseudoFakeConfig
from unmask.training.data.pseudo_fakes import make_fake
from unmask.zoo import read_model

Array = NDArray[np.float64]
FEATURES = "features"
WIDTH = 32
"""Dimensions of the random projection."""
BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A labelled picture with a face: where it comes from, its RGB pixels, the face's box."""

    item: LabeledImage
    image: Image.Image
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the network says of N faces.

    Attributes:
        fake: `[N]`, the truth.
        groups: `[N]`, equal for pictures that are one witness.
        logits: `[N]`, calibrated.
        maps: `[N, h, w]`, the class activation map; None where the model has none.
        features: `[N, C]`, what its last layer sees, averaged over the map.
    """

    fake: NDArray[np.bool_]
    groups: NDArray[np.int64]
    logits: Array
    maps: Array | None
    features: Array

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether the likelier class is the wrong one, `[N]`."""
        wrong: NDArray[np.bool_] = (self.logits >= 0) != self.fake
        return wrong

    def take(self, chosen: NDArray[np.bool_]) -> Answers:
        """The faces at which a mask `[N]` is true."""
        maps = None if self.maps is None else self.maps[chosen]
        return Answers(self.fake[chosen], self.groups[chosen], self.logits[chosen], maps, self.features[chosen])


def drawn(image: Image.Image) -> Image.Image:
    """Like a drawing: few flat colours, dark outlines."""
    flat = ImageOps.posterize(image.filter(ImageFilter.ModeFilter(7)), 3)
    edges = ImageOps.invert(image.convert("L").filter(ImageFilter.FIND_EDGES)).point(
        lambda value: 0 if value < 200 else 255
    )
    return Image.composite(flat, Image.new("RGB", image.size), edges)


def negative(image: Image.Image) -> Image.Image:
    """As on a film: what no photograph of a face looks like."""
    return ImageOps.invert(image)


def degraded(how: Degradation) -> Callable[[Image.Image], Image.Image]:
    """A degradation as a function from pixels to pixels."""

    def apply(image: Image.Image) -> Image.Image:
        spoilt = how.apply(image)
        return spoilt if isinstance(spoilt, Image.Image) else open_image(spoilt).rgb()

    return apply


def blocks(image: Image.Image) -> Image.Image:
    """In squares of an eighteenth of its width."""
    side = max(1, image.width // 18)
    small = image.resize((max(1, image.width // side), max(1, image.height // side)), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


STRANGE: tuple[Callable[[Image.Image], Image.Image], ...] = (
    ImageOps.flip,
    lambda image: Image.merge("RGB", image.split()[::-1]),
    ImageOps.solarize,
    blocks,
)
HOME = {name: degraded(how) for name, how in TIERS.items()}
AWAY = {
    "an eighth of the pixels, q20": degraded(Degradation(scale=0.35, jpeg=20)),
    "blurred, 4 px": degraded(Degradation(blur=4.0)),
    "noise, 40 of 255": degraded(Degradation(noise=40.0)),
    "drawn": drawn,
    "negative": negative,
}
SELF_MADE = "fakes made here"


def find_subjects(detector: Detector, dataset: Dataset) -> list[Subject]:
    """The pictures with a face, each with its largest one."""
    found = []
    for item in dataset:
        picture = open_image(item.path)
        boxes = detector.locate_faces(picture).boxes
        if boxes:
            found.append(Subject(item, picture.rgb(), boxes[0]))
    return found


def with_features(model: bytes) -> bytes:
    """The model with what its last weighted layer sees as one more output, named `features`."""
    graph = onnx.load_model_from_string(model).graph
    made = {output: node for node in graph.node for output in node.output}
    wanted = "cam" if any(output.name == "cam" for output in graph.output) else "logit"
    node = made[wanted]
    while node.op_type not in ("Conv", "Gemm", "MatMul"):
        node = made[node.input[0]]
    full = onnx.load_model_from_string(model)
    full.graph.node.append(onnx.helper.make_node("Identity", [node.input[0]], [FEATURES]))
    full.graph.output.append(onnx.helper.make_tensor_value_info(FEATURES, onnx.TensorProto.FLOAT, None))
    return bytes(full.SerializeToString())


def run(session: Session, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """The outputs for N pictures; what a model that also looks at mirror images sees of each is averaged."""
    found = session.run(pixels=pixels)
    seen = found[FEATURES]
    return {**found, FEATURES: seen.reshape(-1, len(pixels), *seen.shape[1:]).mean(axis=0)}


def ask(
    session: Session, detector: Detector, subjects: Sequence[Subject], change: Callable[[Image.Image], Image.Image]
) -> Answers:
    """What the network says of each subject after a change that keeps its class."""
    return answers(
        session,
        detector,
        [(change(one.image), one) for one in subjects],
        [one.item.label == "fake" for one in subjects],
    )


def ask_self_made(session: Session, detector: Detector, reals: Sequence[Subject], seed: int) -> Answers:
    """What the network says of fakes made from real pictures, one of each."""
    rng = np.random.default_rng(seed)

    def donor() -> tuple[Image.Image, Box]:
        other = reals[int(rng.integers(len(reals)))]
        return other.image, other.box

    made = [(make_fake((one.image, one.box), donor, PseudoFakeConfig(share=0.5), rng), one) for one in reals]
    return answers(session, detector, made, [True] * len(made))


def answers(
    session: Session, detector: Detector, pictures: Sequence[tuple[Image.Image, Subject]], fake: Sequence[bool]
) -> Answers:
    """What the network says of pictures whose faces lie where their subjects' do."""
    crops = np.stack([_crop(detector, image, one) for image, one in pictures])
    parts = [run(session, crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
    raw = {name: np.concatenate([part[name] for part in parts]).astype(np.float64) for name in parts[0]}
    features = raw[FEATURES]
    groups = Dataset(tuple(one.item for _, one in pictures), "asked").groups
    calibrated = np.array([detector.card.calibration.logit(float(value)) for value in raw["logit"]])
    pooled = features.reshape(*features.shape[:2], -1).mean(axis=2) if features.ndim > 2 else features
    return Answers(np.array(fake, bool), groups, calibrated, raw.get("cam"), pooled)


def _crop(detector: Detector, image: Image.Image, one: Subject) -> NDArray[np.uint8]:
    across, down = image.width / one.image.width, image.height / one.image.height
    x, y, w, h = one.box
    return preprocess(open_image(image), (x * across, y * down, w * across, h * down), detector.card.preprocessing)


Measure = Callable[[Answers], Array]
"""Answers to how doubtful each is, `[N]`; larger is more doubtful."""


def measures(familiar: Answers, strange: Answers, seed: int) -> dict[str, Measure]:
    """Every measure, fitted to familiar pictures where it needs that."""
    found: dict[str, Measure] = {"score near one half": lambda told: -np.abs(told.logits)}
    if familiar.maps is not None:
        found |= {
            "map: spread": lambda told: _flat(told).std(axis=1),
            "map: spread by its mean": lambda told: _flat(told).std(axis=1) / (np.abs(_flat(told).mean(axis=1)) + 1e-3),
            "map: share against the answer": _against,
        }
    middle = familiar.features.mean(axis=1).mean()
    found |= {
        "features: mean, from the usual": lambda told: np.abs(told.features.mean(axis=1) - middle),
        "features: small (weak evidence)": lambda told: -np.linalg.norm(told.features, axis=1),
        "features: Mahalanobis, 32 projections": mahalanobis(familiar, seed),
        "features: linear, familiar against strange": linear(familiar, strange),
    }
    return found


def _flat(told: Answers) -> Array:
    assert told.maps is not None
    return told.maps.reshape(len(told.maps), -1)


def _against(told: Answers) -> Array:
    """The share of the map that speaks for the other class."""
    flat = _flat(told)
    opposed: Array = ((flat >= 0) != (flat.mean(axis=1, keepdims=True) >= 0)).mean(axis=1)
    return opposed


def mahalanobis(familiar: Answers, seed: int) -> Measure:
    """Distance from the nearer class's mean (K. Lee et al., NeurIPS 2018), in a random projection of the features."""
    matrix = np.random.default_rng(seed).standard_normal((familiar.features.shape[1], WIDTH)) / math.sqrt(WIDTH)
    low = familiar.features @ matrix
    means = np.stack([low[familiar.fake == label].mean(axis=0) for label in (False, True)])
    spread = low - means[familiar.fake.astype(int)]
    precision = np.linalg.inv(spread.T @ spread / len(spread) + 1e-6 * np.eye(WIDTH))

    def distance(told: Answers) -> Array:
        gaps = (told.features @ matrix)[:, None] - means
        nearest: Array = np.einsum("nkd,de,nke->nk", gaps, precision, gaps).min(axis=1)
        return np.sqrt(nearest)

    return distance


def linear(familiar: Answers, strange: Answers) -> Measure:
    """How much like strange pictures rather than familiar ones, by ridge regression on the features.

    A linear form of D. Hendrycks et al., "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
    """
    middle = familiar.features.mean(axis=0)
    rows = np.concatenate([familiar.features, strange.features]) - middle
    target = np.repeat([-1.0, 1.0], [len(familiar.features), len(strange.features)])
    gram = rows.T @ rows
    direction = np.linalg.solve(gram + np.trace(gram) / len(gram) * np.eye(len(gram)), rows.T @ target)
    return lambda told: np.asarray((told.features - middle) @ direction, np.float64)


def ranks_wrong(told: Answers, doubt: Array) -> list[float | None]:
    """AUC with interval of a wrong answer being more doubtful than a right one."""
    labels = told.wrong.astype(np.int64)
    if not 0 < labels.sum() < len(labels):
        return [None, None, None]
    return auc_interval(labels, placements(labels, doubt), told.groups).to_list()


def beyond(detector: Detector, told: Answers) -> Array:
    """How far each calibrated logit lies beyond its threshold, `[N]`; 0 where the verdict is `unsure`."""
    rule = detector.card.decision.thresholds
    low, high = (math.log(each / (1 - each)) for each in (rule.real_below, rule.fake_above))
    return np.where(told.logits > high, told.logits - high, np.maximum(low - told.logits, 0.0))


def sure_and_right(told: Answers, sure: NDArray[np.bool_]) -> dict[str, float | None]:
    """Coverage, the share of right answers among the sure ones (None where there are none), sure and wrong of all."""
    right = float((~told.wrong)[sure].mean()) if sure.any() else None
    return {"coverage": float(sure.mean()), "right": right, "wrong": float((sure & told.wrong).mean())}


def effects(detector: Detector, told: Answers, home: Answers, measure: Measure, limit: float) -> dict[str, Any]:
    """Sure verdicts by the thresholds, without those beyond the limit, and with a band that costs as much at home.

    Args:
        detector: knows the thresholds.
        told: what is measured.
        home: where the costs are compared.
        measure: of doubt; verdicts are also unsure above `limit`.
        limit: of the measure.
    """
    excess, at_home = beyond(detector, told), beyond(detector, home)
    kept_at_home = int(((at_home > 0) & (measure(home) <= limit)).sum())
    wider = float(np.sort(at_home)[::-1][kept_at_home]) if kept_at_home < len(at_home) else 0.0
    return {
        "thresholds": sure_and_right(told, excess > 0),
        "measure": sure_and_right(told, (excess > 0) & (measure(told) <= limit)),
        "wider band": sure_and_right(told, excess > wider),
    }


def joined(parts: Sequence[Answers]) -> Answers:
    """Several sets as one; groups of the same picture stay together only within a set."""
    offsets = np.cumsum([0, *(int(part.groups.max()) + 1 for part in parts[:-1])])
    maps = [part.maps for part in parts if part.maps is not None]
    return Answers(
        np.concatenate([part.fake for part in parts]),
        np.concatenate([part.groups + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.logits for part in parts]),
        np.concatenate(maps) if maps else None,
        np.concatenate([part.features for part in parts]),
    )


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Everything as markdown."""
    model, sets = result["model"], result["sets"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…); {result['familiar']} familiar answers.\n"
    yield "AUC of wrong above right answers\n"
    yield from ("| measure | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|")
    wrong = (f"{entry['wrong']} of {entry['answers']}" for entry in sets.values())
    yield "| *wrong answers* | " + " | ".join(wrong) + " |"
    for name in result["measures"]:
        cells = (entry["ranks_wrong"][name] for entry in sets.values())
        yield (
            f"| {name} | "
            + " | ".join("–" if auc[0] is None else f"{auc[0]:.2f} ({auc[1]:.2f}–{auc[2]:.2f})" for auc in cells)
            + " |"
        )
    yield "\nCoverage, right of the sure verdicts, sure and wrong of all pictures:"
    yield f"unsure also above the {1 - result['share']:.0%} quantile of familiar"
    yield "pictures; in brackets with a band between the thresholds wider by as much as costs the same at home\n"
    yield from ("| measure | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|")
    first = next(iter(result["measures"]))
    plain = (_effect(entry["effects"][first]["thresholds"]) for entry in sets.values())
    yield "| *thresholds alone* | " + " | ".join(plain) + " |"
    for name in result["measures"][1:]:
        rows = (entry["effects"][name] for entry in sets.values())
        cells = (f"{_effect(row['measure'])} [{_effect(row['wider band'])}]" for row in rows)
        yield f"| {name} | " + " | ".join(cells) + " |"


def _effect(row: Mapping[str, float | None]) -> str:
    right = row["right"]
    return f"{row['coverage']:.0%}, " + ("–" if right is None else f"{right:.1%}") + f", {row['wrong']:.1%}"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the pictures")
    parser.add_argument("--model", default="default", help="a name `unmask models` lists, or a model file")
    parser.add_argument("--count", type=int, default=400, help="about so many pictures of `valid`")
    parser.add_argument("--fit", type=int, default=600, help="about so many familiar pictures of `train`")
    parser.add_argument("--share", type=float, default=0.05, help="of familiar pictures that may become unsure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write every figure here")
    arguments = parser.parse_args()
    dataset = Dataset.load(arguments.data)
    detector = Detector.load(arguments.model, threads=1)
    session = open_session(with_features(read_model(resolve(arguments.model))), threads=1)
    known = find_subjects(detector, stratified_sample(dataset.subset("train"), arguments.fit, arguments.seed))
    familiar = joined([ask(session, detector, known, HOME[tier]) for tier in ("clean", "web")])
    strange = joined([ask(session, detector, known, change) for change in STRANGE])
    subjects = find_subjects(detector, stratified_sample(dataset.subset("valid"), arguments.count, arguments.seed))
    home = {name: ask(session, detector, subjects, change) for name, change in HOME.items()}
    away = {name: ask(session, detector, subjects, change) for name, change in AWAY.items()}
    reals = [one for one in subjects if one.item.label == "real"]
    strangely = joined(list(away.values()))
    away[SELF_MADE] = ask_self_made(session, detector, reals, arguments.seed)
    pooled = joined(list(home.values()))
    sets = {**home, "home, pooled": pooled, **away, "away but for those fakes, pooled": strangely}
    sets |= {
        f"sure verdicts {where}": told.take(beyond(detector, told) > 0)
        for where, told in (("at home", pooled), ("away but for those fakes", strangely))
    }
    chosen = measures(familiar, strange, arguments.seed)
    limits = {name: float(np.quantile(measure(familiar), 1 - arguments.share)) for name, measure in chosen.items()}
    result = {
        "model": detector.model.to_dict(),
        "familiar": len(familiar.fake),
        "share": arguments.share,
        "measures": list(chosen),
        "sets": {
            title: {
                "answers": len(told.fake),
                "wrong": int(told.wrong.sum()),
                "ranks_wrong": {name: ranks_wrong(told, measure(told)) for name, measure in chosen.items()},
                "effects": {
                    name: effects(detector, told, sets["home, pooled"], measure, limits[name])
                    for name, measure in chosen.items()
                },
            }
            for title, told in sets.items()
        },
    }
    print("\n".join(markdown(result)))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
