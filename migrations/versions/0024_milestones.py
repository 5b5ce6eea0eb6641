"""Transparency: the milestones that donors are told of; those reached before today are not told again."""

from alembic import op

revision = "0024_milestones"
down_revision = "0023_half_lines"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE transparency_milestone (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    campaign_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reached_at TIMESTAMP WITH TIME ZONE NOT NULL,
    told_pledge BIGINT DEFAULT 0 NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_transparency_milestone PRIMARY KEY (id),
    CONSTRAINT uq_transparency_milestone_campaign_id_kind UNIQUE (campaign_id, kind),
    CONSTRAINT ck_transparency_milestone_kind CHECK (kind IN ('match', 'advance', 'expenses', 'accounts')),
    CONSTRAINT fk_transparency_milestone_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id)
);
CREATE INDEX ix_transparency_milestone_untold ON transparency_milestone (id) WHERE told_at is null;
"""
BEFORE = """
insert into transparency_milestone (campaign_id, kind, reached_at, told_at)
select campaign_id, 'match', ended_at, now() from settlement_case where state = 'confirmed'
union all
select a.campaign_id, 'advance', o.paid_at, now() from grants_agreement a
    join grants_payment_order o on o.agreement_id = a.id join grants_tranche t on t.id = o.tranche_id
    where o.state = 'paid' and t.kind = 'advance'
union all
select a.campaign_id, 'expenses', max(e.decided_at), now() from grants_agreement a
    join grants_report r on r.agreement_id = a.id join grants_expense e on e.report_id = r.id
    where r.state <> 'open' and e.state = 'accepted'
    and not exists (select 1 from grants_expense w where w.report_id = r.id and w.state = 'sent')
    group by a.campaign_id
union all
select a.campaign_id, 'accounts', c.closed_at, now() from grants_agreement a
    join grants_account c on c.agreement_id = a.id
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(TABLE)
    op.execute(BEFORE)


def downgrade() -> None:
    """Remove it."""
    op.drop_table("transparency_milestone")
