"""Identity: the room's tables."""

revision = "0006_identity"
down_revision = "0005_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""


def downgrade() -> None:
    """Remove them."""
