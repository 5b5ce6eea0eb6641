"""Spaces: the room's tables."""

revision = "0013_spaces"
down_revision = "0012_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
