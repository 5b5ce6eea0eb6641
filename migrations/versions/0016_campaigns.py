"""Campaigns: frozen once live, with public versions of their story."""

from alembic import op

revision = "0016_campaigns"
down_revision = "0015_evaluation"
branch_labels = None
depends_on = None

_TABLES = """
create table campaigns_campaign (
    id bigint generated always as identity constraint pk_campaigns_campaign primary key,
    ref text not null constraint uq_campaigns_campaign_ref unique,
    slug text not null constraint uq_campaigns_campaign_slug unique,
    proposal_id bigint not null constraint uq_campaigns_campaign_proposal_id unique
        constraint fk_campaigns_campaign_proposal_id references proposals_proposal,
    award_id bigint not null constraint uq_campaigns_campaign_award_id unique
        constraint fk_campaigns_campaign_award_id references evaluation_award,
    call_id bigint not null constraint fk_campaigns_campaign_call_id references calls_call,
    terms_id bigint not null constraint fk_campaigns_campaign_terms_id references calls_terms,
    group_id bigint not null constraint fk_campaigns_campaign_group_id references groups_group,
    zone_id bigint not null constraint fk_campaigns_campaign_zone_id references territory_zone,
    theme text not null,
    title text not null,
    summary text not null,
    picture_id bigint constraint fk_campaigns_campaign_picture_id references files_file,
    state text not null constraint ck_campaigns_campaign_state
        check (state in ('preparing', 'asked', 'live', 'closed')),
    budget bigint not null,
    threshold bigint not null,
    ceiling bigint not null,
    stretch bigint not null default 0,
    opens_at timestamptz,
    closes_at timestamptz,
    created_at timestamptz not null,
    asked_at timestamptz,
    asked_by bigint constraint fk_campaigns_campaign_asked_by references identity_person,
    confirmed_by bigint constraint fk_campaigns_campaign_confirmed_by references identity_person,
    returned_why text,
    closed_at timestamptz,
    constraint ck_campaigns_campaign_budget_positive check (budget > 0 and stretch >= 0),
    constraint ck_campaigns_campaign_threshold_within_budget check (threshold > 0 and threshold <= budget),
    constraint ck_campaigns_campaign_ceiling_within_budget check (ceiling >= 0 and ceiling <= budget),
    constraint ck_campaigns_campaign_opened_with_dates check (
        state in ('preparing', 'asked') or (opens_at is not null and closes_at > opens_at and confirmed_by is not null))
);
create index ix_campaigns_campaign_state on campaigns_campaign (state, closes_at);
create index ix_campaigns_campaign_call_id on campaigns_campaign (call_id);
create index ix_campaigns_campaign_group_id on campaigns_campaign (group_id);
create index ix_campaigns_campaign_zone_id on campaigns_campaign (zone_id);

create table campaigns_text (
    id bigint generated always as identity constraint pk_campaigns_text primary key,
    campaign_id bigint not null constraint fk_campaigns_text_campaign_id references campaigns_campaign,
    version bigint not null,
    summary text not null,
    story text not null,
    picture_id bigint constraint fk_campaigns_text_picture_id references files_file,
    picture_alt text not null default '',
    impact jsonb not null default '[]'::jsonb,
    written_at timestamptz not null,
    written_by bigint constraint fk_campaigns_text_written_by references identity_person,
    constraint uq_campaigns_text_campaign_id_version unique (campaign_id, version)
);

create table campaigns_update (
    id bigint generated always as identity constraint pk_campaigns_update primary key,
    ref text not null constraint uq_campaigns_update_ref unique,
    campaign_id bigint not null constraint fk_campaigns_update_campaign_id references campaigns_campaign,
    title text not null,
    body text not null,
    posted_at timestamptz not null,
    posted_by bigint constraint fk_campaigns_update_posted_by references identity_person
);
create index ix_campaigns_update_campaign on campaigns_update (campaign_id, posted_at);

create table campaigns_question (
    id bigint generated always as identity constraint pk_campaigns_question primary key,
    ref text not null constraint uq_campaigns_question_ref unique,
    campaign_id bigint not null constraint fk_campaigns_question_campaign_id references campaigns_campaign,
    asked_by bigint not null constraint fk_campaigns_question_asked_by references identity_person,
    asked_at timestamptz not null,
    body text not null,
    answer text,
    answered_at timestamptz,
    answered_by bigint constraint fk_campaigns_question_answered_by references identity_person,
    constraint ck_campaigns_question_answered_at check ((answer is null) = (answered_at is null))
);
create index ix_campaigns_question_campaign on campaigns_question (campaign_id, asked_at);
"""

_GUARDS = """
create function campaigns_frozen() returns trigger language plpgsql as $$
begin
    if old.state in ('preparing', 'asked') then
        return coalesce(new, old);
    end if;
    if tg_op = 'DELETE' then
        raise exception 'campaigns_campaign: a campaign that was public stays'
            using errcode = 'integrity_constraint_violation';
    end if;
    if (new.budget, new.threshold, new.ceiling, new.stretch, new.opens_at, new.closes_at, new.zone_id, new.group_id,
            new.terms_id, new.proposal_id, new.award_id, new.call_id, new.slug, new.confirmed_by)
        is distinct from
        (old.budget, old.threshold, old.ceiling, old.stretch, old.opens_at, old.closes_at, old.zone_id, old.group_id,
            old.terms_id, old.proposal_id, old.award_id, old.call_id, old.slug, old.confirmed_by)
    then
        raise exception 'campaigns_campaign: threshold, budget, end, zone and group are frozen once live'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.state in ('preparing', 'asked') or (old.state = 'closed' and new.state <> 'closed') then
        raise exception 'campaigns_campaign: a campaign does not go back from % to %', old.state, new.state
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger campaigns_frozen before update or delete on campaigns_campaign
    for each row execute function campaigns_frozen();

create function campaigns_text_kept() returns trigger language plpgsql as $$
begin
    if exists (select 1 from campaigns_campaign where id = old.campaign_id and state not in ('preparing', 'asked')) then
        raise exception 'campaigns_text: a version that was public stays as it was'
            using errcode = 'integrity_constraint_violation';
    end if;
    return coalesce(new, old);
end $$;
create trigger campaigns_text_kept before update or delete on campaigns_text
    for each row execute function campaigns_text_kept();
"""


def upgrade() -> None:
    """Make the room's tables."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    for table in ("question", "update", "text", "campaign"):
        op.execute(f"drop table campaigns_{table}")
    op.execute("drop function campaigns_text_kept()")
    op.execute("drop function campaigns_frozen()")
