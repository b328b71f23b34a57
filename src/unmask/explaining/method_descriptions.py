"""What each method shows, in words."""

from __future__ import annotations

READING: dict[str, str] = {
    "cam": "what each place adds to the score, as the model itself sums it up",
    "occlusion": "how far the score falls when a place is hidden",
    "lime": "what each patch of like colour adds to the score in a linear model of it",
    "gradcam": "where a small change would move the score most (Grad-CAM)",
}
"""What each method's map shows."""


def reading_of(method: str) -> str:
    """What a method's map shows; methods of one's own may have any name."""
    return READING.get(method, "what raises the score, by a method unmask does not know")
