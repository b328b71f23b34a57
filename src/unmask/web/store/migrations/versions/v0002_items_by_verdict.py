"""Add an index of job items by verdict, for deleting a verdict from the history and from its job."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_items_verdict_id", "items", ["verdict_id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_items_verdict_id", "items")
