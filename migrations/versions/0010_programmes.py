"""Programmes: the room's tables."""

revision = "0010_programmes"
down_revision = "0009_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
