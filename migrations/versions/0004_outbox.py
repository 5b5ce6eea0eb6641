"""Outbox: mail as rows."""

from alembic import op

revision = "0004_outbox"
down_revision = "0003_journal"
branch_labels = None
depends_on = None

_TABLES = """
create table outbox_message (
    id bigint generated always as identity constraint pk_outbox_message primary key,
    ref text not null constraint uq_outbox_message_ref unique,
    key text constraint uq_outbox_message_key unique,
    recipient text not null,
    language text not null,
    template text not null,
    subject text not null,
    body text not null,
    state text not null default 'waiting',
    created_at timestamptz not null,
    next_try_at timestamptz not null,
    attempts bigint not null default 0,
    last_error text,
    sent_at timestamptz,
    constraint ck_outbox_message_state check (state in ('waiting', 'sent', 'failed')),
    constraint ck_outbox_message_sent_when check ((state = 'sent') = (sent_at is not null))
);
create index ix_outbox_message_due on outbox_message (next_try_at, id) where state = 'waiting';
create index ix_outbox_message_recipient on outbox_message (recipient);
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop table outbox_message")
