"""Can a measure tell better than the score when an image is unlike the training data of the model?

    python -m research.studies.out_of_distribution --data DATA [--model NAME|FILE] [--count 400] [--json FILE]

Every measure costs little compared with the network and could be stored in the model file. Each is tested on
in-distribution images (`valid`, in the tiers) and on out-of-distribution ones (degraded beyond the training range,
filtered to look like drawings, pseudo-fakes) for two properties:

* How well it ranks wrong answers above right ones (AUC), compared with the distance of the score from one half.
* The coverage and the share of right answers if the verdict also becomes `unsure` above the limit that 5 % of
  in-distribution images exceed, compared with wider thresholds that cost the same coverage on these images.

The limit is set on images of the split `train`, unchanged and in the tier `web`. One measure is fitted to tell them
from the same images turned upside down, with exchanged colors, solarized or in coarse blocks; none of these is tested.
Faces are located once, in the unchanged image; the stability probe is off.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from research.studies.out_of_distribution.changes import FIT_CHANGES, IN_DISTRIBUTION, OUT_OF_DISTRIBUTION
from research.studies.out_of_distribution.measures import beyond_threshold, effects, error_auc, measures
from research.studies.out_of_distribution.outputs import (
    concatenate,
    find_largest_faces,
    run_changed,
    run_pseudo_fakes,
    with_features,
)
from unmask import Detector
from unmask.datasets import Dataset, stratified_sample
from unmask.hub import resolve
from unmask.runtime import open_session
from unmask.zoo import read_model

PSEUDO_FAKES = "pseudo-fakes"


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Format the results as markdown."""
    model, sets = result["model"], result["sets"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…); {result['fit_images']} images for the fit.\n"
    yield "AUC of wrong above right answers\n"
    yield from ("| measure | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|")
    wrong = (f"{entry['wrong']} of {entry['answers']}" for entry in sets.values())
    yield "| *wrong answers* | " + " | ".join(wrong) + " |"
    for name in result["measures"]:
        cells = (entry["error_auc"][name] for entry in sets.values())
        yield (
            f"| {name} | "
            + " | ".join("–" if auc[0] is None else f"{auc[0]:.2f} ({auc[1]:.2f}–{auc[2]:.2f})" for auc in cells)
            + " |"
        )
    yield "\nCoverage, share of right answers, share of wrong answers among all images, if verdicts also become unsure"
    yield f"above the {1 - result['share']:.0%} quantile of in-distribution images; in brackets with wider thresholds"
    yield "that cost the same coverage on in-distribution images\n"
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
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--count", type=int, default=400, help="approximate number of images of `valid`")
    parser.add_argument("--fit", type=int, default=600, help="approximate number of in-distribution images of `train`")
    parser.add_argument("--share", type=float, default=0.05, help="share of these images that may become unsure")
    parser.add_argument("--seed", type=int, default=1, help="random seed")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments = parser.parse_args()
    dataset = Dataset.load(arguments.data)
    detector = Detector.load(arguments.model, threads=1)
    session = open_session(with_features(read_model(resolve(arguments.model))), threads=1)
    known = find_largest_faces(detector, stratified_sample(dataset.subset("train"), arguments.fit, arguments.seed))
    fit_outputs = concatenate(
        [run_changed(session, detector, known, IN_DISTRIBUTION[tier]) for tier in ("clean", "web")]
    )
    changed = concatenate([run_changed(session, detector, known, change) for change in FIT_CHANGES])
    faces = find_largest_faces(detector, stratified_sample(dataset.subset("valid"), arguments.count, arguments.seed))
    in_dist = {name: run_changed(session, detector, faces, change) for name, change in IN_DISTRIBUTION.items()}
    ood = {name: run_changed(session, detector, faces, change) for name, change in OUT_OF_DISTRIBUTION.items()}
    reals = [one for one in faces if one.item.label == "real"]
    ood_pooled = concatenate(list(ood.values()))
    ood[PSEUDO_FAKES] = run_pseudo_fakes(session, detector, reals, arguments.seed)
    pooled = concatenate(list(in_dist.values()))
    sets = {
        **in_dist,
        "in-distribution, pooled": pooled,
        **ood,
        "out-of-distribution without pseudo-fakes, pooled": ood_pooled,
    }
    sets |= {
        f"answered, {where}": outputs.take(beyond_threshold(detector, outputs) > 0)
        for where, outputs in (("in-distribution", pooled), ("out-of-distribution without pseudo-fakes", ood_pooled))
    }
    chosen = measures(fit_outputs, changed, arguments.seed)
    limits = {name: float(np.quantile(measure(fit_outputs), 1 - arguments.share)) for name, measure in chosen.items()}
    result = {
        "model": detector.model.to_dict(),
        "fit_images": len(fit_outputs.fake),
        "share": arguments.share,
        "measures": list(chosen),
        "sets": {
            title: {
                "answers": len(outputs.fake),
                "wrong": int(outputs.wrong.sum()),
                "error_auc": {name: error_auc(outputs, measure(outputs)) for name, measure in chosen.items()},
                "effects": {
                    name: effects(detector, outputs, sets["in-distribution, pooled"], measure, limits[name])
                    for name, measure in chosen.items()
                },
            }
            for title, outputs in sets.items()
        },
    }
    print("\n".join(markdown(result)))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
