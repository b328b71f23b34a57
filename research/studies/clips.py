"""False-alarm rate of clips by aggregate, and the margin that keeps it at the rate of the model card.

    UNMASK_DATA=… python -m research.studies.clips [--clips 200] [--seconds 6] [--model NAME|FILE] [--card FILE]

Each clip is made from one photograph: the view moves and zooms slightly, every frame has new noise, and x264 encodes
the clip at one of three bit rates. The margin is fitted on images of the split `train` and reported on images of
`valid`, which are used for nothing else. Source and class are balanced. `--card` writes the margin and its training
data into the card of a model file, under `metrics.video`, where `judge_clip` reads it. Rates in it are [share, lower,
upper] with a 95 % interval.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import random
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from research.common.proportions import percent, wilson
from research.release.release_model import add_metrics
from unmask import Detector
from unmask.card import sigmoid
from unmask.video.inference import judge_clip, track_probability

av: Any = import_module("av")

RATE = 8
BITS = (150_000, 400_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Score:
    """Class of a clip, and the logit of its most suspicious track by mean (without margin) and by maximum."""

    label: str
    mean: float
    maximum: float


def pick(data: Path, split: str, count: int, chance: random.Random) -> list[tuple[Path, str]]:
    """Image paths with their class, the same number of each source and class."""
    groups = defaultdict(list)
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                groups[row["source"], row["label"]].append((data / row["file_name"], row["label"]))
    each = math.ceil(count / len(groups))
    return [entry for group in sorted(groups) for entry in chance.sample(groups[group], min(each, len(groups[group])))]


def make_clip(picture: Path, target: Path, seconds: float, chance: random.Random) -> None:
    """Encode a clip of 320×320 pixels in which the view moves and zooms slightly over an image."""
    generator = np.random.default_rng(chance.randrange(2**32))
    with Image.open(picture) as source, av.open(str(target), "w") as container:
        still = source.convert("RGB").resize((384, 384), Image.Resampling.BICUBIC)
        stream = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = 320
        stream.pix_fmt, stream.bit_rate, stream.time_base = "yuv420p", chance.choice(BITS), Fraction(1, RATE)
        phase = chance.random() * math.tau
        for number in range(round(seconds * RATE)):
            turn = phase + number / RATE
            side = 360 + 12 * math.sin(turn)
            left, top = (384 - side) / 2 * (1 + math.cos(turn)), (384 - side) / 2 * (1 + math.sin(1.3 * turn))
            image = still.resize((320, 320), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
            grainy = np.asarray(image, np.float32) + generator.normal(0, 3, (320, 320, 1))
            frame = av.VideoFrame.from_image(Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8)))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def logit(probability: float) -> float:
    """The logit of a probability."""
    return math.log(probability / (1 - probability))


def score_clips(
    detector: Detector, pictures: list[tuple[Path, str]], seconds: float, chance: random.Random
) -> list[Score]:
    """Score of each clip made from the images; clips without a face are left out."""
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as folder:
        for picture, label in pictures:
            target = Path(folder) / "clip.mp4"
            make_clip(picture, target, seconds, chance)
            tracks = judge_clip(detector, str(target)).tracks
            if tracks:
                mean = max(logit(track_probability(track.moments)) for track in tracks)
                scores.append(Score(label, mean, max(logit(track.peak.probability_fake) for track in tracks)))
    return scores


def cell(hits: list[bool]) -> str:
    """Format a proportion with its counts."""
    return f"{percent(wilson(sum(hits), len(hits)))}, {sum(hits)} of {len(hits)}"


def main() -> None:
    """Fit the margin on `train`, report on `valid`, write the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200, help="number of clips of each split")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of a clip")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--card", type=Path, metavar="FILE", help="model file whose card receives the margin")
    arguments = parser.parse_args()
    data, detector = Path(os.environ["UNMASK_DATA"]), Detector.load(arguments.model, threads=1)
    chance = random.Random(0)
    fitted = score_clips(detector, pick(data, "train", arguments.clips, chance), arguments.seconds, chance)
    tested = score_clips(detector, pick(data, "valid", arguments.clips, chance), arguments.seconds, chance)
    rule = detector.card.decision
    bar = logit(rule.thresholds.fake_above)
    means = [score.mean for score in fitted if score.label == "real"]
    margin = max(0.0, float(np.quantile(means, 1 - rule.false_positive_rate)) - bar)
    print("| aggregate | real clips labeled fake | fake clips labeled fake |\n|---|---|---|")
    for name, column, less in (
        ("maximum", "maximum", 0.0),
        ("mean", "mean", 0.0),
        (f"mean less {margin:.2f}", "mean", margin),
    ):
        hits = {
            kind: [getattr(score, column) - less > bar for score in tested if score.label == kind]
            for kind in ("real", "fake")
        }
        print(f"| {name} | " + " | ".join(map(cell, hits.values())) + " |")
    alarms = [score.mean - margin > bar for score in tested if score.label == "real"]
    video = {
        "margin": round(margin, 3),
        "false_positive_rate": wilson(sum(alarms), len(alarms)).to_list(),
        "clips": len(alarms),
        "fitted_on": f"{len(means)} clips made of real photographs of the training split, x264 at 150 to 1000 kbit/s",
    }
    print(f"fake above {sigmoid(bar):.1%}\n\n" + json.dumps({"video": video}))
    if arguments.card:
        add_metrics(arguments.card, "video", video)


if __name__ == "__main__":
    main()
