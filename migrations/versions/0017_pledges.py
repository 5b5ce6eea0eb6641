"""Pledges: the room's tables."""

revision = "0017_pledges"
down_revision = "0016_campaigns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
