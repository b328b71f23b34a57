"""The JPEG signal: quality and likely software of the last save, an earlier save, and the embedded thumbnail."""

from __future__ import annotations

from typing import Any

from unmask.images import Picture
from unmask.signals.jpeg import JpegQuality, JpegStructure, estimate_quality, read_structure
from unmask.signals.recompression import EarlierSave, find_earlier_save
from unmask.signals.reference import reference_ranges
from unmask.signals.signal import Severity, Signal
from unmask.signals.thumbnail import MIN_CORRELATION, thumbnail_correlation

LIMITS = (
    "Nearly every picture from the web was saved more than once, by harmless software. An earlier save is found only "
    "where its quality was lower and the picture was neither cropped nor scaled since."
)


def read_jpeg(picture: Picture) -> Signal:
    """Reads the JPEG structure of an image; `not_jpeg` for other formats.

    Raises:
        CorruptImage: the file is cut short or cannot be decoded.
    """
    structure = read_structure(picture.decodable) if picture.decodable else None
    if structure is None or structure.luma_table not in structure.tables:
        return _signal("not_jpeg", Severity.NONE, f"The picture is not a JPEG file ({picture.format}).", {})
    picture.rgb()  # raises CorruptImage for a damaged file
    assert picture.decodable is not None
    table = structure.tables[structure.luma_table]
    quality = estimate_quality(table)
    candidate = find_earlier_save(picture.decodable, table)
    earlier = candidate if candidate and candidate.evidence > reference_ranges().recompression else None
    correlation = thumbnail_correlation(picture)
    sentences = [_last_save(structure, quality)]
    state, severity = "plain", Severity.NONE
    if earlier:
        state, severity = "saved_before", Severity.LOOK
        sentences.append(f"It was saved as JPEG before, at a quality of about {earlier.quality}.")
    if correlation is not None and correlation < MIN_CORRELATION:
        state, severity = "thumbnail_differs", Severity.STRONG
        sentences.append(
            f"The thumbnail in the file shows another picture (correlation {correlation:.2f}). "
            "The picture was changed after the thumbnail was made."
        )
    details = _details(structure, quality, candidate, earlier, correlation)
    return _signal(state, severity, " ".join(sentences), details)


def _details(
    structure: JpegStructure,
    quality: JpegQuality,
    candidate: EarlierSave | None,
    earlier: EarlierSave | None,
    correlation: float | None,
) -> dict[str, Any]:
    return {
        "quality": quality.quality,
        "quality_exact": quality.exact,
        "tables": quality.family if quality.exact else "custom",
        "subsampling": structure.subsampling,
        "progressive": structure.progressive,
        "segments": structure.app_segments,
        "bytes_after_end": structure.trailing_bytes,
        "luminance_table": list(structure.tables[structure.luma_table]),
        "saved_before": earlier is not None,
        "earlier_quality": earlier.quality if earlier else None,
        "earlier_evidence": candidate.evidence if candidate else None,
        "thumbnail_likeness": correlation,
    }


def _last_save(structure: JpegStructure, quality: JpegQuality) -> str:
    """Quality and likely software of the last save, as a sentence."""
    kind = "a progressive JPEG" if structure.progressive else "a JPEG"
    colors = f"chroma subsampling {structure.subsampling}" if structure.subsampling else "no color"
    about = "quality" if quality.exact else "a quality near"
    return f"The file is {kind} with {colors}, saved by {_software(structure, quality)} at {about} {quality.quality}."


def _software(structure: JpegStructure, quality: JpegQuality) -> str:
    segments = " ".join(structure.app_segments)
    if "Photoshop" in segments or "Ducky" in segments:
        return "Adobe software"
    if quality.exact and quality.family == "mozjpeg":
        return "mozjpeg or ImageMagick, which many web services use"
    if quality.exact:
        return "software built on libjpeg (most programs, browsers and web services)"
    if "Exif" in segments:
        return "a camera, a phone or an editor with custom quantization tables"
    return "software with custom quantization tables"


def _signal(state: str, severity: Severity, reading: str, details: dict[str, Any]) -> Signal:
    return Signal("jpeg", "JPEG structure", state, severity, reading, LIMITS, details)
