"""Transparency: the room's tables."""

revision = "0020_transparency"
down_revision = "0019_grants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
