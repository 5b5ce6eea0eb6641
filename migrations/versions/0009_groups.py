"""Groups: the room's tables."""

revision = "0009_groups"
down_revision = "0008_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
