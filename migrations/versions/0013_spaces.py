"""Spaces: premises that the city lends."""

import sqlalchemy as sa
from alembic import op

revision = "0013_spaces"
down_revision = "0012_calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""
    op.create_table(
        "spaces_space",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("lot", sa.BigInteger(), nullable=False),
        sa.Column("lot_name_it", sa.Text(), nullable=False),
        sa.Column("lot_name_en", sa.Text(), nullable=False),
        sa.Column("about_it", sa.Text(), nullable=False),
        sa.Column("about_en", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("borough_id", sa.BigInteger(), nullable=True),
        sa.Column("source_note", sa.Text(), nullable=False),
        sa.CheckConstraint("lot BETWEEN 1 AND 9", name=op.f("ck_spaces_space_lot")),
        sa.ForeignKeyConstraint(["borough_id"], ["territory_borough.id"], name=op.f("fk_spaces_space_borough_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spaces_space")),
        sa.UniqueConstraint("address", name=op.f("uq_spaces_space_address")),
        sa.UniqueConstraint("ref", name=op.f("uq_spaces_space_ref")),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("spaces_space")
