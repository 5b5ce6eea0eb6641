"""Outbox: secrets of a letter sealed apart from its words, the page that ends news, who had it sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0021_letters"
down_revision = "0020_transparency"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the log is read by day and by address."""
    op.add_column("outbox_message", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("outbox_message", sa.Column("unsubscribe", sa.Text(), nullable=True))
    op.add_column("outbox_message", sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_message", sa.Column("again_by", sa.Text(), nullable=True))
    op.drop_index("ix_outbox_message_recipient", "outbox_message")
    op.create_index("ix_outbox_message_recipient", "outbox_message", ["recipient", "id"])
    op.create_index("ix_outbox_message_created", "outbox_message", ["created_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_outbox_message_created", "outbox_message")
    op.drop_index("ix_outbox_message_recipient", "outbox_message")
    op.create_index("ix_outbox_message_recipient", "outbox_message", ["recipient"])
    for name in ("again_by", "again_at", "unsubscribe", "sealed"):
        op.drop_column("outbox_message", name)
