"""Settlement: the room's tables."""

revision = "0018_settlement"
down_revision = "0017_pledges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
