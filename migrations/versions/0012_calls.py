"""Calls: the call and the frozen versions of its terms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_calls"
down_revision = "0011_matching"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the room's tables."""
    op.create_table(
        "calls_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.BigInteger(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("envelope", sa.BigInteger(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("draft", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("archive", sa.Boolean(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("NOT archive OR state = 'ended'", name=op.f("ck_calls_call_archive_ended")),
        sa.CheckConstraint(
            "state = 'draft' OR archive OR (published_at IS NOT NULL AND opens_at IS NOT NULL AND closes_at IS NOT NULL"
            " AND envelope IS NOT NULL AND source_id IS NOT NULL AND programme_id IS NOT NULL)",
            name=op.f("ck_calls_call_published_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'evaluating', 'ranked', 'ended')", name=op.f("ck_calls_call_state")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_calls_call_dates")),
        sa.CheckConstraint("envelope IS NULL OR envelope > 0", name=op.f("ck_calls_call_envelope")),
        sa.ForeignKeyConstraint(["created_by"], ["identity_person.id"], name=op.f("fk_calls_call_created_by")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes_programme.id"], name=op.f("fk_calls_call_programme_id")),
        sa.ForeignKeyConstraint(["published_by"], ["identity_person.id"], name=op.f("fk_calls_call_published_by")),
        sa.ForeignKeyConstraint(["source_id"], ["programmes_source.id"], name=op.f("fk_calls_call_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_call")),
        sa.UniqueConstraint("ref", name=op.f("uq_calls_call_ref")),
        sa.UniqueConstraint("slug", name=op.f("uq_calls_call_slug")),
    )
    op.create_index(op.f("ix_calls_call_programme_id"), "calls_call", ["programme_id"], unique=False)
    op.create_table(
        "calls_terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_calls_terms_sha256")),
        sa.CheckConstraint("version > 0", name=op.f("ck_calls_terms_version")),
        sa.ForeignKeyConstraint(["call_id"], ["calls_call.id"], name=op.f("fk_calls_terms_call_id")),
        sa.ForeignKeyConstraint(["frozen_by"], ["identity_person.id"], name=op.f("fk_calls_terms_frozen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_terms")),
        sa.UniqueConstraint("call_id", "version", name=op.f("uq_calls_terms_call_id_version")),
    )
    op.execute(
        """
        CREATE FUNCTION calls_terms_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the terms of a call are frozen' USING ERRCODE = '23514', CONSTRAINT = 'calls_terms_frozen';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER calls_terms_frozen BEFORE UPDATE OR DELETE ON calls_terms"
        " FOR EACH ROW EXECUTE FUNCTION calls_terms_frozen()"
    )
    op.execute(
        "CREATE TRIGGER calls_terms_never_emptied BEFORE TRUNCATE ON calls_terms"
        " FOR EACH STATEMENT EXECUTE FUNCTION calls_terms_frozen()"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON calls_terms FROM cofonda_app")
    op.execute(
        """
        CREATE FUNCTION calls_call_published() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.published_at IS NULL THEN
                RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            END IF;
            IF TG_OP = 'DELETE' OR NEW.state = 'draft' OR NEW.closes_at < OLD.closes_at
                OR (NEW.ref, NEW.slug, NEW.programme_id, NEW.source_id, NEW.kind, NEW.envelope, NEW.opens_at,
                    NEW.published_at, NEW.published_by)
                IS DISTINCT FROM (OLD.ref, OLD.slug, OLD.programme_id, OLD.source_id, OLD.kind, OLD.envelope,
                    OLD.opens_at, OLD.published_at, OLD.published_by) THEN
                RAISE EXCEPTION 'a published call keeps its fund and dates'
                    USING ERRCODE = '23514', CONSTRAINT = 'calls_call_published';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER calls_call_published BEFORE UPDATE OR DELETE ON calls_call"
        " FOR EACH ROW EXECUTE FUNCTION calls_call_published()"
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("calls_terms")
    op.drop_table("calls_call")
    op.execute("DROP FUNCTION calls_call_published")
    op.execute("DROP FUNCTION calls_terms_frozen")
