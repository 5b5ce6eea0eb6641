"""Payments: the room's tables."""

revision = "0008_payments"
down_revision = "0007_territory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
