"""Work that waits: for the worker, for the office, for a group."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.core.todo import Todo
from app.core.together import Ask
from app.identity.models import Person
from app.matching.rules import people
from app.pledges import rules
from app.pledges.models import Charge, Dispute, Pledge, Refund
from app.pledges.rules import LIVE, UNDER_WAY, DisputeState, Kind, Mode, RefundState, State
from app.territory.models import Zone


def open_checkouts(campaign_id: int) -> Sequence[Pledge]:
    """Pledges of this campaign whose hosted page may still be open: the close expires and re-reads each."""
    return db.session.scalars(
        select(Pledge).where(Pledge.campaign_id == campaign_id, Pledge.state == State.STARTED).order_by(Pledge.id)
    ).all()


def in_flight(campaign_id: int) -> int:
    """Charges and refunds of this campaign whose end is not known yet."""
    charging = db.session.scalar(
        select(func.count())
        .select_from(Charge)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Charge.state.in_(LIVE))
    )
    refunding = db.session.scalar(
        select(func.count())
        .select_from(Refund)
        .join(Charge, Charge.id == Refund.charge_id)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Refund.state.in_(UNDER_WAY))
    )
    return (charging or 0) + (refunding or 0)


def given_back(campaign_id: int) -> bool:
    """Whether the gifts of this campaign have begun to go back by its rules: from then on it takes no more."""
    found = (
        select(Refund.id)
        .join(Charge, Charge.id == Refund.charge_id)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Refund.origin == rules.Origin.RULE)
        .limit(1)
    )
    return db.session.scalars(found).first() is not None


def open_pages(campaign_id: int) -> Sequence[Charge]:
    """Hosted payment pages of this campaign on which a donor may still pay."""
    return db.session.scalars(
        select(Charge)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == campaign_id, Charge.state.in_(LIVE), Charge.mode == Mode.PRESENT)
        .order_by(Charge.id)
    ).all()


def unheard(before: datetime, *, limit: int = 50) -> Sequence[Pledge]:
    """Started pledges that nobody told us about and that were not looked at since then."""
    return db.session.scalars(
        select(Pledge)
        .where(
            Pledge.state == State.STARTED,
            Pledge.kind == Kind.PROMISE,  # a gift that fills the gap is looked after by its payment page
            Pledge.started_at < before,
            or_(Pledge.reread_at.is_(None), Pledge.reread_at < before),
        )
        .order_by(Pledge.started_at)
        .limit(limit)
    ).all()


def silent_pages(now: datetime, *, limit: int = 50) -> Sequence[Charge]:
    """Payment pages whose news may have been lost."""
    return db.session.scalars(
        select(Charge)
        .where(
            Charge.state.in_(LIVE),
            Charge.mode == Mode.PRESENT,
            or_(Charge.lease_until.is_(None), Charge.lease_until <= now),
        )
        .order_by(Charge.id)
        .limit(limit)
    ).all()


def to_forget(*, limit: int = 50) -> Sequence[Pledge]:
    """Pledges that are over and whose card is still stored."""
    return db.session.scalars(
        select(Pledge)
        .where(Pledge.ended_at.is_not(None), Pledge.payment_method.is_not(None), Pledge.detached_at.is_(None))
        .order_by(Pledge.ended_at)
        .limit(limit)
    ).all()


def large_list() -> Rows:
    """Large pledges: those that wait for an officer, and those that one has looked at."""
    return Rows(
        select=select(Pledge, Campaign, Person)
        .join(Campaign, Campaign.id == Pledge.campaign_id)
        .outerjoin(Person, Person.id == Pledge.checked_by)
        .where(Pledge.large, Pledge.stored_at.is_not(None)),
        key=Pledge.id,
        views=(
            View("waiting", N_("To look at"), Pledge.state == State.HELD),
            View("decided", N_("Looked at"), Pledge.checked_by.is_not(None)),
            View("all", N_("All")),
        ),
        orders=(
            Order("oldest", N_("oldest first"), Pledge.stored_at),
            Order("newest", N_("newest first"), Pledge.stored_at, down=True),
            Order("amount", N_("largest first"), Pledge.amount, down=True),
        ),
        search=(Campaign.title, Pledge.email, Pledge.name),
        facets=(Facet("project", N_("Project"), Campaign.slug, said=Campaign.title),),
    )


def to_look_at(campaign_id: int, sought: str = "", *, limit: int = 200) -> list[tuple[Pledge, int]]:
    """Promises that stand and share a card or an address, those left out, or those that are looked for.

    Each with how many gifts the same person seems to have made; those of one person stand together.
    """
    rows = active(campaign_id)
    persons = people((row.email, f"card {row.fingerprint}" if row.fingerprint else "") for row in rows)
    together = Counter(persons)
    found = [(row, together[who], who) for row, who in zip(rows, persons, strict=True)]
    if sought:
        words = sought.casefold()
        found = [one for one in found if words in f"{one[0].email} {one[0].name} {one[0].ref}".casefold()]
    else:
        found = [one for one in found if one[1] > 1 or one[0].left_out is not None]
    found.sort(key=lambda one: (one[0].appeal is None, -one[1], one[2], one[0].id))
    return [(row, number) for row, number, _ in found[:limit]]


def left_out(campaign_id: int) -> Sequence[Pledge]:
    """Promises that an officer left out of the count."""
    return db.session.scalars(
        select(Pledge)
        .where(Pledge.campaign_id == campaign_id, Pledge.state == State.ACTIVE, Pledge.left_out.is_not(None))
        .order_by(Pledge.left_out_at, Pledge.id)
    ).all()


def active(campaign_id: int) -> Sequence[Pledge]:
    """Promises of this campaign that stand and are not charged."""
    return db.session.scalars(
        select(Pledge).where(Pledge.campaign_id == campaign_id, Pledge.state == State.ACTIVE).order_by(Pledge.id)
    ).all()


def of_email(email: str) -> Sequence[Pledge]:
    """The donor's pledges that may be shown again, newest first."""
    return db.session.scalars(select(Pledge).where(Pledge.email == email).order_by(Pledge.id.desc()).limit(20)).all()


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """Large pledges for the officers, and gifts left out on which a group asks for another pair of eyes."""
    if "officer" not in roles:
        return []
    rows = (
        select(Pledge.ref, Pledge.amount, Campaign.title, Campaign.closes_at, Zone.name.label("zone"))
        .join(Campaign, Campaign.id == Pledge.campaign_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .where(Pledge.state == State.HELD)
        .order_by(Pledge.stored_at)
    )
    return [Ask(rows, _to_check), Ask(_appeals(person_id), _to_look_again), *_returns(person_id)]


def _appeals(person_id: int) -> Select[*tuple[Any, ...]]:
    """Gifts left out on which a group asks for another pair of eyes: not those that this officer left out."""
    return (
        select(Pledge.ref, Pledge.amount, Campaign.title, Campaign.slug, Campaign.closes_at, Zone.name.label("zone"))
        .join(Campaign, Campaign.id == Pledge.campaign_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .where(Pledge.appeal.is_not(None), Pledge.state == State.ACTIVE, Pledge.left_out_by != person_id)
        .order_by(Pledge.left_out_at)
    )


def _to_look_again(row: Any) -> Todo:
    return Todo(
        what=N_("Look again at a gift that was left out"),
        subject=row.title,
        endpoint="pledges.counting_one",
        args={"slug": row.slug, "ref": row.ref},
        state="todo",
        room="pledges",
        amount=row.amount,
        due_at=row.closes_at,
        zone=row.zone,
        role="officer",
    )


def _returns(person_id: int) -> list[Ask[Todo]]:
    """Refunds that another officer asked for, those that came to nothing, and disputes that are open."""
    shown = (Pledge.ref, Campaign.title, Campaign.slug, Zone.name.label("zone"))
    of_refunds = (
        select(*shown, Refund.amount, Refund.state.label("state"))
        .join(Charge, Charge.id == Refund.charge_id)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .join(Campaign, Campaign.id == Pledge.campaign_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .where(
            or_(
                (Refund.state == RefundState.ASKED) & (Refund.asked_by != person_id),
                Refund.state.in_((RefundState.FAILED, RefundState.BOUNCED)),
            )
        )
        .order_by(Refund.id)
        .limit(100)
    )
    of_disputes = (
        select(*shown, Dispute.amount, Dispute.answer_by)
        .join(Charge, Charge.id == Dispute.charge_id)
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .join(Campaign, Campaign.id == Pledge.campaign_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .where(Dispute.state == DisputeState.OPEN)
        .order_by(Dispute.id)
    )
    return [Ask(of_refunds, _to_decide), Ask(of_disputes, _to_answer)]


def _return(row: Any, what: str, state: str, due_at: datetime | None = None) -> Todo:
    return Todo(
        what=what,
        subject=row.title,
        endpoint="pledges.returns_one",
        args={"slug": row.slug, "ref": row.ref},
        state=state,
        room="pledges",
        amount=row.amount,
        due_at=due_at,
        zone=row.zone,
        role="officer",
    )


def _to_decide(row: Any) -> Todo:
    if row.state is RefundState.ASKED:
        return _return(row, N_("Decide on a refund that a colleague asks for"), "todo")
    return _return(row, N_("A refund did not reach the donor: find another way"), "late")


def _to_answer(row: Any) -> Todo:
    return _return(row, N_("A bank disputes a gift: hand in proof at the payment service"), "now", row.answer_by)


def _to_check(row: Any) -> Todo:
    return Todo(
        what=N_("Check a large pledge before it counts"),
        subject=row.title,
        endpoint="pledges.large_one",
        args={"ref": row.ref},
        state="todo",
        room="pledges",
        amount=row.amount,
        due_at=row.closes_at,
        zone=row.zone,
        role="officer",
    )
