"""Sending gifts back: the row first, claimed with a lease like a charge; the database caps the sum at the charge."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.campaigns import queries as campaigns
from app.core.db import db
from app.core.jobs import defer
from app.core.money import Money
from app.core.moves import move
from app.core.refs import new_ref
from app.journal import service as journal
from app.ledger import service as ledger
from app.payments.gateway import Refund as Sent
from app.pledges import queries
from app.pledges.models import Charge, Pledge, Refund
from app.pledges.rules import LEASE, MOVES, Act, ChargeState, RefundState, State
from app.pledges.rules.books import refunded
from app.pledges.service import letters

WAITING = (RefundState.INTENT, RefundState.SENT)


def refund_all(campaign_id: int, why: str, *, now: datetime) -> int:
    """Every gift collected for this campaign goes back whole."""
    campaign = campaigns.locked(campaign_id)
    paid = db.session.scalars(
        select(Charge)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Charge.state == ChargeState.SUCCEEDED)
        .order_by(Charge.id)
    ).all()
    made = 0
    for charge in paid:
        known = db.session.scalars(
            select(Refund.id).where(Refund.charge_id == charge.id, Refund.state != RefundState.FAILED)
        ).first()
        if known is None:
            open_refund(queries.locked(charge.pledge_id), charge, why, now=now)
            made += 1
    journal.record("pledges.refund_all", subject=campaign.key, by=None, now=now, refunds=made, why=why)
    return made


def open_refund(pledge: Pledge, charge: Charge, why: str, *, now: datetime) -> Refund:
    """Write the refund of a whole gift; the worker sends it."""
    ref = new_ref("rfd")
    refund = Refund(
        ref=ref,
        charge_id=charge.id,
        amount=charge.amount,
        key=f"refund:{ref}",
        state=RefundState.INTENT,
        why=why,
        created_at=now,
    )
    db.session.add(refund)
    db.session.flush()
    journal.record(
        "pledges.refund", subject=pledge.key, by=None, now=now, refund=ref, amount=charge.amount.cents, why=why
    )
    defer("pledges.refund", key="pledges.refund")
    return refund


@dataclass(frozen=True)
class RefundClaim:
    """Everything the worker needs to send one gift back."""

    refund_id: int
    ref: str
    key: str
    pledge_ref: str
    intent_id: str
    amount: Money
    provider_id: str | None


def claim_refund(*, now: datetime) -> RefundClaim | None:
    """Take the next refund for half a minute."""
    row = db.session.scalars(
        select(Refund)
        .where(Refund.state.in_(WAITING), or_(Refund.lease_until.is_(None), Refund.lease_until <= now))
        .order_by(Refund.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.lease_until = now + LEASE
    charge = db.session.get_one(Charge, row.charge_id)
    return RefundClaim(
        refund_id=row.id,
        ref=row.ref,
        key=row.key,
        pledge_ref=queries.pledge(charge.pledge_id).ref,
        intent_id=charge.intent_id or "",
        amount=row.amount,
        provider_id=row.provider_id,
    )


def put_back_refund(refund_id: int, *, until: datetime) -> None:
    """The provider does not answer: the refund is unknown, look again then."""
    row = queries.locked_refund(refund_id)
    if row.state in WAITING:
        row.lease_until = until


def refund_refused(refund_id: int, problem: str, *, now: datetime) -> None:
    """The provider will not send it back: people have to look."""
    row = queries.locked_refund(refund_id)
    if row.state in WAITING:
        row.state, row.settled_at, row.problem = RefundState.FAILED, now, problem[:500]
        journal.record("pledges.refund_failed", subject=f"refund:{row.id}", by=None, now=now, problem=problem[:500])


def apply_refund(refund_id: int, said: Sent, *, now: datetime) -> Refund:
    """Make the row what the provider says; the books move when the money does."""
    charge = db.session.get_one(Charge, db.session.get_one(Refund, refund_id).charge_id)
    pledge = queries.locked(charge.pledge_id)
    row = queries.locked_refund(refund_id)
    if row.provider_id is None:
        row.provider_id = said.id
    if row.state not in WAITING:
        return row
    if said.status in ("failed", "canceled"):
        refund_refused(refund_id, said.reason or said.status, now=now)
    elif said.status == "succeeded":
        row.state, row.settled_at = RefundState.SUCCEEDED, now
        ledger.post(refunded(pledge.campaign_id, row.id, row.amount, charge.fee, now))
        if pledge.state is State.CHARGED:
            pledge.state, pledge.why = move(MOVES, pledge.state, Act.REFUND), row.why
        letters.tell(pledge, campaigns.campaign(pledge.campaign_id), "refunded", now=now, again=row.ref, why=row.why)
    else:
        row.state = RefundState.SENT
    return row
