"""Reconciliation: the provider's balance lines as it tells them, what of them is not explained, and the days."""

from alembic import op

revision = "0035_reconciliation"
down_revision = "0034_money_back"
branch_labels = None
depends_on = None

_SQL = """
create table payments_line (
    id bigint generated always as identity constraint pk_payments_line primary key,
    provider_id text not null constraint uq_payments_line_provider_id unique,
    account text not null,
    type text not null,
    amount bigint not null,
    fee bigint not null,
    net bigint not null constraint ck_payments_line_net check (net = amount - fee),
    source text,
    about text,
    created_at timestamptz not null,
    read_at timestamptz not null
);
create index ix_payments_line_about on payments_line (about);
create index ix_payments_line_source on payments_line (source);
create index ix_payments_line_created_at on payments_line (created_at);
create trigger append_only before update or delete or truncate on payments_line
    for each statement execute function append_only();

create table finance_finding (
    id bigint generated always as identity constraint pk_finance_finding primary key,
    ref text not null constraint uq_finance_finding_ref unique,
    key text not null,
    subjects jsonb not null,
    about text not null,
    what text not null,
    ours bigint not null,
    theirs bigint not null,
    on_day date not null,
    found_at timestamptz not null,
    seen_at timestamptz not null,
    ended_at timestamptz,
    explained_by bigint constraint fk_finance_finding_explained_by references identity_person,
    why text,
    constraint ck_finance_finding_differs check (ours <> theirs),
    constraint ck_finance_finding_ended check (
        (explained_by is null or ended_at is not null) and (explained_by is null) = (why is null))
);
create unique index uq_finance_finding_one_open on finance_finding (key) where ended_at is null;

create table finance_run (
    id bigint generated always as identity constraint pk_finance_run primary key,
    on_day date not null,
    began_at timestamptz not null,
    until timestamptz not null,
    lines bigint not null,
    charges bigint not null,
    unexplained bigint not null
);
create index ix_finance_run_until on finance_run (until);
create trigger append_only before update or delete or truncate on finance_run
    for each statement execute function append_only();
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_SQL)


def downgrade() -> None:
    """Remove them."""
    for table in ("finance_run", "finance_finding", "payments_line"):
        op.execute(f"drop table {table}")
