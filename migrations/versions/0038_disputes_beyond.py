"""A bank may take more than is left of a gift: the part beyond it is written down too, and nothing is refused."""

from alembic import op

revision = "0038_disputes_beyond"
down_revision = "0037_accounts_after_refunds"
branch_labels = None
depends_on = None

# What the bank took never changes once it is written.
_GUARD = """
create function pledges_dispute_beyond_kept() returns trigger language plpgsql as $$
begin
    raise exception 'pledges_dispute: this does not change' using errcode = 'integrity_constraint_violation';
end $$;
create trigger pledges_dispute_beyond_kept before update of beyond on pledges_dispute
    for each row when (new.beyond is distinct from old.beyond) execute function pledges_dispute_beyond_kept();
"""


def upgrade() -> None:
    """One more sum, which no total of gifts counts."""
    op.execute(
        """
        alter table pledges_dispute
            add column beyond bigint not null default 0,
            drop constraint ck_pledges_dispute_amount_positive,
            add constraint ck_pledges_dispute_amounts check (amount >= 0 and beyond >= 0 and amount + beyond > 0);
        """
        + _GUARD
    )


def downgrade() -> None:
    """As it was; refused where a bank has taken more than was left."""
    op.execute(
        """
        drop trigger pledges_dispute_beyond_kept on pledges_dispute;
        drop function pledges_dispute_beyond_kept();
        alter table pledges_dispute
            drop constraint ck_pledges_dispute_amounts,
            add constraint ck_pledges_dispute_amount_positive check (amount > 0 and beyond = 0);
        alter table pledges_dispute
            drop constraint ck_pledges_dispute_amount_positive,
            add constraint ck_pledges_dispute_amount_positive check (amount > 0),
            drop column beyond;
        """
    )
