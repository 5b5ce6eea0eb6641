"""Evaluation: the room's tables."""

revision = "0015_evaluation"
down_revision = "0014_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
