"""Add the table of webhooks that announce ended jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "job_webhooks",
        sa.Column("job_id", sa.String(30), nullable=False),
        sa.Column("message_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_webhooks_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_webhooks"),
    )
    op.create_index("ix_job_webhooks_state_due", "job_webhooks", ["state", "due"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("job_webhooks")
