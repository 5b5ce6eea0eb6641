"""Sending gifts back: the row first, claimed with a lease like a charge; the database caps the sum at the charge."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core import words
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Refusal
from app.core.jobs import defer
from app.core.money import ZERO, Money, split
from app.core.moves import move
from app.core.refs import new_ref
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal import service as journal
from app.ledger import service as ledger
from app.ledger.rules import Account
from app.payments.gateway import Refund as Sent
from app.payments.gateway import Split
from app.pledges import queries
from app.pledges.models import Charge, Pledge, Refund
from app.pledges.rules import (
    LEASE,
    MOVES,
    REFUND_MOVES,
    UNDER_WAY,
    Act,
    ChargeState,
    Origin,
    RefundAct,
    RefundState,
    State,
    refuse_refund,
)
from app.pledges.rules.books import CASH, bounced, refunded
from app.pledges.service import letters
from app.pledges.service.hands import refuse_own

_WHY = Refusal("Write the reason in a sentence: donor and group read it.")


def refund_all(campaign_id: int, why: str, *, now: datetime) -> int:
    """What is left of every gift collected for this campaign goes back."""
    campaign = campaigns.locked(campaign_id)
    paid = db.session.scalars(
        select(Charge)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Charge.state == ChargeState.SUCCEEDED)
        .order_by(Charge.id)
    ).all()
    made = 0
    for charge in paid:
        pledge = queries.locked(charge.pledge_id)
        if left := queries.left_of(charge):
            open_refund(pledge, charge, why, amount=left, origin=Origin.RULE, now=now)
            made += 1
    if made:
        journal.record("pledges.refund_all", subject=campaign.key, by=None, now=now, refunds=made, why=why)
    return made


def open_refund(pledge: Pledge, charge: Charge, why: str, *, amount: Money, origin: Origin, now: datetime) -> Refund:
    """Write a refund that the rules ask for; the worker sends it."""
    refund = _write(charge, amount, why, origin, RefundState.INTENT, now)
    journal.record(
        "pledges.refund", subject=pledge.key, by=None, now=now, refund=refund.ref, amount=amount.cents, why=why
    )
    defer("pledges.refund", key="pledges.refund")
    return refund


def ask_refund(pledge: Pledge, amount: Money, why: str, *, by: Actor, now: datetime) -> Refund:
    """An officer wants a gift, or a part of it, to go back; another one decides."""
    identity.refuse_hand(by, Hand.LARGE, now)
    _, pledge = _hold(pledge, by)
    charge = queries.paid_charge(pledge.id)
    if charge is None:
        raise Conflict("This gift was not charged: there is nothing to send back.")
    why = words.reason(why, _WHY, field="why")
    if refusal := refuse_refund(amount, queries.left_of(charge), queries.is_disputed(charge.id)):
        raise refusal
    refund = _write(charge, amount, why, Origin.OFFICER, RefundState.ASKED, now, by=by)
    journal.record(
        "pledges.ask_refund", subject=pledge.key, by=by, now=now, refund=refund.ref, amount=amount.cents, why=why
    )
    return refund


def approve_refund(refund: Refund, *, by: Actor, now: datetime) -> Refund:
    """A second officer agrees: the worker sends it."""
    pledge, charge, refund = _second_hand(refund, by, now)
    if refusal := refuse_refund(refund.amount, queries.left_of(charge), queries.is_disputed(charge.id)):
        if isinstance(refusal, Conflict):
            raise refusal
        raise Conflict("Meanwhile less than this is left of the gift.")
    refund.state, refund.decided_by, refund.decided_at = (
        move(REFUND_MOVES, refund.state, RefundAct.APPROVE),
        by.id,
        now,
    )
    db.session.flush()
    journal.record("pledges.approve_refund", subject=pledge.key, by=by, now=now, refund=refund.ref)
    defer("pledges.refund", key="pledges.refund")
    return refund


def turn_down_refund(refund: Refund, *, by: Actor, now: datetime) -> Refund:
    """A second officer does not agree: nothing is sent."""
    pledge, _, refund = _second_hand(refund, by, now)
    refund.state, refund.decided_by, refund.decided_at = (
        move(REFUND_MOVES, refund.state, RefundAct.TURN_DOWN),
        by.id,
        now,
    )
    refund.settled_at = now
    db.session.flush()
    journal.record("pledges.turn_down_refund", subject=pledge.key, by=by, now=now, refund=refund.ref)
    return refund


def _second_hand(refund: Refund, by: Actor, now: datetime) -> tuple[Pledge, Charge, Refund]:
    identity.refuse_hand(by, Hand.APPROVE, now)
    charge = db.session.get_one(Charge, refund.charge_id)
    _, pledge = _hold(queries.pledge(charge.pledge_id), by)
    refund = queries.locked_refund(refund.id)
    if refund.asked_by == by.id:
        raise Forbidden("You asked for this refund: another officer decides.")
    return pledge, charge, refund


def _hold(pledge: Pledge, by: Actor) -> tuple[Campaign, Pledge]:
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    refuse_own(campaign, pledge, by)
    return campaign, pledge


def _write(
    charge: Charge,
    amount: Money,
    why: str,
    origin: Origin,
    state: RefundState,
    now: datetime,
    *,
    by: Actor | None = None,
    provider_id: str | None = None,
) -> Refund:
    ref = new_ref("rfd")
    refund = Refund(
        ref=ref,
        charge_id=charge.id,
        amount=amount,
        key=f"refund:{ref}",
        state=state,
        why=why,
        origin=origin,
        asked_by=by.id if by else None,
        provider_id=provider_id,
        created_at=now,
    )
    db.session.add(refund)
    db.session.flush()
    return refund


@dataclass(frozen=True)
class RefundClaim:
    """Everything the worker needs to send one gift back."""

    row_id: int
    ref: str
    key: str
    pledge_ref: str
    intent_id: str
    charge: str
    amount: Money
    provider_id: str | None
    from_platform: bool
    created_at: datetime


def claim_refund(*, now: datetime) -> RefundClaim | None:
    """Take the next refund for half a minute."""
    row = db.session.scalars(
        select(Refund)
        .where(Refund.state.in_(UNDER_WAY), or_(Refund.lease_until.is_(None), Refund.lease_until <= now))
        .order_by(Refund.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.lease_until = now + LEASE
    charge = db.session.get_one(Charge, row.charge_id)
    return RefundClaim(
        row_id=row.id,
        ref=row.ref,
        key=row.key if not row.from_platform else f"{row.key}:platform",
        pledge_ref=queries.pledge(charge.pledge_id).ref,
        intent_id=charge.intent_id or "",
        charge=charge.provider_charge or "",
        amount=row.amount,
        provider_id=row.provider_id,
        from_platform=row.from_platform,
        created_at=row.created_at,
    )


def put_back_refund(refund_id: int, *, until: datetime) -> None:
    """The provider does not answer: the refund is unknown, look again then."""
    row = queries.locked_refund(refund_id)
    if row.state in UNDER_WAY:
        row.lease_until = until


def from_platform(refund_id: int, *, now: datetime) -> None:
    """The body's account is empty: the donor is paid by the platform all the same, and the body will owe it."""
    row = queries.locked_refund(refund_id)
    if row.state is RefundState.INTENT and not row.from_platform:
        row.from_platform, row.lease_until = True, None
        journal.record("pledges.refund_from_platform", subject=f"refund:{row.id}", by=None, now=now)


def refund_refused(refund_id: int, problem: str, *, now: datetime) -> None:
    """The provider will not send it back: people have to look."""
    row = queries.locked_refund(refund_id)
    if row.state in UNDER_WAY:
        row.state, row.settled_at, row.problem = RefundState.FAILED, now, problem[:500]
        journal.record("pledges.refund_failed", subject=f"refund:{row.id}", by=None, now=now, problem=problem[:500])


def found_refund(charge_id: int, said: Sent, *, now: datetime) -> int:
    """The row of a refund that the provider has: ours by its mark, or a new one for what was done in its dashboard."""
    charge = db.session.get_one(Charge, charge_id)
    queries.locked(charge.pledge_id)
    known = db.session.scalars(select(Refund).where(Refund.provider_id == said.id)).one_or_none()
    if known is None and said.reference:
        known = db.session.scalars(
            select(Refund).where(Refund.ref == said.reference, Refund.charge_id == charge_id)
        ).one_or_none()
    if known is not None:
        return known.id
    made = _write(charge, said.amount, "provider", Origin.PROVIDER, RefundState.INTENT, now, provider_id=said.id)
    journal.record(
        "pledges.found_refund",
        subject=f"pledge:{charge.pledge_id}",
        by=None,
        now=now,
        refund=made.ref,
        amount=said.amount.cents,
        provider=said.id,
    )
    return made.id


def apply_refund(refund_id: int, said: Sent, division: Split, *, now: datetime) -> Refund:
    """Make the row what the provider says; the books move when the money does."""
    charge = db.session.get_one(Charge, db.session.get_one(Refund, refund_id).charge_id)
    pledge = queries.locked(charge.pledge_id)
    row = queries.locked_refund(refund_id)
    if row.provider_id is None:
        row.provider_id = said.id
    if row.state is RefundState.SUCCEEDED and said.status in ("failed", "canceled"):
        _bounced(pledge, row, said, now)
    elif row.state not in UNDER_WAY:
        return row
    elif said.status in ("failed", "canceled"):
        refund_refused(refund_id, said.reason or said.status, now=now)
    elif said.status == "succeeded":
        _went_back(pledge, charge, row, said, division, now)
    else:
        row.state = RefundState.SENT
    return row


def _went_back(pledge: Pledge, charge: Charge, row: Refund, said: Sent, division: Split, now: datetime) -> None:
    row.taken_back = min(said.taken_back, row.amount)
    row.fee_back = min(max(ZERO, division.fee_back - queries.fee_given_back(charge.id)), row.amount)
    row.owed = still_owed(charge, row.amount, row.taken_back, row.fee_back)
    row.state, row.settled_at = RefundState.SUCCEEDED, now
    db.session.flush()
    open_accounts(pledge.campaign_id)
    ledger.post(
        refunded(
            pledge.campaign_id,
            row.id,
            row.amount,
            now,
            taken_back=row.taken_back,
            fee_back=row.fee_back,
            owed=row.owed,
        )
    )
    came_back(pledge, charge, row.why, now)
    journal.record(
        "pledges.refunded", subject=pledge.key, by=None, now=now, refund=row.ref, amount=row.amount.cents,
        origin=str(row.origin), owed=row.owed.cents,
    )  # fmt: skip
    letters.tell(
        pledge,
        campaigns.campaign(pledge.campaign_id),
        "refunded",
        now=now,
        again=row.ref,
        why=row.why,
        origin=str(row.origin),
        back=row.amount,
        left=queries.left_of(charge),
    )
    if row.origin in (Origin.OFFICER, Origin.PROVIDER):
        why = row.why if row.origin is Origin.OFFICER else ""
        letters.tell_group(pledge, "returned", now, event="refunded", sum=row.amount, why=why, key=row.ref)


def _bounced(pledge: Pledge, row: Refund, said: Sent, now: datetime) -> None:
    """The donor's bank would not take it: the platform holds the money, people find another way."""
    row.state, row.problem = RefundState.BOUNCED, (said.reason or said.status)[:500]
    db.session.flush()
    open_accounts(pledge.campaign_id)
    ledger.post(bounced(pledge.campaign_id, row.id, row.amount, now))
    journal.record("pledges.refund_bounced", subject=pledge.key, by=None, now=now, refund=row.ref, problem=row.problem)
    letters.tell(pledge, campaigns.campaign(pledge.campaign_id), "bounced", now=now, again=row.ref, back=row.amount)


def still_owed(charge: Charge, amount: Money, taken: Money, fee_back: Money) -> Money:
    """What the body received of this part of a gift and has not given back."""
    if taken >= amount:
        return ZERO
    net = amount - (split(charge.fee, [amount.cents, (charge.amount - amount).cents])[0] if charge.fee else ZERO)
    return max(ZERO, net - (taken - fee_back))


def came_back(pledge: Pledge, charge: Charge, why: str, now: datetime) -> None:
    """A gift of which nothing is left is over; the campaign's figures follow."""
    if pledge.state is State.CHARGED and not queries.left_of(charge, sent_only=True):
        pledge.state, pledge.why = move(MOVES, pledge.state, Act.REFUND), why
    defer("settlement.revise", campaign_id=pledge.campaign_id, why=f"pledge:{pledge.id}")


def open_accounts(campaign_id: int) -> None:
    """The accounts that only money which goes back needs."""
    owner = f"campaign:{campaign_id}"
    ledger.open_accounts(
        Account(CASH, owner, "platform", floor=False),
        Account(CASH, owner, "received", floor=True),
        Account(CASH, owner, "receivable", floor=True),
        Account(CASH, owner, "unclaimed", floor=False),
    )
