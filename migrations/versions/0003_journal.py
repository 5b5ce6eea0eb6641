"""Journal: who did what, append-only."""

from alembic import op

revision = "0003_journal"
down_revision = "0002_ledger"
branch_labels = None
depends_on = None

_TABLES = """
create table journal_entry (
    id bigint generated always as identity constraint pk_journal_entry primary key,
    at timestamptz not null,
    what text not null,
    subject text not null,
    person_id bigint,
    person_name text,
    data jsonb not null,
    constraint ck_journal_entry_person_whole check ((person_id is null) = (person_name is null))
);
create index ix_journal_entry_subject_id on journal_entry (subject, id);
create index ix_journal_entry_person_id on journal_entry (person_id);
create trigger append_only before update or delete or truncate on journal_entry
    for each statement execute function append_only();
revoke update, delete, truncate on journal_entry from cofonda_app;
"""


def upgrade() -> None:
    """Make the table and take UPDATE and DELETE from everyone."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop table journal_entry")
