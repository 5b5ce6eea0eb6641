"""Territory: the room's tables."""

revision = "0007_territory"
down_revision = "0006_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
