"""Files: uploads."""

from alembic import op

revision = "0005_files"
down_revision = "0004_outbox"
branch_labels = None
depends_on = None

_TABLES = """
create table files_file (
    id bigint generated always as identity constraint pk_files_file primary key,
    ref text not null constraint uq_files_file_ref unique,
    kind text not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    private boolean not null,
    width bigint,
    height bigint,
    stored_as text not null constraint uq_files_file_stored_as unique,
    created_at timestamptz not null,
    created_by bigint,
    constraint ck_files_file_kind check (kind in ('picture', 'document')),
    constraint ck_files_file_not_empty check (size > 0),
    constraint ck_files_file_sha256_whole check (length(sha256) = 64),
    constraint ck_files_file_picture_measured check (kind <> 'picture' or (width > 0 and height > 0))
);
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop table files_file")
