"""Evidence beside the score for the API: the signals of one picture, and the report on it."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from unmask.images import open_image
from unmask.reporting.report import Report, make_report
from unmask.signals import examine
from unmask.signals.reference import reference

if TYPE_CHECKING:
    from PIL import Image

    from unmask.detector import Detector
    from unmask.verdict import Verdict
    from unmask.web.cancellation import Watch

MEDIA = {"html": "text/html", "pdf": "application/pdf"}
"""File formats of a report, with their media types."""


def formats() -> list[str]:
    """The file formats of a report that work with what is installed."""
    return [name for name in MEDIA if name != "pdf" or find_spec("typst") is not None]


def examined(detector: Detector, data: bytes, name: str, maps: bool, trust: Path | None) -> dict[str, Any]:
    """The signals of a picture; those of pixels look at its most suspicious face, or at all of it where there is none.

    Raises:
        ImageError: the picture cannot be read.
        UsageError: the certificates cannot be read.
    """
    picture = open_image(data, name=name, limits=detector.limits)
    verdict = detector.predict(picture, stability=False)
    box = _suspicious(verdict)
    usual = reference()
    return {
        "path": verdict.path,
        "sha256": verdict.sha256,
        "width": verdict.width,
        "height": verdict.height,
        "format": verdict.format,
        "box": box,
        "signals": [
            {**signal.to_dict(), "map": _png(signal.picture) if maps and signal.picture else None}
            for signal in examine(picture, box, trust=trust)
        ],
        "usual_spectrum": {"low": list(usual.spectrum_low), "high": list(usual.spectrum_high)},
    }


def _suspicious(verdict: Verdict) -> tuple[float, float, float, float] | None:
    if not verdict.faces:
        return None
    x, y, width, height = max(verdict.faces, key=lambda face: face.probability_fake).box
    return float(x), float(y), float(width), float(height)


def _png(image: Image.Image) -> str:
    """A map as a PNG file in base64."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def reported(
    detector: Detector, data: bytes, name: str, method: str | None, trust: Path | None, kind: str, watch: Watch
) -> dict[str, Any] | bytes:
    """The report on a picture: as a file of `kind`, or for `json` in the wire form of `unmask report --json`.

    Raises:
        ClientDisconnected: nobody waits any more.
        ImageError: the picture cannot be judged.
        UsageError: the method or the certificates cannot be used.
        MissingExtra: the method or the format needs an optional part.
    """
    report = make_report(detector, data, name=name, method=method, trust=trust, progress=watch)
    return report.to_dict() if kind == "json" else _file(report, kind)


def _file(report: Report, kind: str) -> bytes:
    if kind == "pdf":
        from unmask.reporting.report_pdf import report_pdf

        return report_pdf(report)
    from unmask.reporting.report_page import report_page

    return report_page(report).encode()


def file_name(picture: str, kind: str) -> str:
    """What the report on `picture` is called."""
    return f"{PurePath(picture).stem}-report.{kind}"
