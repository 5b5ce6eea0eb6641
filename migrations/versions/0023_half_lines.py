"""Proposals: a line of a draft may lack its name or its sum; a proposal is sent without such lines."""

from alembic import op

revision = "0023_half_lines"
down_revision = "0022_picture_forms"
branch_labels = None
depends_on = None

_UP = """
alter table proposals_line drop constraint ck_proposals_line_amount_positive;
alter table proposals_line add constraint ck_proposals_line_says_something
    check (amount >= 0 and (amount > 0 or name <> ''));
create function proposals_lines_whole() returns trigger language plpgsql as $$
begin
    if exists (select 1 from proposals_line where proposal_id = new.id and (amount = 0 or name = '')) then
        raise exception 'every line of a budget that is sent has its name and its sum'
            using errcode = '23514', constraint = 'proposals_lines_whole';
    end if;
    return new;
end $$;
create trigger proposals_lines_whole before update of state on proposals_proposal
    for each row when (new.state = 'submitted' and old.state <> 'submitted')
    execute function proposals_lines_whole();
"""
_DOWN = """
drop trigger proposals_lines_whole on proposals_proposal;
drop function proposals_lines_whole();
alter table proposals_line drop constraint ck_proposals_line_says_something;
alter table proposals_line add constraint ck_proposals_line_amount_positive check (amount > 0);
"""


def upgrade() -> None:
    """Let a draft keep what was typed so far."""
    op.execute(_UP)


def downgrade() -> None:
    """Refuse half a line again."""
    op.execute(_DOWN)
