"""One pledge: its charges, what went back, what it may still become."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, union_all

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import free_until
from app.core.crypto import decrypt
from app.core.db import Cents, db
from app.core.errors import Conflict, Refusal
from app.core.money import ZERO, Money
from app.core.once import once
from app.groups import queries as groups
from app.pledges import rules
from app.pledges.models import Charge, Dispute, Pace, Pledge, Refund
from app.pledges.queries.figures import RETURNED, crowd
from app.pledges.rules import LIVE, UNDER_WAY, ChargeState, DisputeState, Kind, RefundState, refuse_cancel


@once
def charges(pledge_id: int) -> Sequence[Charge]:
    """Every attempt to charge it, oldest first."""
    return db.session.scalars(select(Charge).where(Charge.pledge_id == pledge_id).order_by(Charge.n)).all()


def live_charge(pledge_id: int) -> Charge | None:
    """The attempt that is under way."""
    return next((each for each in charges(pledge_id) if each.state in LIVE), None)


def paid_charge(pledge_id: int) -> Charge | None:
    """The attempt that worked."""
    return next((each for each in charges(pledge_id) if each.state is ChargeState.SUCCEEDED), None)


def refuses_to_cancel(pledge: Pledge, campaign: Campaign, now: datetime) -> Refusal | None:
    """Why the donor cannot take this promise back now, if so; the others' gifts are read on the last day only."""
    if campaign.closes_at is None:
        return Conflict("This campaign is not open.")
    terms = campaigns.terms(campaign)
    match, free = terms.match, free_until(campaign.closes_at, terms.free_cancel_hours)
    others = crowd(campaign.id, match, without=pledge.id) if now >= free else None
    return refuse_cancel(
        state=pledge.state,
        counts=pledge.counts,
        left=others.counted if others else ZERO,
        threshold=campaign.threshold,
        donors_left=others.donors if others else 0,
        donors_min=match.donors_min,
        free_until=free,
        closes_at=campaign.closes_at,
        now=now,
    )


def receipt_possible(pledge: Pledge) -> bool:
    """Whether the body that received this gift can give its donor a tax receipt."""
    paid = paid_charge(pledge.id)
    entity = groups.verified_entity(db.session.get_one(Campaign, pledge.campaign_id).group_id)
    return rules.receipt_possible(
        pledge.state,
        entity.form if entity else None,
        entity.register_number if entity else None,
        entity.verified_at if entity else None,
        paid.settled_at if paid else None,
    )


def tax_code(pledge: Pledge) -> str:
    """The tax code that the donor gave, or nothing."""
    return decrypt(pledge.tax_code) if pledge.tax_code else ""


def paid_of(pledge_ids: Iterable[int]) -> Mapping[int, Money]:
    """What was really collected of several pledges, refunds taken off, in one question."""
    rows = db.session.execute(
        select(Charge.pledge_id, Charge.amount, RETURNED.c.amount)
        .outerjoin(RETURNED, RETURNED.c.charge_id == Charge.id)
        .where(Charge.pledge_id.in_(list(pledge_ids)), Charge.state == ChargeState.SUCCEEDED)
    )
    return {row[0]: row[1] - (row[2] or ZERO) for row in rows}


def refunds(pledge_id: int) -> Sequence[Refund]:
    """What went back to the donor, oldest first."""
    return _gone_back(pledge_id)[0]


def disputes(pledge_id: int) -> Sequence[Dispute]:
    """The disputes of a gift, oldest first."""
    return _gone_back(pledge_id)[1]


@once
def _gone_back(pledge_id: int) -> tuple[Sequence[Refund], Sequence[Dispute]]:
    rows: Any = db.session.execute(
        select(Refund, Dispute)
        .select_from(Charge)
        .outerjoin(Refund, Refund.charge_id == Charge.id)
        .outerjoin(Dispute, Dispute.charge_id == Charge.id)
        .where(Charge.pledge_id == pledge_id)
        .order_by(Refund.id, Dispute.id)
    ).all()
    refunds: dict[int, Refund] = {refund.id: refund for refund, _ in rows if refund is not None}
    disputes: dict[int, Dispute] = {dispute.id: dispute for _, dispute in rows if dispute is not None}
    return list(refunds.values()), [disputes[number] for number in sorted(disputes)]


ARRIVED = frozenset({RefundState.SUCCEEDED, RefundState.BOUNCED})


def left_of(charge: Charge, *, sent_only: bool = False) -> Money:
    """What is left of a charge: refunds that arrived and disputes taken off, and those on their way unless told not."""
    if sent_only:  # an open dispute takes the gift away for a time only; for good when it is lost
        return _left(charge, ARRIVED, {DisputeState.LOST})
    return _left(charge, ARRIVED | UNDER_WAY, {DisputeState.OPEN, DisputeState.LOST})


def left_for_dispute(charge: Charge) -> Money:
    """What a bank can still take of a gift, by what the provider has heard of; the database holds it against the same.

    The charge's row is held, so that no refund comes between.
    """
    db.session.execute(select(Charge.id).where(Charge.id == charge.id).with_for_update())
    return _left(charge, ARRIVED | {RefundState.SENT}, {DisputeState.OPEN, DisputeState.LOST})


def _left(charge: Charge, states: Collection[RefundState], gone: Collection[DisputeState]) -> Money:
    back = db.session.scalar(
        select(func.sum(Refund.amount, type_=Cents)).where(Refund.charge_id == charge.id, Refund.state.in_(states))
    )
    disputed = db.session.scalar(
        select(func.sum(Dispute.amount, type_=Cents)).where(Dispute.charge_id == charge.id, Dispute.state.in_(gone))
    )
    return charge.amount - (back or ZERO) - (disputed or ZERO)


def at_the_till(campaign_id: int, *, but: str = "") -> tuple[Money, datetime | None]:
    """What other people are paying at this moment to fill the gap, and until when the last of their pages is open."""
    row = db.session.execute(
        select(func.sum(Charge.amount, type_=Cents), func.max(Charge.checkout_expires_at))
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(
            Pledge.campaign_id == campaign_id,
            Pledge.kind == Kind.GAP,
            Pledge.email != but.strip().lower(),
            Charge.state.in_(LIVE),
        )
    ).one()
    return row[0] or ZERO, row[1]


def is_disputed(charge_id: int) -> bool:
    """Whether a bank disputes this charge at the moment."""
    found = select(Dispute.id).where(Dispute.charge_id == charge_id, Dispute.state == DisputeState.OPEN).limit(1)
    return db.session.scalars(found).first() is not None


def fee_given_back(charge_id: int) -> Money:
    """What of a charge's fee stands in our books as given back to the body."""
    refunds = db.session.scalar(select(func.sum(Refund.fee_back, type_=Cents)).where(Refund.charge_id == charge_id))
    lost = db.session.scalar(select(func.sum(Dispute.fee_back, type_=Cents)).where(Dispute.charge_id == charge_id))
    return (refunds or ZERO) + (lost or ZERO)


def pace() -> Pace:
    """The pace of collections."""
    return db.session.get_one(Pace, 1, populate_existing=True)


def locked_pace() -> Pace:
    """The same, held still."""
    return db.session.get_one(Pace, 1, with_for_update=True, populate_existing=True)


def locked_dispute(dispute_id: int) -> Dispute:
    """The dispute as it stands now, held still."""
    return db.session.scalars(
        select(Dispute).where(Dispute.id == dispute_id).with_for_update().execution_options(populate_existing=True)
    ).one()


@dataclass(frozen=True)
class Collected:
    """A gift that was charged, what is left of it, and whether something about it waits for people."""

    pledge: Pledge
    amount: Money
    left: Money
    asked: bool
    disputed: bool


def collected_gifts(campaign_id: int, sought: str = "", *, limit: int = 200) -> list[Collected]:
    """Charged gifts of a campaign: all that are looked for, or those of which something went back or is asked back."""
    asked = (
        select(Refund.id).where(Refund.charge_id == Charge.id, Refund.state == RefundState.ASKED).correlate(Charge)
    ).exists()
    disputed = (
        select(Dispute.id).where(Dispute.charge_id == Charge.id, Dispute.state == DisputeState.OPEN).correlate(Charge)
    ).exists()
    rows = (
        select(Pledge, Charge.amount, RETURNED.c.amount, asked.label("asked"), disputed.label("disputed"))
        .join(Charge, (Charge.pledge_id == Pledge.id) & (Charge.state == ChargeState.SUCCEEDED))
        .outerjoin(RETURNED, RETURNED.c.charge_id == Charge.id)
        .where(Pledge.campaign_id == campaign_id)
        .order_by(asked.desc(), disputed.desc(), RETURNED.c.amount.desc().nulls_last(), Charge.amount.desc(), Pledge.id)
        .limit(limit)
    )
    if sought:
        words = func.lower(func.concat_ws(" ", Pledge.email, Pledge.name, Pledge.ref))
        rows = rows.where(words.contains(sought.lower(), autoescape=True))
    return [Collected(row[0], row[1], row[1] - (row[2] or ZERO), row[3], row[4]) for row in db.session.execute(rows)]


def open_disputes() -> Sequence[tuple[Dispute, Charge]]:
    """Disputes that no bank has decided, with their charges."""
    rows = db.session.execute(
        select(Dispute, Charge)
        .join(Charge, Charge.id == Dispute.charge_id)
        .where(Dispute.state == DisputeState.OPEN)
        .order_by(Dispute.id)
    )
    return [(row[0], row[1]) for row in rows]


def by_object(object_id: str, metadata: Mapping[str, object]) -> Pledge | None:
    """The pledge that an object of the provider belongs to, by any id that we keep or by our mark on it."""
    found = union_all(
        select(Pledge.id).where(Pledge.checkout_id == object_id),
        select(Pledge.id).where(Pledge.setup_id == object_id),
        select(Pledge.id).where(Pledge.ref == str(metadata.get("pledge") or "")),
        select(Charge.pledge_id).where(Charge.intent_id == object_id),
        select(Charge.pledge_id).where(Charge.checkout_id == object_id),
        select(Charge.pledge_id).where(Charge.provider_charge == object_id),
    ).subquery()
    return db.session.scalars(select(Pledge).where(Pledge.id.in_(select(found.c.id))).limit(1)).first()
