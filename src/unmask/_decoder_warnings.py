"""Python warnings of the image library, which the programs of unmask do not show."""

from __future__ import annotations

import warnings


def hide_decoder_warnings() -> None:
    """Hide what Pillow warns of, such as damaged metadata. Every process of unmask calls this once at its start.

    `Picture.notes` and the signals state what is odd about a file. The library leaves the warnings to its caller.
    """
    warnings.filterwarnings("ignore", module="PIL")
