"""Turning promises into money: rows first, claimed with a lease; the provider's word, read again, is the truth."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import defer
from app.core.money import ZERO, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.groups.models import LegalEntity
from app.journal import service as journal
from app.ledger import service as ledger
from app.payments.gateway import Intent
from app.pledges import queries
from app.pledges.models import Charge, Pledge
from app.pledges.rules import (
    LEASE,
    LIVE,
    MOVES,
    REFUSED_MOST,
    Act,
    Advice,
    ChargeState,
    Kind,
    Mode,
    Origin,
    State,
    advice,
    fee,
    retry_due,
    wait_after_refusal,
)
from app.pledges.rules.books import charged
from app.pledges.service import letters, refunding
from app.pledges.service.promising import end


def notify_charge(campaign_id: int, charge_from: datetime, *, payee: str, now: datetime) -> int:
    """Tell each donor some days ahead that the card will be charged; once."""
    campaign = campaigns.campaign(campaign_id)
    told = 0
    for pledge in queries.active(campaign_id):
        if pledge.notified_at is None:
            pledge.notified_at = now
            letters.tell(
                pledge,
                campaign,
                "charge_notice",
                now=now,
                charge_from=charge_from,
                payee=payee,
                card_last4=pledge.card_last4,
                threshold=campaign.threshold,
            )
            told += 1
    journal.record("pledges.notify_charge", subject=campaign.key, by=None, now=now, told=told)
    return told


def open_charges(campaign_id: int, entity: LegalEntity, *, pay_until: datetime, now: datetime) -> int:
    """Write one attempt for every promise that stands and has none under way; the worker charges them."""
    campaign = campaigns.locked(campaign_id)
    made = 0
    for pledge in queries.active(campaign_id):
        if not queries.charges(pledge.id):
            attempt(pledge, campaign, entity, Mode.STORED, pay_until, now)
            made += 1
    journal.record("pledges.open_charges", subject=campaign.key, by=None, now=now, charges=made, entity=entity.id)
    defer("pledges.collect", key="pledges.collect")
    return made


def retry(campaign_id: int, entity: LegalEntity, *, started_at: datetime, pay_until: datetime, now: datetime) -> int:
    """Ask soft-declined cards again on their planned days; a card that the network will never accept is left alone."""
    campaign = campaigns.locked(campaign_id)
    due, made = retry_due(started_at, now), 0
    if due is None:
        return made
    for pledge in queries.active(campaign_id):
        tried = queries.charges(pledge.id)
        stored = [each for each in tried if each.mode is Mode.STORED]
        if not stored or any(each.state in LIVE for each in tried) or stored[-1].created_at >= due:
            continue
        if advice(stored[-1].decline_code, stored[-1].advice) is Advice.RETRY:
            attempt(pledge, campaign, entity, Mode.STORED, pay_until, now)
            made += 1
    if made:
        journal.record("pledges.retry", subject=campaign.key, by=None, now=now, charges=made)
        defer("pledges.collect", key="pledges.collect")
    return made


def attempt(
    pledge: Pledge, campaign: Campaign, entity: LegalEntity, mode: Mode, pay_until: datetime, now: datetime
) -> Charge:
    """The row and its key, before the provider hears of anything; the database checks the payee once more."""
    terms = campaigns.terms(campaign)
    n = len(queries.charges(pledge.id)) + 1
    row = Charge(
        ref=new_ref("chg"),
        pledge_id=pledge.id,
        entity_id=entity.id,
        n=n,
        key=f"pledge:{pledge.ref}:attempt:{n}",
        mode=mode,
        state=ChargeState.INTENT,
        account=entity.stripe_account or "",
        amount=pledge.amount,
        fee=fee(pledge.amount, terms.fee_bp, terms.fee_fixed),
        pay_until=pay_until,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


@dataclass(frozen=True)
class Claim:
    """Everything the worker needs to charge one card, with no row held."""

    charge_id: int
    key: str
    ref: str
    pledge_ref: str
    intent_id: str | None
    amount: Money
    fee: Money
    account: str
    customer: str
    payment_method: str
    on_behalf_of: str | None
    title: str
    refused: int
    to_cancel: tuple[tuple[int, str, str], ...]  # earlier attempts to be made harmless: row, intent, key

    def provider_key(self, act: str) -> str:
        """The key of one request. A refusal is an answer that the provider keeps under its key, and it made nothing:
        what is asked again after it has a key of its own. Unknown ends (no answer) keep theirs."""
        return f"{self.key}:{act}" if self.refused == 0 else f"{self.key}:{act}:{self.refused}"


def claim(*, now: datetime) -> Claim | None:
    """Take the next attempt for half a minute; another worker skips it, and takes it over if this one dies."""
    row = db.session.scalars(
        select(Charge)
        .where(
            Charge.state.in_(LIVE),
            Charge.mode == Mode.STORED,
            or_(Charge.lease_until.is_(None), Charge.lease_until <= now),
        )
        .order_by(Charge.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.lease_until = now + LEASE
    pledge = queries.pledge(row.pledge_id)
    earlier = [
        (each.id, each.intent_id, each.key)
        for each in queries.charges(pledge.id)
        if each.n < row.n and each.intent_id and each.mode is Mode.STORED
    ]
    return Claim(
        charge_id=row.id,
        key=row.key,
        ref=row.ref,
        pledge_ref=pledge.ref,
        intent_id=row.intent_id,
        amount=row.amount,
        fee=row.fee,
        account=row.account,
        customer=pledge.customer_id or "",
        payment_method=pledge.payment_method or "",
        on_behalf_of=pledge.on_behalf_of if pledge.on_behalf_of == row.account else None,
        title=campaigns.campaign(pledge.campaign_id).title,
        refused=row.refused,
        to_cancel=tuple(earlier),
    )


def sent(charge_id: int, intent_id: str) -> None:
    """The provider has prepared the charge under this id: whatever happens now can be read again."""
    row = queries.locked_charge(charge_id)
    if row.intent_id is None:
        row.intent_id = intent_id
    if row.state is ChargeState.INTENT:
        row.state = ChargeState.SENT


def put_back(charge_id: int, *, until: datetime) -> None:
    """The provider does not answer: leave the attempt as unknown, look again then."""
    row = queries.locked_charge(charge_id)
    if row.state in LIVE:
        row.lease_until = until


def give_up(charge_id: int, *, now: datetime) -> None:
    """An attempt that turned out to be needless before anything was sent."""
    row = queries.locked_charge(charge_id)
    if row.state in LIVE:
        row.state, row.settled_at = ChargeState.CANCELLED, now


def provider_refused(charge_id: int, said: str, *, now: datetime) -> bool:
    """The provider will not make this attempt, and not for the card's sake; True once there is no use in more."""
    row = queries.locked_charge(charge_id)
    if row.state not in LIVE:
        return False
    row.refused += 1
    row.lease_until = now + wait_after_refusal(row.refused)
    journal.record(
        "pledges.charge_refused", subject=f"pledge:{row.pledge_id}", by=None, now=now, charge=row.ref, said=said[:300]
    )
    return row.refused >= REFUSED_MOST


def apply_intent(charge_id: int, intent: Intent, *, now: datetime) -> Charge:
    """Make the row what the provider says of this attempt; applied again, or late, it changes nothing."""
    pledge = queries.locked(db.session.get_one(Charge, charge_id).pledge_id)
    row = queries.locked_charge(charge_id)
    if row.intent_id is None:
        row.intent_id = intent.id
    if intent.id != row.intent_id or row.state is ChargeState.SUCCEEDED:
        return row
    if intent.settled:
        _came_in(pledge, row, intent, now)
    elif row.state in LIVE and intent.status == "canceled":
        row.state, row.settled_at = ChargeState.CANCELLED, now
        _gap_over(pledge, row, now)
    elif (
        row.state in LIVE
        and row.mode is Mode.STORED
        and intent.status in ("requires_payment_method", "requires_action")
    ):
        _declined(pledge, row, intent, now)
    elif row.state is ChargeState.INTENT:
        row.state = ChargeState.SENT
    return row


def _came_in(pledge: Pledge, row: Charge, intent: Intent, now: datetime) -> None:
    """Money has moved: books, donor and card in one transaction."""
    if intent.received != row.amount:
        raise Conflict("The provider charged another amount than the donor agreed to.")
    campaign = campaigns.campaign(pledge.campaign_id)
    row.state, row.settled_at, row.provider_charge = ChargeState.SUCCEEDED, now, intent.charge or intent.id
    row.decline_code = row.advice = None
    promise_stood = pledge.state is State.ACTIVE
    ledger.post(charged(pledge.campaign_id, row.id, row.amount, row.fee, now, kept=promise_stood))
    journal.record("pledges.charged", subject=pledge.key, by=None, now=now, charge=row.ref, amount=row.amount.cents)
    if not pledge.open:
        # It was given up before this news came: the donor was told that nothing would be taken, so it goes back.
        refunding.open_refund(pledge, row, "late", amount=row.amount, origin=Origin.LATE, now=now)
        return
    if pledge.kind is Kind.GAP:
        pledge.active_at = now
        if intent.card is not None:
            pledge.card_brand, pledge.card_last4 = intent.card.brand, intent.card.last4
    pledge.state = move(MOVES, pledge.state, Act.CHARGE)
    pledge.ended_at, pledge.why = now, None
    letters.tell(pledge, campaign, "charged", now=now, payee=_payee(row), kind=str(pledge.kind), at=now)
    defer("pledges.forget", key="pledges.forget")


def _declined(pledge: Pledge, row: Charge, intent: Intent, now: datetime) -> None:
    """The bank said no: the donor is asked, the promise stands until the grace window ends."""
    if intent.status == "requires_payment_method" and intent.decline_code is None:
        return  # prepared, not tried yet
    row.state, row.settled_at = ChargeState.DECLINED, now
    row.decline_code = intent.decline_code or "authentication_required"
    row.advice = intent.advice
    journal.record(
        "pledges.declined",
        subject=pledge.key,
        by=None,
        now=now,
        charge=row.ref,
        code=row.decline_code,
        advice=row.advice,
    )
    if pledge.state is State.ACTIVE and now < row.pay_until:
        letters.tell(
            pledge,
            campaigns.campaign(pledge.campaign_id),
            "declined",
            now=now,
            again=str(row.n),
            pay_until=campaigns.last_day(row.pay_until),
            card_last4=pledge.card_last4,
            how=str(advice(row.decline_code, row.advice)),
        )


def page_closed(charge_id: int, *, now: datetime) -> None:
    """A hosted payment page ended without a payment."""
    pledge = queries.locked(db.session.get_one(Charge, charge_id).pledge_id)
    row = queries.locked_charge(charge_id)
    if row.state in LIVE:
        row.state, row.settled_at = ChargeState.CANCELLED, now
        _gap_over(pledge, row, now)


def _gap_over(pledge: Pledge, row: Charge, now: datetime) -> None:
    """A gap gift whose page ended unpaid is over; a promise still stands."""
    if pledge.kind is Kind.GAP and pledge.state is State.STARTED:
        end(pledge, Act.EXPIRE, "page_expired", now)


def release_all(campaign_id: int, why: str, *, now: datetime) -> int:
    """Nobody will be charged: every promise ends, donors are told, cards are forgotten by the sweeper."""
    campaign = campaigns.locked(campaign_id)
    if queries.in_flight(campaign_id):
        raise Conflict("Charges of this campaign are still under way: read them again first.")
    ended, raised = 0, queries.totals(campaign_id).counted
    for pledge in [*queries.active(campaign_id), *_not_standing(campaign_id)]:
        pledge = queries.locked(pledge.id)
        known = pledge.state in (State.ACTIVE, State.HELD)
        end(pledge, Act.CANCEL, why, now)
        ended += 1
        if known:
            letters.tell(
                pledge,
                campaign,
                "released",
                now=now,
                why=why,
                raised=raised,
                missing=max(ZERO, campaign.threshold - raised),
                threshold=campaign.threshold,
                people_min=campaigns.terms(campaign).match.donors_min,
            )
    journal.record("pledges.release_all", subject=campaign.key, by=None, now=now, ended=ended, why=why)
    defer("pledges.forget", key="pledges.forget")
    return ended


def _not_standing(campaign_id: int) -> list[Pledge]:
    return list(
        db.session.scalars(
            select(Pledge)
            .where(Pledge.campaign_id == campaign_id, Pledge.state.in_([State.STARTED, State.HELD]))
            .order_by(Pledge.id)
        )
    )


def drop_unpaid(campaign_id: int, *, now: datetime) -> int:
    """The grace window is over: promises that could not be charged end, their donors are told."""
    campaign = campaigns.locked(campaign_id)
    if queries.in_flight(campaign_id):
        raise Conflict("Charges of this campaign are still under way: read them again first.")
    dropped = 0
    for pledge in queries.active(campaign_id):
        pledge = queries.locked(pledge.id)
        end(pledge, Act.DROP, "declined", now)
        letters.tell(pledge, campaign, "unpaid", now=now)
        dropped += 1
    journal.record("pledges.drop_unpaid", subject=campaign.key, by=None, now=now, dropped=dropped)
    if dropped:
        defer("pledges.forget", key="pledges.forget")
    return dropped


def _payee(row: Charge) -> str:
    return db.session.get_one(LegalEntity, row.entity_id).name or ""
