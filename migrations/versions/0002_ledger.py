"""Ledger: accounts, journals, entries, and the triggers whose constraints cannot lie."""

from alembic import op

revision = "0002_ledger"
down_revision = "0001_foundations"
branch_labels = None
depends_on = None

_TABLES = """
create table ledger_account (
    id bigint generated always as identity constraint pk_ledger_account primary key,
    book text not null constraint ck_ledger_account_book check (book in ('promises', 'cash', 'budget')),
    owner text not null,
    name text not null,
    floor boolean not null,
    balance bigint not null default 0,
    version bigint not null default 0,
    constraint uq_ledger_account_book_owner_name unique (book, owner, name),
    constraint ck_ledger_account_floor_held check (not floor or balance >= 0)
) with (fillfactor = 50);
create table ledger_journal (
    id bigint generated always as identity constraint pk_ledger_journal primary key,
    key text not null constraint uq_ledger_journal_key unique,
    kind text not null,
    subject text not null,
    memo text not null,
    at timestamptz not null,
    posted_at timestamptz not null default now(),
    tx xid8 not null default pg_current_xact_id()
);
create table ledger_entry (
    id bigint generated always as identity constraint pk_ledger_entry primary key,
    journal_id bigint not null constraint fk_ledger_entry_journal_id references ledger_journal,
    account_id bigint not null constraint fk_ledger_entry_account_id references ledger_account,
    book text not null,
    cents bigint not null constraint ck_ledger_entry_not_zero check (cents <> 0),
    balance_after bigint not null,
    constraint uq_ledger_entry_journal_id_account_id unique (journal_id, account_id)
);
create index ix_ledger_entry_account_id on ledger_entry (account_id);
"""

_GUARDS = """
create function ledger_entry_posting() returns trigger language plpgsql security definer
    set search_path = public, pg_temp as $$
begin
    update ledger_account set balance = balance + new.cents, version = version + 1
        where id = new.account_id returning book, balance into new.book, new.balance_after;
    return new;
end $$;
create trigger ledger_entry_posting before insert on ledger_entry
    for each row execute function ledger_entry_posting();

create function ledger_entry_posted() returns trigger language plpgsql as $$
begin
    if exists (select 1 from new group by journal_id, book having sum(cents) <> 0) then
        raise exception 'journal does not balance' using errcode = '23514', constraint = 'ledger_balanced';
    end if;
    if exists (select 1 from ledger_journal where id = any (array(select journal_id from new))
               and tx <> pg_current_xact_id()) then
        raise exception 'journal is sealed' using errcode = '23514', constraint = 'ledger_sealed';
    end if;
    return null;
end $$;
create trigger ledger_entry_posted after insert on ledger_entry referencing new table as new
    for each statement execute function ledger_entry_posted();

create function ledger_journal_filled() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from ledger_entry where journal_id = new.id) then
        raise exception 'journal % is empty', new.key using errcode = '23514', constraint = 'ledger_filled';
    end if;
    return null;
end $$;
create constraint trigger ledger_journal_filled after insert on ledger_journal deferrable initially deferred
    for each row execute function ledger_journal_filled();

-- A new account starts at zero: its balance is moved by entries alone.
create function ledger_account_opening() returns trigger language plpgsql as $$
begin
    if new.balance <> 0 or new.version <> 0 then
        raise exception 'an account opens at zero' using errcode = '23514', constraint = 'ledger_opens_at_zero';
    end if;
    return new;
end $$;
create trigger ledger_account_opening before insert on ledger_account
    for each row execute function ledger_account_opening();

create function append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append only', tg_table_name using errcode = '42501';
end $$;
create trigger append_only before update or delete or truncate on ledger_entry
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on ledger_journal
    for each statement execute function append_only();
create trigger append_only before delete or truncate on ledger_account
    for each statement execute function append_only();
revoke update, delete, truncate on ledger_account, ledger_journal, ledger_entry from cofonda_app;
"""


def upgrade() -> None:
    """Make the three tables, their guards, and take UPDATE and DELETE from the application's role."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """A ledger is not taken back."""
    raise NotImplementedError("a ledger is not taken back: drop the database instead")
