"""Add the tables of reviews and of shadow verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(30), nullable=False),
        sa.Column("verdict_id", sa.String(30), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_reviews_verdict_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_verdict_id", "reviews", ["verdict_id"])
    op.create_table(
        "shadow_verdicts",
        sa.Column("id", sa.String(30), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_sha256", sa.String(64), nullable=False),
        sa.Column("active_label", sa.String(16), nullable=False),
        sa.Column("active_probability", sa.Float(), nullable=True),
        sa.Column("candidate_sha256", sa.String(64), nullable=False),
        sa.Column("candidate_label", sa.String(16), nullable=False),
        sa.Column("candidate_probability", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_shadow_verdicts"),
    )
    op.create_index("ix_shadow_verdicts_created", "shadow_verdicts", ["created"])
    op.create_index("ix_shadow_verdicts_candidate_sha256", "shadow_verdicts", ["candidate_sha256"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("shadow_verdicts")
    op.drop_table("reviews")
