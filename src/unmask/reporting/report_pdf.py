"""The report on one picture as PDF, set by Typst, which comes as one package with fonts and needs no network."""

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
from unmask.explaining.method_descriptions import describe_method
from unmask.reporting.annotation import annotate
from unmask.reporting.report import Report, headline, meaning, stability_reading
from unmask.signals import Signal
from unmask.signals.reference import reference
from unmask.verdict import display_probability

LONGEST = 1000


def report_pdf(report: Report) -> bytes:
    """The report as an A4 document.

    Raises:
        MissingExtra: Typst is not installed.
        UnmaskError: the document cannot be set.
    """
    compile_ = _typst()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.joinpath("report.typ").write_bytes(files("unmask.reporting").joinpath("report.typ").read_bytes())
        _save(annotate(report.picture, report.verdict), root / "picture.jpg")
        _save(report.explanation.overlay(), root / "overlay.png")
        for signal in report.signals:
            if signal.picture:
                _save(signal.picture, root / f"{signal.name}.png")
        root.joinpath("report.json").write_text(json.dumps(_content(report)), "utf-8")
        try:
            return compile_(str(root / "report.typ"), root=folder)
        except RuntimeError as error:
            raise UnmaskError(f"the PDF cannot be set ({error})") from error


def _typst() -> Callable[..., bytes]:
    try:
        import typst
    except ImportError:
        raise MissingExtra("writing a PDF", "pdf") from None
    compile_: Callable[..., bytes] = typst.compile
    return compile_


def _save(image: Image.Image, path: Path) -> None:
    small = image.convert("RGB")
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    path.write_bytes(encode_image(small, "JPEG" if path.suffix == ".jpg" else "PNG", quality=88))


def _content(report: Report) -> dict[str, Any]:
    """Everything the template sets, as plain text and numbers."""
    verdict, explanation, card = report.verdict, report.explanation, report.card
    return {
        **report.to_dict(),
        "name": PurePath(verdict.path).name if verdict.path else "Picture",
        "headline": headline(verdict, explanation.whole_picture),
        "meaning": meaning(report),
        "stability": stability_reading(report),
        "method_reading": describe_method(explanation.method),
        "rows": [_row(number, each.face, each.faithfulness) for number, each in enumerate(explanation.faces, start=1)],
        "signals": [_signal(signal) for signal in report.signals],
        "card": {"summary": card.summary, "licence": card.license, "limits": list(card.limits)},
        "created": report.created.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }


def _row(number: int, face: Any, test: Any) -> list[str]:
    x, y, w, h = face.box
    probe = face.stability
    span = f"{display_probability(probe.min):.1%} to {display_probability(probe.max):.1%}" if probe else "not probed"
    return [
        str(number), str(face.label), f"{w} × {h} at {x}, {y}", f"{display_probability(face.probability_fake):.1%}", span,
        f"{test.score:.0%}" if test else "not tested",
    ]  # fmt: skip


def _signal(signal: Signal) -> dict[str, Any]:
    content = {**signal.to_dict(), "map": f"{signal.name}.png" if signal.picture else None, "chart": None}
    if "rings_db" in signal.details:
        usual = reference()
        content["chart"] = {
            "rings": signal.details["rings_db"],
            "low": list(usual.spectrum_low),
            "high": list(usual.spectrum_high),
        }
    return content
