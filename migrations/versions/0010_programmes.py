"""Programmes: what they are, their sources, what is released, progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_programmes"
down_revision = "0009_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""
    op.create_table(
        "programmes_programme",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("implementing_body", sa.Text(), nullable=False),
        sa.Column("responsible_id", sa.BigInteger(), nullable=True),
        sa.Column("responsible_name", sa.Text(), nullable=False),
        sa.Column("cups", postgresql.JSONB(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("jsonb_typeof(cups) = 'array'", name=op.f("ck_programmes_programme_cups")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_programmes_programme_dates")),
        sa.ForeignKeyConstraint(
            ["responsible_id"], ["identity_person.id"], name=op.f("fk_programmes_programme_responsible_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programmes_programme_code")),
        sa.UniqueConstraint("ref", name=op.f("uq_programmes_programme_ref")),
    )
    op.create_table(
        "programmes_source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("total > 0", name=op.f("ck_programmes_source_total")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes_programme.id"], name=op.f("fk_programmes_source_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes_source")),
        sa.UniqueConstraint("ref", name=op.f("uq_programmes_source_ref")),
    )
    op.create_index(op.f("ix_programmes_source_programme_id"), "programmes_source", ["programme_id"], unique=False)
    op.create_table(
        "programmes_release",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_programmes_release_amount")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["identity_person.id"], name=op.f("fk_programmes_release_recorded_by")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["programmes_source.id"], name=op.f("fk_programmes_release_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes_release")),
    )
    op.create_index(op.f("ix_programmes_release_source_id"), "programmes_release", ["source_id"], unique=False)
    op.create_table(
        "programmes_progress",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("admitted", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("disbursed", sa.BigInteger(), nullable=False),
        sa.Column("source_note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "planned >= 0 AND admitted >= 0 AND committed >= 0 AND disbursed >= 0",
            name=op.f("ck_programmes_progress_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes_programme.id"], name=op.f("fk_programmes_progress_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes_progress")),
        sa.UniqueConstraint("programme_id", "as_of", name=op.f("uq_programmes_progress_programme_id_as_of")),
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON programmes_release, programmes_progress FROM cofonda_app")


def downgrade() -> None:
    """Remove them."""
    op.drop_table("programmes_progress")
    op.drop_table("programmes_release")
    op.drop_table("programmes_source")
    op.drop_table("programmes_programme")
