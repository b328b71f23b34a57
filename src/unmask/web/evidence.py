"""Evidence beside the score for the API: the signals of one picture, and its report."""

from __future__ import annotations

import base64
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from unmask._encoding import encode_image
from unmask.images import open_image
from unmask.reporting.report import Report, make_report
from unmask.signals import examine
from unmask.signals.reference import reference_ranges

if TYPE_CHECKING:
    from PIL import Image

    from unmask.detector import Detector
    from unmask.progress import Progress
    from unmask.verdict import Verdict

MEDIA_TYPES = {"html": "text/html", "pdf": "application/pdf"}
"""File formats of a report, with their media types."""


def available_formats() -> list[str]:
    """The file formats of a report for which the required packages are installed."""
    return [name for name in MEDIA_TYPES if name != "pdf" or find_spec("typst") is not None]


def read_signals(detector: Detector, data: bytes, name: str, maps: bool, trust: Path | None) -> dict[str, Any]:
    """The signals of a picture in the wire form.

    Signals of pixels are computed for the face with the highest score, or for the whole picture if it has no face.

    Args:
        detector: finds and scores the faces.
        data: bytes of the picture.
        name: its file name.
        maps: whether to add the maps as PNG files in base64.
        trust: file of the certificates whose Content Credentials are trusted.

    Raises:
        ImageError: the picture cannot be read.
        UsageError: the certificates cannot be read.
    """
    picture = open_image(data, name=name, limits=detector.limits)
    verdict = detector.predict(picture, stability=False)
    box = _highest_scoring_box(verdict)
    usual = reference_ranges()
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


def _highest_scoring_box(verdict: Verdict) -> tuple[float, float, float, float] | None:
    if not verdict.faces:
        return None
    x, y, width, height = max(verdict.faces, key=lambda face: face.probability_fake).box
    return float(x), float(y), float(width), float(height)


def _png(image: Image.Image) -> str:
    """A map as a PNG file in base64."""
    return base64.b64encode(encode_image(image, "PNG")).decode()


def render_report(
    detector: Detector,
    data: bytes,
    name: str,
    method: str | None,
    trust: Path | None,
    kind: str,
    progress: Progress,
    prevalence: float | None = None,
) -> dict[str, Any] | bytes:
    """The report on a picture: a file of format `kind`, or for `json` the wire form of `unmask report --json`.

    Raises:
        ClientDisconnected: the client left.
        ImageError: the picture cannot be judged.
        UsageError: the method or the certificates cannot be used.
        MissingExtra: the method or the format needs an optional package.
    """
    report = make_report(
        detector, data, name=name, method=method, trust=trust, prevalence=prevalence, progress=progress
    )
    return report.to_dict() if kind == "json" else _render_file(report, kind)


def _render_file(report: Report, kind: str) -> bytes:
    if kind == "pdf":
        from unmask.reporting.report_pdf import report_pdf

        return report_pdf(report)
    from unmask.reporting.report_page import report_page

    return report_page(report).encode()


def file_name(picture: str, kind: str) -> str:
    """The file name of the report on `picture`."""
    return f"{PurePath(picture).stem}-report.{kind}"
