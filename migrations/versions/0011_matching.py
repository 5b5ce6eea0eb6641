"""Matching: the room's tables."""

revision = "0011_matching"
down_revision = "0010_programmes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
