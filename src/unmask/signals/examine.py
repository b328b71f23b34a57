"""`examine()`: read the signals of one image."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from unmask.errors import UsageError
from unmask.images import ImageSource, open_image
from unmask.preprocessing import Box
from unmask.signals.ela import ELA
from unmask.signals.jpeg_signal import read_jpeg
from unmask.signals.metadata import read_metadata
from unmask.signals.noise import NOISE
from unmask.signals.provenance import read_provenance
from unmask.signals.reference import reference_ranges
from unmask.signals.signal import Signal
from unmask.signals.spectrum import read_spectrum

SIGNALS = ("provenance", "metadata", "jpeg", "spectrum", "ela", "noise")
"""Names of all signals, in the order in which they are shown."""


def examine(
    image: ImageSource,
    box: Box | None = None,
    *,
    only: Collection[str] = SIGNALS,
    trust: Path | None = None,
) -> tuple[Signal, ...]:
    """Read the signals of one image.

    Args:
        image: anything `open_image` takes. Metadata need the original file: pass a path, bytes or an open file.
        box: the face that the pixel signals measure, in the upright image; None measures the whole image.
        only: names of the signals to read.
        trust: PEM file with the certificates whose Content Credentials are trusted.

    Raises:
        ImageError: the image cannot be read.
        UsageError: a signal's name is unknown, or the certificates cannot be read.
    """
    unknown = set(only) - set(SIGNALS)
    if unknown:
        raise UsageError(f"unknown signal {', '.join(sorted(unknown))}; choose from {', '.join(SIGNALS)}")
    picture = open_image(image)
    readers = {
        "provenance": lambda: read_provenance(picture, trust=trust),
        "metadata": lambda: read_metadata(picture),
        "jpeg": lambda: read_jpeg(picture),
        "spectrum": lambda: read_spectrum(picture, box),
        "ela": lambda: ELA.read(picture, box, reference_ranges().ela),
        "noise": lambda: NOISE.read(picture, box, reference_ranges().noise),
    }
    return tuple(readers[name]() for name in SIGNALS if name in only)
