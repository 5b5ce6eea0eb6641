"""Who gets what where the envelope is short, and which fund or sponsor pays each cent of a match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.core.money import ZERO, Money, split, table, total
from app.matching.rules.policy import Cohort, Layer, Order

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Claim:
    """What one project would get if there were enough."""

    key: str
    wanted: Money
    place: int = 0  # in the ranking
    reached_at: datetime | None = None  # its threshold
    cohort: str = ""


def share_out(pool: Money, claims: Iterable[Claim], order: Order, *, partly: bool = False) -> dict[str, Money]:
    """Give a pool out: in order of ranking or of reaching the threshold, or to all in proportion.

    In an order each gets all it wants or nothing, and the first that the pool cannot cover ends it: nobody jumps the
    queue. With `partly` that one takes what is left. In proportion all get the same share of what they want, cents
    left over to the largest remainders. A project that never reached its threshold is not served by order of reaching.
    """
    asked = list(claims)
    if order is Order.PRO_RATA:
        return _in_proportion(pool, asked)
    if order is Order.FIRST:
        queue = sorted(
            (one for one in asked if one.reached_at is not None), key=lambda one: (one.reached_at or _NEVER, one.place)
        )
    else:
        queue = sorted(asked, key=lambda one: one.place)
    given, left = {one.key: ZERO for one in asked}, pool
    for one in queue:
        if one.wanted > left:
            given[one.key] = left if partly else ZERO
            break
        given[one.key], left = one.wanted, left - one.wanted
    return given


def _in_proportion(pool: Money, claims: Sequence[Claim]) -> dict[str, Money]:
    wanted = [one.wanted for one in claims]
    if total(wanted) > pool:
        wanted = split(pool, [one.cents for one in wanted])
    return {one.key: amount for one, amount in zip(claims, wanted, strict=True)}


def share_out_cohorts(
    envelope: Money, cohorts: Sequence[Cohort], claims: Iterable[Claim], order: Order, *, partly: bool = False
) -> dict[str, Money]:
    """The same cohort by cohort, in their order: each has its own pool, and what one leaves goes to the next.

    A cohort without a pool of its own may take all that is left.
    """
    asked, left, kept_over = list(claims), envelope, ZERO
    given: dict[str, Money] = {}
    for cohort in cohorts:
        own = left if cohort.pool is None else min(left, cohort.pool + kept_over)
        part = share_out(own, [one for one in asked if one.cohort == cohort.name], order, partly=partly)
        given |= part
        spent = total(part.values())
        left, kept_over = left - spent, own - spent
    return {one.key: given.get(one.key, ZERO) for one in asked}


def first_come(pool: Money, asks: Iterable[tuple[str, Money]], limits: Mapping[str, Money]) -> list[Money]:
    """Match gift by gift in the order in which they come, until the pool or the project's own limit is used up."""
    left, given = pool, []
    room = dict(limits)
    for key, wanted in asks:
        part = max(ZERO, min(wanted, left, room[key]))
        left, room[key] = left - part, room[key] - part
        given.append(part)
    return given


@dataclass(frozen=True)
class Paid:
    """What one fund or sponsor pays of a match."""

    name: str
    amount: Money


def stack(match: Money, layers: Sequence[Layer]) -> tuple[Paid, ...]:
    """Which fund pays which part of a match: in the stated order each takes what its limits allow of what is left."""
    left, paid = match, []
    for layer in layers:
        limits = [one for one in (layer.cap, layer.pool) if one is not None]
        part = max(ZERO, min(match.share(layer.share_bp), left, *limits))
        paid.append(Paid(layer.name, part))
        left -= part
    return tuple(paid)


def stack_all(matches: Mapping[str, Money], layers: Sequence[Layer]) -> dict[str, tuple[Paid, ...]]:
    """The same for many projects in their order, each fund's pool going down as it pays.

    Where all funds together cannot carry a match its parts add up to less: so much less is the match.
    """
    stacked, funds = {}, list(layers)
    for key, match in matches.items():
        parts = stacked[key] = stack(match, funds)
        funds = [
            fund if fund.pool is None else replace(fund, pool=fund.pool - part.amount)
            for fund, part in zip(funds, parts, strict=True)
        ]
    return stacked


def by_gift(parts: Sequence[Paid], brought: Sequence[Money]) -> list[tuple[Money, ...]]:
    """Which fund paid which cent of the match beside each gift: rows are gifts, columns funds, both sums exact.

    `brought` is the city's part beside each gift; all of it together is what the funds pay.
    """
    if total(brought) != total(part.amount for part in parts):
        raise ValueError("the parts beside the gifts and those of the funds are the same match")
    if not total(brought):
        return [tuple(ZERO for _ in parts) for _ in brought]
    cells = table([one.cents for one in brought], [part.amount.cents for part in parts])
    return [tuple(Money(cents) for cents in row) for row in cells]
