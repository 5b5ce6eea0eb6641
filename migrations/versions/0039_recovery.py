"""Money that a body must give back to the city: owed from the close of the accounts on, until it has come in."""

from alembic import op

revision = "0039_recovery"
down_revision = "0038_disputes_beyond"
branch_labels = None
depends_on = None

_TABLES = """
-- Of what is owed, the part that the closed accounts fixed: it does not become less when the match rises again.
alter table matching_reservation add column recovery bigint not null default 0,
    add constraint ck_matching_reservation_recovery check (recovery >= 0 and recovery <= owed);

create table grants_repayment (
    id bigint generated always as identity constraint pk_grants_repayment primary key,
    agreement_id bigint not null constraint fk_grants_repayment_agreement_id references grants_agreement,
    amount bigint not null constraint ck_grants_repayment_amount check (amount > 0),
    received_on date not null,
    reference text not null constraint ck_grants_repayment_reference check (reference <> ''),
    recorded_by bigint not null constraint fk_grants_repayment_recorded_by references identity_person,
    recorded_at timestamptz not null,
    constraint uq_grants_repayment_agreement_id_reference unique (agreement_id, reference)
);
revoke update, delete, truncate on grants_repayment from cofonda_app;
"""


def upgrade() -> None:
    """Make the table and the column."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove it."""
    op.execute("""
        drop table grants_repayment;
        alter table matching_reservation drop constraint ck_matching_reservation_recovery, drop column recovery;
    """)
