"""Campaigns: the room's tables."""

revision = "0016_campaigns"
down_revision = "0015_evaluation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
