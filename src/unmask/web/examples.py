"""Example requests and responses for the OpenAPI description. A test compares each with its schema."""

from __future__ import annotations

from typing import Any

from unmask.headline import make_headline
from unmask.verdict import Verdict

_ID = "0651f0c2d8a1b2" + 16 * "0"
_FACE = {
    "box": [178, 59, 92, 115],
    "label": "real",
    "probability_fake": 0.021,
    "stability": {"min": 0.018, "max": 0.034, "flips": 0},
    "detection_score": 0.997,
}
_FILE = {"path": "photo.jpg", "sha256": 64 * "0", "width": 512, "height": 512, "format": "JPEG"}
_VERDICT = {
    **_FILE,
    "label": "real",
    "probability_fake": 0.021,
    "thresholds": {"real_below": 0.12, "fake_above": 0.87},
    "faces": [_FACE],
    "model": {"name": "default", "version": "1.0", "sha256": 64 * "1"},
    "seconds": 0.31,
    "smallest_face": 12,
}
_HEADLINE = make_headline(Verdict.from_dict(_VERDICT)).to_dict()
_FAILURE = {
    "path": "notes.txt",
    "problem": {"code": "not_an_image", "message": "notes.txt: not a picture unmask can read"},
}
_EXPLANATION = {
    **_VERDICT,
    "faces": [
        {
            **_FACE,
            "region": [155.5, 48.0, 137.0, 137.0],
            "explained_class": "fake",
            "heatmap": [[-1.2, 0.4], [-3.1, -0.6]],
            "faithfulness": {
                "deletion": 0.01,
                "insertion": 0.02,
                "random_deletion": 0.04,
                "random_insertion": 0.01,
                "score": 0.975,
                "rivals": 20,
                "better_than_chance": True,
            },
        }
    ],
    "method": "cam",
    "method_shows": "what each place adds to the score, as the model itself sums it up",
    "whole_picture": False,
}
_SIGNAL = {
    "name": "metadata",
    "title": "Metadata",
    "state": "camera",
    "notice": "none",
    "reading": "The file names a camera: Canon EOS R6.",
    "limits": "Metadata are plain text: anyone can write, copy or remove them.",
    "decisive_alone": False,
    "details": {"fields": {"exif.Make": "Canon", "exif.Model": "EOS R6"}},
}
_MAP = {
    "name": "ela",
    "title": "Error levels",
    "state": "usual",
    "notice": "none",
    "reading": "The face's error level is 1.10 times that of its surroundings; 98% of real photographs lie between "
    "0.60 and 2.98.",
    "limits": "Edges, texture and saturated colors change more than smooth skin in any picture.",
    "decisive_alone": False,
    "details": {
        "face_over_surroundings": 1.1,
        "mean": 1.2,
        "unit": "mean change of a color channel when saved again at JPEG quality 90, in steps of 0 to 255",
        "region": [109, 2, 230, 230],
        "levels": [[0.91, 1.3], [1.34, 1.25]],
        "white_is": 3.84,
    },
}

FEEDBACK: dict[str, Any] = {"id": _ID, "truth": "real", "comment": ""}
RESULTS: dict[str, Any] = {"results": [{"id": _ID, **_VERDICT, "headline": _HEADLINE}, _FAILURE]}
EXPLANATIONS: dict[str, Any] = {"results": [_EXPLANATION]}
EXAMINATIONS: dict[str, Any] = {
    "results": [
        {
            **_FILE,
            "box": [178.0, 59.0, 92.0, 115.0],
            "signals": [_SIGNAL, _MAP],
            "usual_spectrum": {"low": [13.6, 8.2], "high": [32.1, 19.4]},
        }
    ]
}
REPORT: dict[str, Any] = {
    **_EXPLANATION,
    "headline": _HEADLINE,
    "signals": [_SIGNAL],
    "created": "2026-01-31T12:00:00+00:00",
    "unmask": "1.0.0",
}
JOB: dict[str, Any] = {
    "id": _ID,
    "created": "2026-01-31T12:00:00+00:00",
    "finished": "2026-01-31T12:00:41+00:00",
    "state": "done",
    "total": 40,
    "done": 40,
    "cancelled": 0,
}
PROBLEM: dict[str, Any] = {
    "type": "about:blank",
    "title": "Unsupported Media Type",
    "status": 415,
    "code": "not_an_image",
    "detail": "notes.txt: not a picture unmask can read",
}
