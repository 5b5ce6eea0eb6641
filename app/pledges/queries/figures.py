"""The figures of campaigns: what is promised, what came in, what counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Select, column, func, select, table, text

from app.campaigns.models import Campaign
from app.core.db import Cents, db
from app.core.money import ZERO, Money
from app.core.once import once
from app.ledger import queries as ledger
from app.matching.rules import Crowd, MatchPolicy, as_crowd, people
from app.matching.rules import Gift as Counted
from app.matching.rules import Kind as Origin
from app.matching.rules import crowd as count
from app.pledges.models import Charge, Pledge
from app.pledges.rules import ChargeState, State
from app.territory.models import Zone


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
RETURNED = table("pledges_returned", column("charge_id", BigInteger), column("amount", Cents))


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
    back = select(RETURNED.c.amount).where(RETURNED.c.charge_id == Charge.id).scalar_subquery()
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
