"""Calls: the room's tables."""

revision = "0012_calls"
down_revision = "0011_matching"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
