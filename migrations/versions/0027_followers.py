"""Followers: who follows a project, a quarter or a call by mail, and the news noticed for them."""

from alembic import op

revision = "0027_followers"
down_revision = "0026_tax_code_of_donors"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE followers_follow (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    campaign_id BIGINT,
    zone_id BIGINT,
    call_id BIGINT,
    pace TEXT NOT NULL,
    donor BOOLEAN DEFAULT false NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    told_news BIGINT DEFAULT 0 NOT NULL,
    told_on DATE,
    CONSTRAINT pk_followers_follow PRIMARY KEY (id),
    CONSTRAINT uq_followers_follow_ref UNIQUE (ref),
    CONSTRAINT ck_followers_follow_subject CHECK (subject IN ('project', 'quarter', 'call')),
    CONSTRAINT ck_followers_follow_pace CHECK (pace IN ('daily', 'now')),
    CONSTRAINT ck_followers_follow_email_lower CHECK (email = lower(email)),
    CONSTRAINT ck_followers_follow_language CHECK (language in ('it', 'en')),
    CONSTRAINT ck_followers_follow_one_thing CHECK (num_nonnulls(campaign_id, zone_id, call_id) = 1
        and (subject = 'project') = (campaign_id is not null) and (subject = 'call') = (call_id is not null)),
    CONSTRAINT ck_followers_follow_donors_follow_projects CHECK (not donor or subject = 'project'),
    CONSTRAINT fk_followers_follow_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id),
    CONSTRAINT fk_followers_follow_zone_id FOREIGN KEY(zone_id) REFERENCES territory_zone (id),
    CONSTRAINT fk_followers_follow_call_id FOREIGN KEY(call_id) REFERENCES calls_call (id)
);
CREATE UNIQUE INDEX uq_followers_follow_campaign ON followers_follow (email, campaign_id);
CREATE UNIQUE INDEX uq_followers_follow_zone ON followers_follow (email, zone_id);
CREATE UNIQUE INDEX uq_followers_follow_call ON followers_follow (email, call_id);
CREATE INDEX ix_followers_follow_campaign_id ON followers_follow (campaign_id);
CREATE INDEX ix_followers_follow_zone_id ON followers_follow (zone_id);
CREATE INDEX ix_followers_follow_call_id ON followers_follow (call_id);
CREATE TABLE followers_news (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    campaign_id BIGINT,
    zone_id BIGINT,
    call_id BIGINT,
    about TEXT NOT NULL,
    title TEXT NOT NULL,
    words TEXT NOT NULL,
    path TEXT NOT NULL,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_followers_news PRIMARY KEY (id),
    CONSTRAINT uq_followers_news_key UNIQUE (key),
    CONSTRAINT ck_followers_news_kind CHECK (kind IN ('update', 'opened', 'corrigendum', 'ranking')),
    CONSTRAINT fk_followers_news_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id),
    CONSTRAINT fk_followers_news_zone_id FOREIGN KEY(zone_id) REFERENCES territory_zone (id),
    CONSTRAINT fk_followers_news_call_id FOREIGN KEY(call_id) REFERENCES calls_call (id)
);
CREATE INDEX ix_followers_news_campaign_id ON followers_news (campaign_id, id);
CREATE INDEX ix_followers_news_zone_id ON followers_news (zone_id, id);
CREATE INDEX ix_followers_news_call_id ON followers_news (call_id, id);
"""


def upgrade() -> None:
    """Make the room's tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Remove them."""
    op.execute("DROP TABLE followers_news; DROP TABLE followers_follow")
