"""The pace of collections: when the next charge may be made, and whether they are paused."""

from alembic import op

revision = "0036_pace"
down_revision = "0035_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row: all workers share one pace."""
    op.execute("""
        create table pledges_pace (
            id bigint constraint pk_pledges_pace primary key constraint ck_pledges_pace_one check (id = 1),
            next_at timestamptz not null default now(),
            busy bigint not null default 0 constraint ck_pledges_pace_busy check (busy >= 0),
            paused_at timestamptz,
            looked_from timestamptz,
            failed bigint not null default 0,
            tried bigint not null default 0
        );
        insert into pledges_pace (id) values (1);
        create index ix_pledges_charge_first on pledges_charge (settled_at) where n = 1 and mode = 'stored';
    """)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop index ix_pledges_charge_first; drop table pledges_pace")
