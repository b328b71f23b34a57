"""The report on one image as a PDF file, typeset by Typst without network access."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from unmask._encoding import encode_image
from unmask.errors import MissingExtra, UnmaskError
from unmask.explaining import FaceExplanation
from unmask.explaining.method_descriptions import describe_method
from unmask.explaining.overlay import overlay_heatmap
from unmask.headline import format_probability
from unmask.reporting.annotation import annotate
from unmask.reporting.report import Report
from unmask.reporting.report_text import key_facts, map_caption, map_passed, meaning, stability_reading
from unmask.signals import Signal
from unmask.signals.reference import reference_ranges

MAX_SIDE = 1000
"""Longer side of an image in the document in pixels, at most."""


def report_pdf(report: Report) -> bytes:
    """Renders the report as an A4 document.

    Raises:
        MissingExtra: Typst is not installed.
        UnmaskError: Typst cannot compile the document.
    """
    compile_ = _typst()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.joinpath("report.typ").write_bytes(files("unmask.reporting").joinpath("report.typ").read_bytes())
        _save(annotate(report.picture, report.verdict), root / "picture.jpg")
        _save(report.explanation.overlay(), root / "overlay.png")
        _save(overlay_heatmap(report.deciding), root / "map.png")
        for signal in report.signals:
            if signal.picture:
                _save(signal.picture, root / f"{signal.name}.png")
        root.joinpath("report.json").write_text(json.dumps(_content(report)), "utf-8")
        try:
            return compile_(str(root / "report.typ"), root=folder)
        except RuntimeError as error:
            raise UnmaskError(f"the PDF report cannot be compiled by Typst ({error})") from error


def _typst() -> Callable[..., bytes]:
    try:
        import typst
    except ImportError:
        raise MissingExtra("the PDF report", "pdf") from None
    compile_: Callable[..., bytes] = typst.compile
    return compile_


def _save(image: Image.Image, path: Path) -> None:
    small = image.convert("RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    path.write_bytes(encode_image(small, "JPEG" if path.suffix == ".jpg" else "PNG", quality=88))


def _content(report: Report) -> dict[str, Any]:
    """The data of the template, as JSON values."""
    verdict, explanation, card = report.verdict, report.explanation, report.card
    headline = report.headline
    return {
        **report.to_dict(),
        "name": PurePath(verdict.path).name if verdict.path else "Picture",
        "detail": headline.detail[:1].upper() + headline.detail[1:],
        "shown_probability": f"{format_probability(headline.probability_fake or 0.0)} fake",
        "map_caption": map_caption(report) if map_passed(report) else None,
        "key_facts": key_facts(report),
        "thresholds_text": str(verdict.thresholds),
        "meaning": meaning(report),
        "stability": stability_reading(report),
        "method_reading": describe_method(explanation.method),
        "rows": [_row(number, each) for number, each in enumerate(explanation.faces, start=1)],
        "signals": [_signal(signal) for signal in report.signals],
        "card": {"summary": card.summary, "license": card.license, "limits": list(card.limits)},
        "created": report.created.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }


def _row(number: int, explained: FaceExplanation) -> list[str]:
    face, test = explained.face, explained.faithfulness
    x, y, w, h = face.box
    probe = face.stability
    span = f"{format_probability(probe.min)} to {format_probability(probe.max)}" if probe else "not measured"
    return [
        str(number),
        str(face.label),
        f"{w} × {h} at {x}, {y}",
        format_probability(face.probability_fake),
        span,
        f"{test.score:.0%}" if test else "not tested",
    ]


def _signal(signal: Signal) -> dict[str, Any]:
    content = {**signal.to_dict(), "map": f"{signal.name}.png" if signal.picture else None, "chart": None}
    if "rings_db" in signal.details:
        usual = reference_ranges()
        content["chart"] = {
            "rings": signal.details["rings_db"],
            "low": list(usual.spectrum_low),
            "high": list(usual.spectrum_high),
        }
    return content
