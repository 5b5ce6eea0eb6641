"""Money that goes back: refunds by hand, disputes, the match that follows, reversing journals."""

from alembic import op

revision = "0034_money_back"
down_revision = "0033_half_milestones"
branch_labels = None
depends_on = None

_LEDGER = """
alter table ledger_journal add column reverses_id bigint
    constraint fk_ledger_journal_reverses_id references ledger_journal
    constraint uq_ledger_journal_reverses_id unique;

-- A journal that reverses another turns round each of its entries, and each journal is reversed at most once.
create function ledger_journal_reversing() returns trigger language plpgsql as $$
begin
    if exists (select 1 from ledger_entry where journal_id in (new.id, new.reverses_id)
               group by account_id having sum(cents) <> 0) then
        raise exception 'journal % does not turn round the one that it reverses', new.key
            using errcode = '23514', constraint = 'ledger_reversing';
    end if;
    return null;
end $$;
create constraint trigger ledger_journal_reversing after insert on ledger_journal deferrable initially deferred
    for each row when (new.reverses_id is not null) execute function ledger_journal_reversing();
"""

_REFUNDS = """
alter table pledges_refund
    drop constraint ck_pledges_refund_state,
    drop constraint ck_pledges_refund_settled_at,
    add column origin text not null default 'rule'
        constraint ck_pledges_refund_origin check (origin in ('rule', 'late', 'officer', 'provider')),
    add column asked_by bigint constraint fk_pledges_refund_asked_by references identity_person,
    add column decided_by bigint constraint fk_pledges_refund_decided_by references identity_person,
    add column decided_at timestamptz,
    add column from_platform boolean not null default false,
    add column taken_back bigint not null default 0,
    add column fee_back bigint not null default 0,
    add column owed bigint not null default 0,
    add constraint ck_pledges_refund_state
        check (state in ('asked', 'turned_down', 'intent', 'sent', 'succeeded', 'failed', 'bounced')),
    add constraint ck_pledges_refund_settled_at check ((state in ('asked', 'intent', 'sent')) = (settled_at is null)),
    add constraint ck_pledges_refund_asked_by check ((origin = 'officer') = (asked_by is not null)),
    add constraint ck_pledges_refund_two_hands check (decided_by <> asked_by),
    add constraint ck_pledges_refund_decided check (
        (decided_by is null) = (decided_at is null) and (state <> 'asked' or decided_by is null)
        and (origin <> 'officer' or state = 'asked' or decided_by is not null)
        and (origin = 'officer' or state not in ('asked', 'turned_down'))
    ),
    add constraint ck_pledges_refund_parts check (
        taken_back >= 0 and fee_back >= 0 and owed >= 0 and taken_back <= amount and fee_back <= amount
        and owed <= amount
    );

create table pledges_dispute (
    id bigint generated always as identity constraint pk_pledges_dispute primary key,
    charge_id bigint not null constraint fk_pledges_dispute_charge_id references pledges_charge,
    provider_id text not null constraint uq_pledges_dispute_provider_id unique,
    state text not null constraint ck_pledges_dispute_state check (state in ('open', 'won', 'lost')),
    reason text not null,
    amount bigint not null constraint ck_pledges_dispute_amount_positive check (amount > 0),
    fee bigint not null constraint ck_pledges_dispute_fee check (fee >= 0),
    answer_by timestamptz,
    opened_at timestamptz not null,
    closed_at timestamptz,
    reversal text not null constraint ck_pledges_dispute_reversal
        check (reversal in ('none', 'wanted', 'done', 'short')),
    key text not null constraint uq_pledges_dispute_key unique,
    taken_back bigint not null default 0,
    fee_back bigint not null default 0,
    owed bigint not null default 0,
    lease_until timestamptz,
    constraint ck_pledges_dispute_closed_at check ((state = 'open') = (closed_at is null)),
    constraint ck_pledges_dispute_reversed check ((state = 'lost') = (reversal <> 'none')),
    constraint ck_pledges_dispute_parts check (taken_back >= 0 and fee_back >= 0 and owed >= 0)
);
create index ix_pledges_dispute_charge_id on pledges_dispute (charge_id);
create index ix_pledges_dispute_to_reverse on pledges_dispute (lease_until) where reversal = 'wanted';

-- What went back of each charge, or is away while a dispute is open: it is left out of every total.
create view pledges_returned as
    select charge_id, sum(amount)::bigint as amount
    from (
        select charge_id, amount from pledges_refund where state in ('succeeded', 'bounced')
        union all
        select charge_id, amount from pledges_dispute where state <> 'won'
    ) as back
    group by charge_id;
"""

_CAP = """
-- What goes back of a charge, refunds and disputes together, never exceeds it; the charge's row lock makes this hold
-- under concurrency. What the provider says has happened is held against what has happened; what we mean to send is
-- held against what is under way too.
create or replace function pledges_refund_cap() returns trigger language plpgsql as $$
declare
    paid pledges_charge;
    already bigint;
begin
    if tg_op = 'UPDATE' and tg_table_name = 'pledges_refund' then
        if (new.charge_id, new.amount, new.key, new.ref, new.why, new.origin, new.asked_by)
            is distinct from (old.charge_id, old.amount, old.key, old.ref, old.why, old.origin, old.asked_by) then
            raise exception 'pledges_refund: a refund keeps its words' using errcode = 'integrity_constraint_violation';
        end if;
        if old.state <> new.state and (old.state, new.state) not in (
            ('asked', 'intent'), ('asked', 'turned_down'), ('intent', 'sent'), ('intent', 'succeeded'),
            ('intent', 'failed'), ('sent', 'succeeded'), ('sent', 'failed'), ('succeeded', 'bounced')
        ) then
            raise exception 'pledges_refund: % does not become %', old.state, new.state
                using errcode = 'integrity_constraint_violation';
        end if;
    end if;
    select * into paid from pledges_charge where id = new.charge_id for update;
    if paid.state <> 'succeeded' then
        raise exception 'pledges_refund: nothing was charged' using errcode = 'integrity_constraint_violation';
    end if;
    if new.state in ('failed', 'turned_down', 'asked') then
        return new;
    end if;
    select coalesce(sum(amount), 0) into already from pledges_refund
        where charge_id = new.charge_id and id <> new.id
        and state in ('sent', 'succeeded', 'bounced', case when new.origin = 'provider' then 'sent' else 'intent' end);
    select already + coalesce(sum(amount), 0) into already from pledges_dispute
        where charge_id = new.charge_id and state <> 'won';
    if already + new.amount > paid.amount then
        raise exception 'pledges_refund: refunds would exceed the charge'
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create function pledges_dispute_guard() returns trigger language plpgsql as $$
declare
    paid pledges_charge;
    already bigint;
begin
    if tg_op = 'DELETE' then
        raise exception 'pledges_dispute: a dispute is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if tg_op = 'UPDATE' then
        if (new.charge_id, new.provider_id, new.amount, new.opened_at, new.key)
            is distinct from (old.charge_id, old.provider_id, old.amount, old.opened_at, old.key)
            or old.state <> 'open' and new.state <> old.state or old.reversal in ('done', 'short')
            and new.reversal <> old.reversal then
            raise exception 'pledges_dispute: this does not change' using errcode = 'integrity_constraint_violation';
        end if;
    end if;
    select * into paid from pledges_charge where id = new.charge_id for update;
    if paid.state <> 'succeeded' then
        raise exception 'pledges_dispute: nothing was charged' using errcode = 'integrity_constraint_violation';
    end if;
    if new.state = 'won' then
        return new;
    end if;
    select coalesce(sum(amount), 0) into already from pledges_refund
        where charge_id = new.charge_id and state in ('sent', 'succeeded', 'bounced');
    select already + coalesce(sum(amount), 0) into already from pledges_dispute
        where charge_id = new.charge_id and id <> new.id and state <> 'won';
    if already + new.amount > paid.amount then
        raise exception 'pledges_dispute: more than was charged' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger pledges_dispute_guard before insert or update or delete on pledges_dispute
    for each row execute function pledges_dispute_guard();

create function pledges_refund_kept() returns trigger language plpgsql as $$
begin
    raise exception 'pledges_refund: a refund is never deleted' using errcode = 'integrity_constraint_violation';
end $$;
create trigger pledges_refund_kept before delete on pledges_refund
    for each row execute function pledges_refund_kept();
"""

_MATCH = """
alter table matching_reservation
    add column suspended bigint not null default 0,
    add column owed bigint not null default 0,
    add constraint ck_matching_reservation_suspended check (suspended >= 0 and owed >= 0
        and (confirmed is null or confirmed + suspended <= amount));

alter table settlement_case add column suspended bigint not null default 0
    constraint ck_settlement_case_suspended check (suspended >= 0 and (suspended = 0 or match is not null));

create table settlement_revision (
    id bigint generated always as identity constraint pk_settlement_revision primary key,
    campaign_id bigint not null constraint fk_settlement_revision_campaign_id references campaigns_campaign,
    n bigint not null,
    why text not null,
    at timestamptz not null,
    collected_before bigint not null,
    collected bigint not null,
    match_before bigint not null,
    match bigint not null,
    suspended_before bigint not null,
    suspended bigint not null,
    freed bigint not null,
    owed bigint not null,
    arithmetic jsonb not null,
    constraint uq_settlement_revision_campaign_id_n unique (campaign_id, n),
    constraint ck_settlement_revision_amounts check (collected >= 0 and match >= 0 and suspended >= 0 and owed >= 0),
    constraint ck_settlement_revision_never_more check (match + suspended <= match_before + suspended_before)
);
create trigger append_only before update or delete or truncate on settlement_revision
    for each statement execute function append_only();

-- An ended case is history, but for the figures that follow from money which went back: they change only together with
-- a revision that says so and is never changed itself.
create or replace function settlement_case_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or new.campaign_id <> old.campaign_id
        or new.close_started_at <> old.close_started_at or new.last_charge_at <> old.last_charge_at then
        raise exception 'this part of a case never changes'
            using errcode = '23514', constraint = 'settlement_case_kept';
    end if;
    if old.ended_at is not null and (
        (new.state, new.why, new.ended_at, new.grace_until, new.collection_started_at, new.notice_sent_at)
        is distinct from
        (old.state, old.why, old.ended_at, old.grace_until, old.collection_started_at, old.notice_sent_at)
        or not exists (
            select 1 from settlement_revision r
            where r.campaign_id = new.campaign_id
                and r.n = (select max(n) from settlement_revision where campaign_id = new.campaign_id)
                and (r.match, r.collected, r.suspended, r.match_before, r.suspended_before)
                    = (new.match, new.collected, new.suspended, old.match, old.suspended)
        )
    ) then
        raise exception 'this part of a case never changes'
            using errcode = '23514', constraint = 'settlement_case_kept';
    end if;
    return new;
end $$;
"""

_STOPS = """
create table payments_stop (
    id bigint generated always as identity constraint pk_payments_stop primary key,
    subject text not null,
    why text not null constraint ck_payments_stop_why check (why in ('dispute', 'unexplained', 'too_long')),
    cause text not null,
    opened_at timestamptz not null,
    lifted_at timestamptz,
    lifted_by bigint,
    lifted_why text,
    constraint ck_payments_stop_lifted check ((lifted_at is null) = (lifted_why is null)
        and (lifted_by is null or lifted_at is not null))
);
create unique index uq_payments_stop_one_open on payments_stop (subject, why, cause) where lifted_at is null;

-- No public money moves on while something about its campaign, or about the whole, is not explained or disputed; and
-- never more than the match as it stands after gifts went back.
create function grants_payment_order_stopped() returns trigger language plpgsql as $$
declare
    held grants_agreement;
    standing bigint;
begin
    if new.state not in ('prepared', 'approved', 'exported') or tg_op = 'UPDATE' and old.state = new.state then
        return new;
    end if;
    select * into held from grants_agreement where id = new.agreement_id;
    if exists (select 1 from payments_stop where lifted_at is null
               and subject in ('all', 'campaign:' || held.campaign_id)) then
        raise exception 'payments of this project are stopped'
            using errcode = '23514', constraint = 'grants_payment_order_stopped';
    end if;
    select confirmed into standing from matching_reservation
        where project_key = 'proposal:' || held.proposal_id for share;
    if (select coalesce(sum(amount), 0) from grants_payment_order
            where agreement_id = held.id and state <> 'refused' and id <> new.id) + new.amount > standing then
        raise exception 'more than the match as it stands'
            using errcode = '23514', constraint = 'grants_payment_order_within_match';
    end if;
    return new;
end $$;
create trigger grants_payment_order_stopped before insert or update on grants_payment_order
    for each row execute function grants_payment_order_stopped();
"""


def upgrade() -> None:
    """Add what money that goes back needs, and what guards it."""
    for part in (_LEDGER, _REFUNDS, _CAP, _MATCH, _STOPS):
        op.execute(part)


def downgrade() -> None:
    """Money that went back is not taken back."""
    raise NotImplementedError("a ledger is not taken back: drop the database instead")
