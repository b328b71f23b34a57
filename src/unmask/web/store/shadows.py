"""Results of a shadow candidate beside those of the active model."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unmask.verdict import Verdict
from unmask.web.store.tables import ShadowRow


def add(session: Session, active: Verdict, candidate: Verdict) -> None:
    """Store the results of both models on one picture."""
    session.add(
        ShadowRow(
            active_sha256=active.model.sha256,
            active_label=str(active.label),
            active_probability=active.probability_fake,
            candidate_sha256=candidate.model.sha256,
            candidate_label=str(candidate.label),
            candidate_probability=candidate.probability_fake,
        )
    )


def compare(session: Session, candidate_sha256: str) -> dict[str, Any]:
    """Counts of all pictures that a candidate judged: by label of both models, and the mean change of the score."""
    rows = session.scalars(select(ShadowRow).where(ShadowRow.candidate_sha256 == candidate_sha256)).all()
    labels = Counter((row.active_label, row.candidate_label) for row in rows)
    shifts = [
        row.candidate_probability - row.active_probability
        for row in rows
        if row.candidate_probability is not None and row.active_probability is not None
    ]
    return {
        "pictures": len(rows),
        "same_label": sum(count for (one, other), count in labels.items() if one == other),
        "labels": [{"active": one, "candidate": other, "count": count} for (one, other), count in labels.most_common()],
        "mean_shift": sum(shifts) / len(shifts) if shifts else None,
    }


def delete_before(session: Session, before: datetime) -> None:
    """Delete results created before a time."""
    session.execute(delete(ShadowRow).where(ShadowRow.created < before))
