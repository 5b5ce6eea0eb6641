"""Payments: the inbox of the provider's messages, each stored once."""

from alembic import op

revision = "0008_payments"
down_revision = "0007_territory"
branch_labels = None
depends_on = None

_TABLES = """
create table payments_event (
    id bigint generated always as identity constraint pk_payments_event primary key,
    provider_id text not null constraint uq_payments_event_provider_id unique,
    type text not null,
    object_id text not null,
    account text,
    livemode boolean not null,
    created_at timestamptz not null,
    received_at timestamptz not null,
    applied_at timestamptz,
    tries bigint not null default 0,
    problem text,
    payload jsonb not null
);
create index ix_payments_event_object on payments_event (object_id, type);
create index ix_payments_event_waiting on payments_event (received_at) where applied_at is null;
"""

# A message is evidence: only what we did with it may change.
_GUARDS = """
create function payments_event_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE'
        or (new.provider_id, new.type, new.object_id, new.livemode, new.created_at, new.received_at, new.payload)
        is distinct from
        (old.provider_id, old.type, old.object_id, old.livemode, old.created_at, old.received_at, old.payload)
    then
        raise exception 'payments_event: a message is kept as it came' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger payments_event_kept before update or delete on payments_event
    for each row execute function payments_event_kept();
"""


def upgrade() -> None:
    """Make the room's table."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop table payments_event")
    op.execute("drop function payments_event_kept()")
