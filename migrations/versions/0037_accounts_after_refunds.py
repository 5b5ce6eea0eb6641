"""Accounts close also where gifts went back and less is confirmed than was paid: nothing returns then, much is owed."""

from alembic import op

revision = "0037_accounts_after_refunds"
down_revision = "0036_pace"
branch_labels = None
depends_on = None

RULE = """
    alter table grants_account drop constraint ck_grants_account_adds_up;
    alter table grants_account add constraint ck_grants_account_adds_up
        check (balance = greatest(0, final_grant - paid_before)
            and recovery = greatest(0, paid_before - final_grant)
            and economy = {economy});
"""


def upgrade() -> None:
    """What goes back to the fund is never below zero."""
    op.execute(RULE.format(economy="greatest(0, confirmed - greatest(final_grant, paid_before))"))


def downgrade() -> None:
    """As it was."""
    op.execute(RULE.format(economy="confirmed - greatest(final_grant, paid_before)"))
