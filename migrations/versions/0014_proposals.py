"""Proposals: the room's tables."""

revision = "0014_proposals"
down_revision = "0013_spaces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
