"""Proposals: a milestone of a draft may lack its words or its day; a proposal is sent without such milestones."""

from alembic import op

revision = "0033_half_milestones"
down_revision = "0032_left_out"
branch_labels = None
depends_on = None

_UP = """
alter table proposals_milestone alter column due_on drop not null;
alter table proposals_milestone add constraint ck_proposals_milestone_says_something
    check (due_on is not null or title <> '');
create function proposals_milestones_whole() returns trigger language plpgsql as $$
begin
    if exists (select 1 from proposals_milestone where proposal_id = new.id and (due_on is null or title = '')) then
        raise exception 'every milestone of a proposal that is sent has its words and its day'
            using errcode = '23514', constraint = 'proposals_milestones_whole';
    end if;
    return new;
end $$;
create trigger proposals_milestones_whole before update of state on proposals_proposal
    for each row when (new.state = 'submitted' and old.state <> 'submitted')
    execute function proposals_milestones_whole();
"""
_DOWN = """
drop trigger proposals_milestones_whole on proposals_proposal;
drop function proposals_milestones_whole();
alter table proposals_milestone drop constraint ck_proposals_milestone_says_something;
delete from proposals_milestone where due_on is null;
alter table proposals_milestone alter column due_on set not null;
"""


def upgrade() -> None:
    """Let a draft keep what was typed so far."""
    op.execute(_UP)


def downgrade() -> None:
    """Refuse half a milestone again; those without a day cannot stay."""
    op.execute(_DOWN)
