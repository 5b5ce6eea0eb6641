"""Pledges: promises, attempts to charge, refunds; what must never happen is refused here, not only in the program."""

from alembic import op

revision = "0017_pledges"
down_revision = "0016_campaigns"
branch_labels = None
depends_on = None

_TABLES = """
create table pledges_pledge (
    id bigint generated always as identity constraint pk_pledges_pledge primary key,
    ref text not null constraint uq_pledges_pledge_ref unique,
    campaign_id bigint not null constraint fk_pledges_pledge_campaign_id references campaigns_campaign,
    person_id bigint constraint fk_pledges_pledge_person_id references identity_person,
    kind text not null constraint ck_pledges_pledge_kind check (kind in ('promise', 'gap')),
    state text not null constraint ck_pledges_pledge_state check (state in (
        'started', 'held', 'active', 'cancelled', 'expired', 'refused', 'charged', 'unpaid', 'refunded')),
    amount bigint not null constraint ck_pledges_pledge_amount_positive check (amount > 0),
    counts boolean not null,
    large boolean not null default false,
    email text not null constraint ck_pledges_pledge_email_lower check (email = lower(email)),
    name text not null,
    show_name boolean not null,
    language text not null constraint ck_pledges_pledge_language check (language in ('it', 'en')),
    consent_text text not null,
    consent_version text not null,
    consent_sha256 text not null,
    consented_at timestamptz not null,
    last_charge_on date not null,
    form_key text not null constraint uq_pledges_pledge_form_key unique,
    customer_id text,
    checkout_id text constraint uq_pledges_pledge_checkout_id unique,
    checkout_expires_at timestamptz not null,
    setup_id text constraint uq_pledges_pledge_setup_id unique,
    on_behalf_of text,
    payment_method text,
    card_brand text,
    card_last4 text,
    card_month bigint,
    card_year bigint,
    fingerprint text,
    started_at timestamptz not null,
    reread_at timestamptz,
    stored_at timestamptz,
    active_at timestamptz,
    notified_at timestamptz,
    ended_at timestamptz,
    why text,
    checked_by bigint constraint fk_pledges_pledge_checked_by references identity_person,
    detached_at timestamptz,
    constraint ck_pledges_pledge_promised_with_card check (
        state not in ('held', 'active') or payment_method is not null),
    constraint ck_pledges_pledge_active_at check (
        state not in ('active', 'charged', 'unpaid', 'refunded') or active_at is not null),
    constraint ck_pledges_pledge_ended_at check ((state in ('started', 'held', 'active')) = (ended_at is null))
);
create index ix_pledges_pledge_campaign on pledges_pledge (campaign_id, state);
create index ix_pledges_pledge_email on pledges_pledge (email);
create index ix_pledges_pledge_to_forget on pledges_pledge (ended_at)
    where payment_method is not null and detached_at is null;
create index ix_pledges_pledge_open_page on pledges_pledge (started_at) where state = 'started';

create table pledges_link (
    id bigint generated always as identity constraint pk_pledges_link primary key,
    pledge_id bigint not null constraint fk_pledges_link_pledge_id references pledges_pledge,
    token_hash bytea not null constraint uq_pledges_link_token_hash unique,
    sent_at timestamptz not null,
    expires_at timestamptz not null
);
create index ix_pledges_link_pledge_id on pledges_link (pledge_id);

create table pledges_charge (
    id bigint generated always as identity constraint pk_pledges_charge primary key,
    ref text not null constraint uq_pledges_charge_ref unique,
    pledge_id bigint not null constraint fk_pledges_charge_pledge_id references pledges_pledge,
    entity_id bigint not null constraint fk_pledges_charge_entity_id references groups_legal_entity,
    n bigint not null constraint ck_pledges_charge_n check (n > 0),
    key text not null constraint uq_pledges_charge_key unique,
    mode text not null constraint ck_pledges_charge_mode check (mode in ('stored', 'present')),
    state text not null constraint ck_pledges_charge_state
        check (state in ('intent', 'sent', 'succeeded', 'declined', 'cancelled')),
    account text not null,
    amount bigint not null,
    fee bigint not null,
    intent_id text constraint uq_pledges_charge_intent_id unique,
    checkout_id text constraint uq_pledges_charge_checkout_id unique,
    checkout_expires_at timestamptz,
    provider_charge text constraint uq_pledges_charge_provider_charge unique,
    decline_code text,
    advice text,
    pay_until timestamptz not null,
    created_at timestamptz not null,
    lease_until timestamptz,
    refused bigint not null default 0,
    settled_at timestamptz,
    constraint uq_pledges_charge_pledge_id_n unique (pledge_id, n),
    constraint ck_pledges_charge_amount_and_fee check (amount > 0 and fee >= 0 and fee < amount),
    constraint ck_pledges_charge_succeeded_is_known check (
        state <> 'succeeded' or (intent_id is not null and provider_charge is not null)),
    constraint ck_pledges_charge_settled_at check ((state in ('intent', 'sent')) = (settled_at is null))
);
create unique index uq_pledges_charge_one_live on pledges_charge (pledge_id)
    where state in ('intent', 'sent', 'succeeded');
create index ix_pledges_charge_live on pledges_charge (lease_until) where state in ('intent', 'sent');

create table pledges_refund (
    id bigint generated always as identity constraint pk_pledges_refund primary key,
    ref text not null constraint uq_pledges_refund_ref unique,
    charge_id bigint not null constraint fk_pledges_refund_charge_id references pledges_charge,
    amount bigint not null constraint ck_pledges_refund_amount_positive check (amount > 0),
    key text not null constraint uq_pledges_refund_key unique,
    state text not null constraint ck_pledges_refund_state check (state in ('intent', 'sent', 'succeeded', 'failed')),
    provider_id text constraint uq_pledges_refund_provider_id unique,
    why text not null,
    problem text,
    created_at timestamptz not null,
    lease_until timestamptz,
    settled_at timestamptz,
    constraint ck_pledges_refund_settled_at check ((state in ('intent', 'sent')) = (settled_at is null))
);
create index ix_pledges_refund_charge on pledges_refund (charge_id);
create index ix_pledges_refund_live on pledges_refund (lease_until) where state in ('intent', 'sent');
"""

_GUARDS = """
-- Amount, words and campaign of a promise are what the donor agreed to: they never change.
create function pledges_pledge_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'pledges_pledge: a pledge is never deleted'
            using errcode = 'integrity_constraint_violation';
    end if;
    if (new.campaign_id, new.kind, new.amount, new.consent_text, new.consent_version, new.consent_sha256,
            new.consented_at, new.form_key, new.ref, new.last_charge_on)
        is distinct from
        (old.campaign_id, old.kind, old.amount, old.consent_text, old.consent_version, old.consent_sha256,
            old.consented_at, old.form_key, old.ref, old.last_charge_on)
    then
        raise exception 'pledges_pledge: what the donor agreed to does not change'
            using errcode = 'integrity_constraint_violation';
    end if;
    if old.ended_at is not null and new.state <> old.state
        and not (old.state = 'charged' and new.state = 'refunded') then
        raise exception 'pledges_pledge: % is final', old.state using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger pledges_pledge_kept before update or delete on pledges_pledge
    for each row execute function pledges_pledge_kept();

-- Nobody is charged for a body that the city has not verified or whose account cannot receive.
create function pledges_charge_payee() returns trigger language plpgsql as $$
declare
    promised pledges_pledge;
    wanted bigint;
begin
    select * into promised from pledges_pledge where id = new.pledge_id for update;
    select group_id into wanted from campaigns_campaign where id = promised.campaign_id;
    if not exists (
        select 1 from groups_legal_entity
        where id = new.entity_id and group_id = wanted and stripe_account = new.account
    ) then
        raise exception 'pledges_charge: the payee is not the body of this campaign''s group'
            using errcode = 'integrity_constraint_violation';
    end if;
    if not groups_payable(new.entity_id) then
        raise exception 'pledges_charge: the payee is not a verified body with an account that can receive'
            using errcode = 'integrity_constraint_violation';
    end if;
    if new.amount <> promised.amount then
        raise exception 'pledges_charge: the amount is not the one the donor agreed to'
            using errcode = 'integrity_constraint_violation';
    end if;
    if promised.ended_at is not null then
        raise exception 'pledges_charge: this pledge is %', promised.state
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger pledges_charge_payee before insert on pledges_charge
    for each row execute function pledges_charge_payee();

create function pledges_charge_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'pledges_charge: an attempt is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if (new.pledge_id, new.entity_id, new.n, new.key, new.mode, new.account, new.amount, new.fee)
        is distinct from (old.pledge_id, old.entity_id, old.n, old.key, old.mode, old.account, old.amount, old.fee)
    then
        raise exception 'pledges_charge: an attempt does not change' using errcode = 'integrity_constraint_violation';
    end if;
    if old.state = 'succeeded' and new.state <> 'succeeded' then
        raise exception 'pledges_charge: money that came does not uncome: it is refunded'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger pledges_charge_kept before update or delete on pledges_charge
    for each row execute function pledges_charge_kept();

-- All refunds of a charge together never exceed it; the charge's row lock makes this hold under concurrency.
create function pledges_refund_cap() returns trigger language plpgsql as $$
declare
    paid pledges_charge;
    already bigint;
begin
    select * into paid from pledges_charge where id = new.charge_id for update;
    if paid.state <> 'succeeded' then
        raise exception 'pledges_refund: nothing was charged' using errcode = 'integrity_constraint_violation';
    end if;
    select coalesce(sum(amount), 0) into already from pledges_refund
        where charge_id = new.charge_id and state <> 'failed' and id <> new.id;
    if new.state <> 'failed' and already + new.amount > paid.amount then
        raise exception 'pledges_refund: refunds would exceed the charge'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger pledges_refund_cap before insert or update on pledges_refund
    for each row execute function pledges_refund_cap();
"""


def upgrade() -> None:
    """Make the room's tables."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    for table in ("refund", "charge", "link", "pledge"):
        op.execute(f"drop table pledges_{table}")
    for function in ("pledge_kept", "charge_payee", "charge_kept", "refund_cap"):
        op.execute(f"drop function pledges_{function}()")
