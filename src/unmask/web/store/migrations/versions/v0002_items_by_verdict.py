"""Items of jobs are found by their verdict, so that what is deleted from the history leaves the jobs too."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_items_verdict_id", "items", ["verdict_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_items_verdict_id", "items")
