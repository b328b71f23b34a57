"""One sentence for each explanation method: what its map shows."""

from __future__ import annotations

DESCRIPTIONS: dict[str, str] = {
    "cam": "what each place adds to the score, computed by the model itself",
    "occlusion": "how far the score falls when a place is hidden",
    "lime": "what each superpixel adds to the score in a local linear model",
    "gradcam": "where a small change of the features would move the score most (Grad-CAM)",
}
"""What each method's map shows."""


def describe_method(method: str) -> str:
    """What a method's map shows; a general phrase for methods that unmask does not know."""
    return DESCRIPTIONS.get(method, "what raises the score, by a method that is not part of unmask")
