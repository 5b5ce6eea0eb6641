"""Foundations: who may do what in the schema, Italian search, the job queue's tables."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001_foundations"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Privileges come before any table, so that every later one gets them by default."""
    op.execute("REVOKE ALL ON SCHEMA public FROM public")
    op.execute("GRANT USAGE ON SCHEMA public TO cofonda_app")
    op.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cofonda_app"
    )
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO cofonda_app")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO cofonda_app")
    op.execute("GRANT SELECT ON alembic_version TO cofonda_app")  # it stands before any default: /readyz reads it
    for extension in ("pg_trgm", "unaccent", "btree_gist", "citext"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.execute("CREATE TEXT SEARCH CONFIGURATION it (COPY = italian)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION it ALTER MAPPING FOR hword, hword_part, word WITH unaccent, italian_stem"
    )
    # unaccent(text) is only STABLE, as its dictionary could change; ours does not, and sort keys need IMMUTABLE.
    op.execute(
        "CREATE FUNCTION sort_key(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
        " AS $$ SELECT public.unaccent('public.unaccent', lower(words)) $$"
    )
    # The raw driver connection: the schema holds % signs, which SQLAlchemy would take for parameters.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.execute("CREATE TABLE core_setting (name text CONSTRAINT pk_core_setting PRIMARY KEY, value text NOT NULL)")


def downgrade() -> None:
    """Nothing lies below the foundations: drop the database instead."""
    raise NotImplementedError("drop the database instead")
