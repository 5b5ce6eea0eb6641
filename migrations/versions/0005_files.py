"""Files: the room's tables."""

revision = "0005_files"
down_revision = "0004_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
