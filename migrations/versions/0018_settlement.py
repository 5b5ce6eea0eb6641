"""Settlement: closes that never change and cases that follow the money."""

from alembic import op

revision = "0018_settlement"
down_revision = "0017_pledges"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE settlement_case (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    campaign_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    close_started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_charge_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sessions_expired_at TIMESTAMP WITH TIME ZONE,
    notice_sent_at TIMESTAMP WITH TIME ZONE,
    charge_from TIMESTAMP WITH TIME ZONE,
    collection_started_at TIMESTAMP WITH TIME ZONE,
    grace_until TIMESTAMP WITH TIME ZONE,
    collected BIGINT,
    match BIGINT,
    why TEXT,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_settlement_case PRIMARY KEY (id),
    CONSTRAINT ck_settlement_case_state
        CHECK (state IN ('closing', 'constituting', 'notified', 'collecting', 'confirmed', 'released')),
    CONSTRAINT ck_settlement_case_ended
        CHECK ((state in ('confirmed', 'released')) = (ended_at is not null)
            and (ended_at is null) = (why is null)),
    CONSTRAINT ck_settlement_case_match
        CHECK ((state = 'confirmed') = (match is not null) and (match is null or match >= 0)),
    CONSTRAINT ck_settlement_case_notice_first
        CHECK (state not in ('notified', 'collecting') or (notice_sent_at is not null
            and charge_from > notice_sent_at)),
    CONSTRAINT ck_settlement_case_collection
        CHECK (state <> 'collecting' or (collection_started_at >= charge_from and grace_until is not null)),
    CONSTRAINT uq_settlement_case_campaign_id UNIQUE (campaign_id),
    CONSTRAINT fk_settlement_case_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id)
);
CREATE TABLE settlement_close (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    campaign_id BIGINT NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    promised BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    donors BIGINT NOT NULL,
    threshold BIGINT NOT NULL,
    budget BIGINT NOT NULL,
    record JSONB NOT NULL,
    sha256 TEXT NOT NULL,
    CONSTRAINT pk_settlement_close PRIMARY KEY (id),
    CONSTRAINT ck_settlement_close_outcome CHECK (outcome IN ('won', 'lost')),
    CONSTRAINT ck_settlement_close_decided_to_the_cent CHECK ((outcome = 'won') = (counted >= threshold)),
    CONSTRAINT ck_settlement_close_amounts CHECK (counted >= 0 and promised >= counted and donors >= 0),
    CONSTRAINT ck_settlement_close_after_the_end CHECK (decided_at >= closed_at),
    CONSTRAINT uq_settlement_close_campaign_id UNIQUE (campaign_id),
    CONSTRAINT fk_settlement_close_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id)
);
"""

_GUARDS = """
create trigger append_only before update or delete or truncate on settlement_close
    for each statement execute function append_only();

-- An ended case is history; a running one never forgets when it began.
create function settlement_case_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.ended_at is not null or new.campaign_id <> old.campaign_id
        or new.close_started_at <> old.close_started_at or new.last_charge_at <> old.last_charge_at then
        raise exception 'this part of a case never changes'
            using errcode = '23514', constraint = 'settlement_case_kept';
    end if;
    return new;
end $$;
create trigger settlement_case_guard before update or delete on settlement_case
    for each row execute function settlement_case_guard();
"""


def upgrade() -> None:
    """Make the tables and what guards them."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    op.execute("DROP TABLE settlement_close")
    op.execute("DROP TABLE settlement_case")
    op.execute("DROP FUNCTION settlement_case_guard")
