"""The JPEG signal: how the file was saved, by what kind of software, and whether it was saved before."""

from __future__ import annotations

from typing import Any

from unmask.images import Picture
from unmask.signals.jpeg import Quality, Structure, estimate_quality, read_structure
from unmask.signals.recompression import find_earlier
from unmask.signals.reference import reference
from unmask.signals.signal import Notice, Signal
from unmask.signals.thumbnail import ALIKE, likeness

LIMITS = (
    "Nearly every picture from the web was saved more than once, by harmless software. An earlier save is found only "
    "where its quality was lower and the picture was neither cropped nor scaled since."
)


def read_jpeg(picture: Picture) -> Signal:
    """Quality, likely software, signs of an earlier save, and whether the thumbnail shows the same picture.

    Raises:
        CorruptImage: the data end early or cannot be decoded.
    """
    structure = read_structure(picture.original) if picture.original else None
    if structure is None or structure.luma not in structure.tables:
        reading = f"Not a JPEG file ({picture.format}); nothing to read here."
        return Signal("jpeg", "JPEG structure", "not_jpeg", Notice.NONE, reading, LIMITS)
    assert picture.original is not None
    picture.rgb()  # one that is damaged or cut short is an error here already
    table = structure.tables[structure.luma]
    quality = estimate_quality(table)
    earlier = find_earlier(picture.original, table)
    saved_before = earlier is not None and earlier.evidence > reference().recompression
    alike = likeness(picture)
    sentences = [_saved(structure, quality)]
    state, notice = "plain", Notice.NONE
    if saved_before and earlier:
        state, notice = "saved_before", Notice.LOOK
        sentences.append(f"It was saved as JPEG before, at a quality of about {earlier.quality}.")
    if alike is not None and alike < ALIKE:
        state, notice = "thumbnail_differs", Notice.STRONG
        sentences.append(
            f"Its thumbnail shows another picture (likeness {alike:.2f}): it was changed after it was taken."
        )
    details: dict[str, Any] = {
        "quality": quality.quality,
        "quality_exact": quality.exact,
        "tables": quality.family if quality.exact else "custom",
        "subsampling": structure.subsampling,
        "progressive": structure.progressive,
        "segments": structure.applications,
        "bytes_after_end": structure.trailing,
        "luminance_table": list(table),
        "saved_before": saved_before,
        "earlier_quality": earlier.quality if saved_before and earlier else None,
        "earlier_evidence": earlier.evidence if earlier else None,
        "thumbnail_likeness": alike,
    }
    return Signal("jpeg", "JPEG structure", state, notice, " ".join(sentences), LIMITS, details)


def _saved(structure: Structure, quality: Quality) -> str:
    """Quality and likely software in a sentence."""
    shape = f"{'progressive, ' if structure.progressive else ''}colour {structure.subsampling or 'none'}"
    about = "quality" if quality.exact else "a quality near"
    return f"Saved by {_software(structure, quality)} at {about} {quality.quality} ({shape})."


def _software(structure: Structure, quality: Quality) -> str:
    segments = " ".join(structure.applications)
    if "Photoshop" in segments or "Ducky" in segments:
        return "Adobe software"
    if quality.exact and quality.family == "mozjpeg":
        return "mozjpeg or ImageMagick, as web services use them"
    if quality.exact:
        return "software built on libjpeg (most programs, browsers and web services)"
    if "Exif" in segments:
        return "a camera, a phone or an editor with tables of its own"
    return "software with tables of its own"
