"""Grants: the room's tables."""

revision = "0019_grants"
down_revision = "0018_settlement"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
