"""The page of a scan: what a picture's caption says."""

from __future__ import annotations

from unmask.errors import MissingFile
from unmask.images import Picture
from unmask.reporting.scan import scan_page
from unmask.verdict import Face, Finding, Label, ModelReference, Thresholds, Verdict


def closed(verdict: Verdict) -> Picture:
    raise MissingFile(f"{verdict.path}: no such file")


def verdict(name: str, label: Label, *faces: Face, notes: tuple[str, ...] = ()) -> Finding:
    model = ModelReference("default", "1.0", "f" * 64)
    probability = max((face.probability_fake for face in faces), default=None)
    rule = Thresholds(0.2, 0.8)
    made = Verdict(name, "a" * 64, 640, 480, "JPEG", label, probability, rule, faces, model, 0.1, notes, 12)
    return Finding(name, made)


def test_captions_state_doubtful_faces_notes_and_the_smallest_face() -> None:
    doubtful = Face((0, 0, 9, 9), Label.UNSURE, 0.9, None, 0.58, "doubtful_face")
    certain = Face((0, 0, 9, 9), Label.REAL, 0.1, None, 0.95)
    page = scan_page(
        [
            verdict("a.jpg", Label.UNSURE, doubtful, certain, notes=("the last byte is missing",)),
            verdict("b.jpg", Label.REAL, certain),
            verdict("c.jpg", Label.NO_FACE),
        ],
        closed,
    )
    assert "perhaps not a face; 2 faces; detection score 0.58; the last byte is missing" in page
    assert "no face was found; searched from 12 px" in page
    assert page.count("perhaps not a face") == page.count("searched from") == 1
