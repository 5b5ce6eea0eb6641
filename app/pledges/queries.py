"""Reads of pledges: what is promised, what came in, who gave, and what still has to be done."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, cast, column, func, or_, select, table, text, union_all

from app.campaigns.models import Campaign
from app.core.clock import LOCAL
from app.core.crypto import decrypt, token_hash
from app.core.db import Cents, db
from app.core.errors import Missing
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO, Money
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask, together
from app.groups import queries as groups
from app.identity.models import Person
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.matching.rules import Crowd, MatchPolicy, as_crowd, people
from app.matching.rules import Gift as Counted
from app.matching.rules import Kind as Origin
from app.matching.rules import crowd as count
from app.pledges import rules
from app.pledges.models import Charge, Dispute, Link, Pace, Pledge, Refund
from app.pledges.rules import LIVE, UNDER_WAY, ChargeState, DisputeState, Mode, RefundState, State
from app.territory.models import Zone


def pledge(pledge_id: int) -> Pledge:
    """The pledge of that row."""
    return db.session.get_one(Pledge, pledge_id)


def charge(charge_id: int) -> Charge:
    """The attempt of that row."""
    return db.session.get_one(Charge, charge_id)


def title(pledge: Pledge) -> str:
    """The name of the project that the pledge is for."""
    return db.session.get_one(Campaign, pledge.campaign_id).title


@once
def by_ref(ref: str) -> Pledge:
    """The pledge of that reference, which only its donor knows."""
    found = db.session.scalars(select(Pledge).where(Pledge.ref == ref)).one_or_none()
    if found is None:
        raise Missing("There is no pledge at this address.")
    return found


def by_form_key(form_key: str) -> Pledge | None:
    """The pledge that this very form made already."""
    return db.session.scalars(select(Pledge).where(Pledge.form_key == form_key)).one_or_none()


@once
def link(token: str) -> Link | None:
    """The mailed link with this secret, also an expired one."""
    return db.session.scalars(select(Link).where(Link.token_hash == token_hash(token))).one_or_none()


def locked(pledge_id: int) -> Pledge:
    """The pledge as it stands now, held still until the end of this transaction; lock its campaign first."""
    return db.session.scalars(
        select(Pledge).where(Pledge.id == pledge_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def locked_charge(charge_id: int) -> Charge:
    """The attempt as it stands now, held still; lock its pledge first."""
    return db.session.scalars(
        select(Charge).where(Charge.id == charge_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def locked_refund(refund_id: int) -> Refund:
    """The refund as it stands now, held still."""
    return db.session.scalars(
        select(Refund).where(Refund.id == refund_id).with_for_update().execution_options(populate_existing=True)
    ).one()


# --- the figures of a campaign ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """What a campaign's donors have promised and given; gifts of its own members are left out of `counted` figures."""

    promised: Money = ZERO  # promises that stand or were kept
    counted: Money = ZERO  # of these: those that count towards the threshold
    donors: int = 0
    gifts: int = 0
    waiting: Money = ZERO  # promised, not charged yet
    counted_waiting: Money = ZERO
    declined: Money = ZERO  # of the waiting ones: the last attempt was declined
    declined_count: int = 0
    held: Money = ZERO  # large ones that an officer has not looked at yet
    collected: Money = ZERO  # really in cash, refunds taken off
    collected_counted: Money = ZERO

    @property
    def raised(self) -> Money:
        """What the bar shows as people's money: what came in and counts, and what still stands as a promise."""
        return self.counted_waiting + self.collected_counted

    @property
    def all_gifts(self) -> Money:
        """The same with the gifts of the group's own members."""
        return self.waiting + self.collected

    def missing(self, threshold: Money) -> Money:
        """What is missing to the threshold, promises that stand included."""
        return max(ZERO, threshold - self.raised)

    def gap(self, threshold: Money) -> Money:
        """What is really missing to the threshold in the grace window, promises not charged yet left out."""
        return max(ZERO, threshold - self.collected_counted)


_TOTALS = text(
    """
    select p.campaign_id,
        coalesce(sum(p.amount) filter (where p.kind = 'promise' and p.state in ('active', 'charged')), 0),
        coalesce(sum(p.amount) filter (where p.kind = 'promise' and p.state in ('active', 'charged') and p.counts), 0),
        count(distinct p.email) filter (where p.state in ('active', 'charged')),
        count(*) filter (where p.state in ('active', 'charged')),
        coalesce(sum(p.amount) filter (where p.state = 'active'), 0),
        coalesce(sum(p.amount) filter (where p.state = 'active' and p.counts), 0),
        coalesce(sum(p.amount) filter (where p.state = 'active' and last.state = 'declined'), 0),
        count(*) filter (where p.state = 'active' and last.state = 'declined'),
        coalesce(sum(p.amount) filter (where p.state = 'held'), 0),
        coalesce(sum(coalesce(paid.amount, 0) - coalesce(back.amount, 0)), 0),
        coalesce(sum(coalesce(paid.amount, 0) - coalesce(back.amount, 0)) filter (where p.counts), 0)
    from pledges_pledge p
    left join pledges_charge paid on paid.pledge_id = p.id and paid.state = 'succeeded'
    left join pledges_returned back on back.charge_id = paid.id
    left join lateral (
        select c.state from pledges_charge c where c.pledge_id = p.id order by c.n desc limit 1
    ) last on p.state = 'active'
    where p.campaign_id = any(:ids) and p.state in ('held', 'active', 'charged', 'refunded', 'unpaid')
    group by p.campaign_id
    """
)


def totals_of(campaign_ids: Iterable[int]) -> Mapping[int, Totals]:
    """The figures of several campaigns, in one question."""
    found = {each: Totals() for each in campaign_ids}
    for row in db.session.execute(_TOTALS, {"ids": list(found)}):
        found[row[0]] = Totals(
            promised=Money(int(row[1])),
            counted=Money(int(row[2])),
            donors=row[3],
            gifts=row[4],
            waiting=Money(int(row[5])),
            counted_waiting=Money(int(row[6])),
            declined=Money(int(row[7])),
            declined_count=row[8],
            held=Money(int(row[9])),
            collected=Money(int(row[10])),
            collected_counted=Money(int(row[11])),
        )
    return found


_GIFTS = text(
    """
    select p.id, p.state, p.amount, p.counts, p.email, p.fingerprint, p.consented_at,
        coalesce(paid.amount, 0) - case when :won then coalesce((
            select sum(r.amount) from pledges_refund r
            where r.charge_id = paid.id and r.state in ('succeeded', 'bounced')
        ), 0) + coalesce((
            select sum(d.amount) from pledges_dispute d where d.charge_id = paid.id and d.state = 'lost'
        ), 0) else coalesce((select back.amount from pledges_returned back where back.charge_id = paid.id), 0) end
    from pledges_pledge p
    left join pledges_charge paid on paid.pledge_id = p.id and paid.state = 'succeeded'
    where p.campaign_id = :id and p.state in ('active', 'charged', 'refunded', 'unpaid')
    order by p.consented_at, p.id
    """
)


def gifts(
    campaign_id: int, *, collected: bool = False, without: int | None = None, as_if_won: bool = False
) -> list[Counted]:
    """The gifts of a campaign as a match looks at them, in the order in which they were agreed to.

    Promises that stand and what came in of the others, or only what came in; refunds and disputes are taken off, those
    still open too unless they are looked at as if won. Gifts that share an address or a card are one person's.
    """
    asked = {"id": campaign_id, "won": as_if_won}
    rows = [row for row in db.session.execute(_GIFTS, asked) if row[0] != without]
    persons = people((row[4], f"card {row[5]}" if row[5] else "") for row in rows)
    found = []
    for row, who in zip(rows, persons, strict=True):
        amount = Money(int(row[2] if row[1] == State.ACTIVE and not collected else row[7]))
        if amount:
            found.append(Counted(amount, row[6], who, Origin.DONATION if row[3] else Origin.OWN))
    return found


def crowd(campaign_id: int, policy: MatchPolicy, *, collected: bool = False, without: int | None = None) -> Crowd:
    """The figures on which a campaign's match is decided; the gifts are read one by one only where that matters."""
    if not policy.whole_gifts or without is not None:
        return count(gifts(campaign_id, collected=collected, without=without), policy)
    sums = totals(campaign_id)
    counted = sums.collected_counted if collected else sums.raised
    every = sums.collected if collected else sums.all_gifts
    return replace(as_crowd(counted, policy), others=every - counted)


_MADE = text(
    """
    select p.amount, p.counts, p.email, p.fingerprint, p.consented_at, p.campaign_id
    from pledges_pledge p
    where p.campaign_id = any(:ids) and p.kind = 'promise' and p.active_at is not null
        and (p.state in ('active', 'charged', 'refunded', 'unpaid') or (p.state = 'cancelled' and p.why <> 'donor'))
    order by p.consented_at, p.id
    """
)


def made(campaign_ids: Iterable[int]) -> Mapping[int, list[Counted]]:
    """The promises of several campaigns that stand, or stood at the close whatever came of them, in one question.

    Who gave to several campaigns is the same person in all.
    """
    found: dict[int, list[Counted]] = {each: [] for each in campaign_ids}
    rows = list(db.session.execute(_MADE, {"ids": list(found)}))
    persons = people((row[2], f"card {row[3]}" if row[3] else "") for row in rows)
    for row, who in zip(rows, persons, strict=True):
        found[row[5]].append(Counted(Money(int(row[0])), row[4], who, Origin.DONATION if row[1] else Origin.OWN))
    return found


def given_before(campaign_id: int, email: str) -> Money:
    """What this address has promised to the campaign already, and what counts of it."""
    standing = (Pledge.campaign_id == campaign_id, Pledge.email == email, Pledge.counts)
    found = db.session.scalar(
        select(func.sum(Pledge.amount, type_=Cents)).where(*standing, Pledge.state.in_([State.ACTIVE, State.CHARGED]))
    )
    return found or ZERO


_NEAREST = text(
    """
    select c.* from campaigns_campaign c
    join ledger_account a on a.book = 'promises' and a.owner = 'campaign:' || c.id and a.name = 'promised'
    where c.state = 'live'
    order by a.balance >= c.threshold,
        case when a.balance < c.threshold then -1 else 1 end * a.balance / c.threshold::float8, c.id
    limit :limit
    """
)


def nearest(limit: int) -> Sequence[Campaign]:
    """Open campaigns, those that need only a push first, then those past their threshold, by what the ledger has."""
    return db.session.scalars(select(Campaign).from_statement(_NEAREST), {"limit": limit}).all()


# What went back of each charge, or is away while a bank disputes it: a view, so that every total leaves out the same.
_RETURNED = table("pledges_returned", column("charge_id", BigInteger), column("amount", Cents))


def givers() -> Select[int]:
    """The question how many people have really given, over all campaigns; one who gave twice counts once."""
    return select(func.count(Pledge.email.distinct())).where(Pledge.state == State.CHARGED)


def progress_of_campaign() -> tuple[Any, Any]:
    """For a question over campaigns, of each: how many promises were declined at the last attempt, and what came in
    and counts."""
    last = (
        select(Charge.state).where(Charge.pledge_id == Pledge.id).order_by(Charge.n.desc()).limit(1).scalar_subquery()
    )
    declined = select(func.count()).where(
        Pledge.campaign_id == Campaign.id, Pledge.state == State.ACTIVE, last == ChargeState.DECLINED
    )
    back = select(_RETURNED.c.amount).where(_RETURNED.c.charge_id == Charge.id).scalar_subquery()
    collected = (
        select(func.coalesce(func.sum(Charge.amount - func.coalesce(back, 0)), 0, type_=Cents))
        .join(Pledge, Pledge.id == Charge.pledge_id)
        .where(Pledge.campaign_id == Campaign.id, Pledge.counts, Charge.state == ChargeState.SUCCEEDED)
    )
    return declined.correlate(Campaign).scalar_subquery(), collected.correlate(Campaign).scalar_subquery()


def waiting_of(campaign_ids: Iterable[int]) -> Mapping[int, int]:
    """How many promises of each of these campaigns stand and are not charged yet."""
    rows = db.session.execute(
        select(Pledge.campaign_id, func.count())
        .where(Pledge.campaign_id.in_(list(campaign_ids)), Pledge.state == State.ACTIVE)
        .group_by(Pledge.campaign_id)
    )
    return {row[0]: row[1] for row in rows}


@once
def totals(campaign_id: int) -> Totals:
    """The figures of one campaign."""
    return totals_of([campaign_id])[campaign_id]


@dataclass(frozen=True)
class Row:
    """A campaign as lists show it."""

    campaign: Campaign
    zone: Zone
    totals: Totals
    match: Money | None = None

    @property
    def reached(self) -> bool:
        """Whether its threshold is met by promises that stand and gifts that came."""
        return self.totals.raised >= self.campaign.threshold


def rows(campaigns: Iterable[Campaign], zones: Iterable[Zone] | None = None) -> list[Row]:
    """The campaigns with their zones (of these, where they are known) and figures, in two questions at most."""
    listed = list(campaigns)
    if not listed:
        return []
    figures = totals_of([each.id for each in listed])
    if zones is None:
        zones = db.session.scalars(select(Zone).where(Zone.id.in_({each.zone_id for each in listed})))
    by_id = {zone.id: zone for zone in zones}
    return [Row(each, by_id[each.zone_id], figures[each.id]) for each in listed]


def promised(campaign_id: int) -> Money:
    """What is promised and not charged yet, as the ledger has it."""
    return ledger.balance("promises", f"campaign:{campaign_id}", "promised")


@dataclass(frozen=True)
class Gift:
    """A gift as the public may see it."""

    name: str  # empty: the donor did not choose to be named
    amount: Money
    at: datetime
    counts: bool
    left_out: bool = False  # by an officer, with a reason that donor and group know


_ORDER: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "latest": (Pledge.active_at.desc(), Pledge.id.desc()),
    "first": (Pledge.active_at.asc(), Pledge.id.asc()),
    "largest": (Pledge.amount.desc(), Pledge.id.asc()),
}


def wall(campaign_id: int, order: str = "latest", *, limit: int = 8, offset: int = 0) -> list[Gift]:
    """The donors of a campaign: a name only where its owner asked for it."""
    rows = db.session.scalars(
        select(Pledge)
        .where(Pledge.campaign_id == campaign_id, Pledge.state.in_([State.ACTIVE, State.CHARGED]))
        .order_by(*_ORDER.get(order, _ORDER["latest"]))
        .limit(limit)
        .offset(offset)
    )
    return [
        Gift(each.name if each.show_name else "", each.amount, each.active_at, each.counts, each.left_out is not None)
        for each in rows
        if each.active_at
    ]


@dataclass(frozen=True)
class Giving:
    """The gifts of a campaign as its page draws them."""

    wall: list[Gift]  # the first ones in the order asked for
    discs: list[Money]  # the latest ones, in the order in which they came
    days: list[tuple[date, Money, int]]  # civil day, sum and number of those that count, oldest first


def giving(campaign_id: int, order: str, *, named: int = 8, drawn: int = 120) -> Giving:
    """The first gifts of the wall in this order, the amounts of the latest, and the sums by day; in one question."""
    shown = (Pledge.name, Pledge.show_name, Pledge.amount, Pledge.active_at, Pledge.counts, Pledge.left_out)
    given = select(*shown).where(Pledge.campaign_id == campaign_id, Pledge.state.in_([State.ACTIVE, State.CHARGED]))
    on = cast(func.timezone(str(LOCAL), Pledge.active_at), Date).label("on")
    days = (
        given.with_only_columns(on, func.sum(Pledge.amount, type_=Cents).label("amount"), func.count().label("gifts"))
        .where(Pledge.counts)
        .group_by(on)
        .order_by(on)
    )
    found = Giving([], [], [])

    def wall(row: Any) -> None:
        name, left_out = row.name if row.show_name else "", row.left_out is not None
        found.wall.append(Gift(name, row.amount, row.active_at, row.counts, left_out))

    together(
        (
            Ask(given.order_by(*_ORDER.get(order, _ORDER["latest"])).limit(named), wall),
            Ask(
                given.with_only_columns(Pledge.amount).order_by(*_ORDER["latest"]).limit(drawn),
                lambda row: found.discs.insert(0, row.amount),
            ),
            Ask(days, lambda row: found.days.append((row.on, row.amount, row.gifts))),
        )
    )
    return found


# --- one pledge ------------------------------------------------------------------------------------------------------


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
        select(Charge.pledge_id, Charge.amount, _RETURNED.c.amount)
        .outerjoin(_RETURNED, _RETURNED.c.charge_id == Charge.id)
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


def left_of(charge: Charge, *, sent_only: bool = False) -> Money:
    """What is left of a charge: refunds that arrived and disputes taken off, and those on their way unless told not."""
    states = {RefundState.SUCCEEDED, RefundState.BOUNCED} | (set() if sent_only else UNDER_WAY)
    back = db.session.scalar(
        select(func.sum(Refund.amount, type_=Cents)).where(Refund.charge_id == charge.id, Refund.state.in_(states))
    )
    # An open dispute takes the gift away for a time only; for good when it is lost.
    gone = [DisputeState.LOST] if sent_only else [DisputeState.OPEN, DisputeState.LOST]
    disputed = db.session.scalar(
        select(func.sum(Dispute.amount, type_=Cents)).where(Dispute.charge_id == charge.id, Dispute.state.in_(gone))
    )
    return charge.amount - (back or ZERO) - (disputed or ZERO)


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
        select(Pledge, Charge.amount, _RETURNED.c.amount, asked.label("asked"), disputed.label("disputed"))
        .join(Charge, (Charge.pledge_id == Pledge.id) & (Charge.state == ChargeState.SUCCEEDED))
        .outerjoin(_RETURNED, _RETURNED.c.charge_id == Charge.id)
        .where(Pledge.campaign_id == campaign_id)
        .order_by(
            asked.desc(), disputed.desc(), _RETURNED.c.amount.desc().nulls_last(), Charge.amount.desc(), Pledge.id
        )
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


# --- work to do ------------------------------------------------------------------------------------------------------


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


# --- what the ledger must agree with ---------------------------------------------------------------------------------

_CHECKS = text(
    """
    select p.campaign_id,
        coalesce(sum(p.amount) filter (where p.kind = 'promise' and p.state = 'active'), 0),
        coalesce(sum(paid.amount) filter (where p.kind = 'promise' and p.state in ('charged', 'refunded')), 0),
        coalesce(sum(paid.amount), 0) - coalesce(sum(back.amount), 0),
        coalesce(sum(paid.fee), 0) + coalesce(sum(fees.amount), 0),
        coalesce(sum(owed.amount), 0)
    from pledges_pledge p
    left join pledges_charge paid on paid.pledge_id = p.id and paid.state = 'succeeded'
    left join pledges_returned back on back.charge_id = paid.id
    left join (select charge_id, sum(fee) as amount from pledges_dispute group by charge_id) fees
        on fees.charge_id = paid.id
    left join (
        select charge_id, sum(owed) as amount from (
            select charge_id, owed from pledges_refund union all select charge_id, owed from pledges_dispute
        ) each_one group by charge_id
    ) owed on owed.charge_id = paid.id
    group by p.campaign_id order by p.campaign_id
    """
)
_UNPOSTED = text(
    """
    select count(*) from pledges_charge c
    left join ledger_journal j on j.key = 'charge:' || c.id
    where c.state = 'succeeded' and j.id is null
    """
)
_UNKNOWN = text(
    """
    select count(*) from ledger_journal j
    left join pledges_charge c on j.key = 'charge:' || c.id and c.state = 'succeeded'
    where j.key like 'charge:%' and c.id is null
    """
)


def checks() -> Iterable[Check]:
    """Every promise and every euro of the rows must be a balance of the ledger, charge by charge."""
    for campaign_id, standing, kept, cash, fees, owed in db.session.execute(_CHECKS):
        owner = f"campaign:{campaign_id}"
        books = ledger.balances("promises", owner), ledger.balances("cash", owner)
        yield Check(f"{owner} promised", Money(int(standing)), books[0].get("promised", ZERO))
        yield Check(f"{owner} promises kept", Money(int(kept)), books[0].get("kept", ZERO))
        yield Check(f"{owner} cash from givers", Money(int(cash)), -books[1].get("givers", ZERO))
        yield Check(f"{owner} fees", Money(int(fees)), books[1].get("fees", ZERO))
        yield Check(f"{owner} owed by the body", Money(int(owed)), books[1].get("receivable", ZERO))
    # Counts, carried as cents so that they are told in the same table.
    yield Check("charges without a journal", ZERO, Money(int(db.session.execute(_UNPOSTED).scalar_one())))
    yield Check("journals without a charge", ZERO, Money(int(db.session.execute(_UNKNOWN).scalar_one())))
