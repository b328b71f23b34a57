"""Doubtful faces: detections with a low score, most of which show an animal, an object or a pattern."""

from __future__ import annotations

from dataclasses import replace

from unmask.verdict import DOUBTFUL_FACE, Face, Label

DOUBTFUL_SCORE = 0.62
"""A face with a lower detection score is doubtful."""


def is_doubtful(score: float) -> bool:
    """Whether a detection score is too low for a sure label."""
    return score < DOUBTFUL_SCORE


def flag_face(face: Face, score: float | None, flag_doubtful: bool = True) -> Face:
    """The face with its detection score; a doubtful one is labeled `unsure`, with the reason.

    Args:
        face: the judged face.
        score: its detection score; None if it was not searched for.
        flag_doubtful: False keeps the label of a doubtful face.
    """
    if score is None:
        return face
    if flag_doubtful and is_doubtful(score):
        return replace(face, label=Label.UNSURE, detection_score=score, reason=DOUBTFUL_FACE)
    return replace(face, detection_score=score)
