"""Matching: the funds of calls and the reservations in them."""

import sqlalchemy as sa
from alembic import op

revision = "0011_matching"
down_revision = "0010_programmes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""
    op.create_table(
        "matching_fund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("allocated > 0", name=op.f("ck_matching_fund_allocated")),
        sa.ForeignKeyConstraint(["source_id"], ["programmes_source.id"], name=op.f("fk_matching_fund_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_fund")),
        sa.UniqueConstraint("key", name=op.f("uq_matching_fund_key")),
    )
    op.create_index(op.f("ix_matching_fund_source_id"), "matching_fund", ["source_id"], unique=False)
    op.create_table(
        "matching_reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("project_key", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state IN ('reserved', 'released')) OR confirmed IS NOT NULL",
            name=op.f("ck_matching_reservation_confirmed_known"),
        ),
        sa.CheckConstraint(
            "state IN ('reserved', 'confirmed', 'committed', 'closed', 'released')",
            name=op.f("ck_matching_reservation_state"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_matching_reservation_amount")),
        sa.CheckConstraint(
            "confirmed IS NULL OR (confirmed >= 0 AND confirmed <= amount)",
            name=op.f("ck_matching_reservation_confirmed"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["matching_fund.id"], name=op.f("fk_matching_reservation_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_reservation")),
        sa.UniqueConstraint("project_key", name=op.f("uq_matching_reservation_project_key")),
    )
    op.create_index(op.f("ix_matching_reservation_fund_id"), "matching_reservation", ["fund_id"], unique=False)
    op.execute(
        """
        CREATE FUNCTION matching_reservation_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR (NEW.fund_id, NEW.project_key, NEW.amount, NEW.reserved_at)
                IS DISTINCT FROM (OLD.fund_id, OLD.project_key, OLD.amount, OLD.reserved_at) THEN
                RAISE EXCEPTION 'a reservation keeps its fund, project and amount' USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER matching_reservation_kept BEFORE UPDATE OR DELETE ON matching_reservation"
        " FOR EACH ROW EXECUTE FUNCTION matching_reservation_kept()"
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("matching_reservation")
    op.drop_table("matching_fund")
    op.execute("DROP FUNCTION matching_reservation_kept")
