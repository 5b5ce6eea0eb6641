"""Outbox: the room's tables."""

revision = "0004_outbox"
down_revision = "0003_journal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
