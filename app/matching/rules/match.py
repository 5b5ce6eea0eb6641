"""How many euros the city adds to the euros of its people: the decisions about one campaign's match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.core.errors import Invalid, Refusal
from app.core.money import N_, WHOLE, ZERO, Money
from app.matching.rules.crowd import Crowd, Raised, as_crowd
from app.matching.rules.policy import Base, Funding, MatchPolicy, Mode, Overfunding, Tier


def threshold(budget: Money, policy: MatchPolicy) -> Money:
    """What donors must raise, rounded up to the cent."""
    base = budget if policy.base is Base.BUDGET else budget - ceiling(budget, policy)
    return base.share_up(policy.threshold_bp)


def ceiling(budget: Money, policy: MatchPolicy) -> Money:
    """The most that the city can add: its share of the budget under every cap, rounded down."""
    most = budget.share(policy.share_bp)
    if policy.tiers and policy.mode is Mode.TIERED:
        most = min(most, budget.share(policy.tiers[-1].share_bp))
    if policy.fixed is not None and policy.mode is Mode.FIXED:
        most = min(most, policy.fixed)
    return most if policy.cap is None else min(most, policy.cap)


def tier_reached(gifts: Money, budget: Money, policy: MatchPolicy) -> Tier | None:
    """The highest step that these gifts reach."""
    reached = [step for step in policy.tiers if gifts >= budget.share_up(step.from_bp)]
    return reached[-1] if reached else None


def reached(raised: Raised, budget: Money, policy: MatchPolicy) -> bool:
    """Whether enough money came, from enough people."""
    gave = as_crowd(raised, policy)
    return gave.counted >= threshold(budget, policy) and gave.donors >= policy.donors_min


def earned(raised: Raised, budget: Money, policy: MatchPolicy) -> Money:
    """What the mode makes of gifts that reached the threshold, before over-funding is looked at."""
    gave, most = as_crowd(raised, policy), ceiling(budget, policy)
    match policy.mode:
        case Mode.COMPLETION | Mode.FIXED:
            return most
        case Mode.RATIO:
            return min(gave.weighted, most)
        case Mode.TIERED:
            step = tier_reached(gave.counted, budget, policy)
            return ZERO if step is None else min(budget.share(step.share_bp), most)
        case Mode.QUADRATIC:
            raise ValueError("a quadratic match is shared out over its whole round")


def room(raised: Raised, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """What these gifts leave open for the city: never more than budget and stretch lines together."""
    if policy.overfunding is Overfunding.KEEP:
        return ceiling(budget, policy)
    return max(ZERO, budget + stretch - as_crowd(raised, policy).all)


def match_due(raised: Raised, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """The city's part for these gifts: nothing below the threshold, never more than what is still missing."""
    if not reached(raised, budget, policy):
        return ZERO
    return min(earned(raised, budget, policy), room(raised, budget, stretch, policy))


def if_reached(raised: Raised, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """What the city adds once the threshold is reached: on these gifts, and on the missing ones at the usual ratio."""
    gave = as_crowd(raised, policy)
    lacking = max(ZERO, threshold(budget, policy) - gave.counted)
    whole = replace(
        gave,
        counted=gave.counted + lacking,
        weighted=gave.weighted + Money(lacking.cents * policy.ratio_bp // WHOLE),
    )
    return min(earned(whole, budget, policy), room(whole, budget, stretch, policy))


class Outcome(StrEnum):
    """What the money really collected does to the match."""

    CONFIRMED = "confirmed"
    SHRUNK = "shrunk"
    RELEASED = "released"


@dataclass(frozen=True)
class Settled:
    """The match after collection, and what of the reserved ceiling goes back to the fund."""

    outcome: Outcome
    match: Money
    back: Money
    why: str


_WHY = {
    Outcome.CONFIRMED: N_("The gifts collected reach the threshold: the match is confirmed."),
    Outcome.SHRUNK: N_("The gifts collected are just below the threshold: the match shrinks in proportion."),
    Outcome.RELEASED: N_("The gifts collected are too far below the threshold: the match goes back to the fund."),
}


def settled(collected: Raised, budget: Money, stretch: Money, policy: MatchPolicy) -> Settled:
    """Confirm, shrink in proportion or release the match, on the gifts really collected.

    How many people gave is decided at the close: a card that fails afterwards costs its euros, not the whole match.
    """
    gave = as_crowd(collected, policy)
    needed, most = threshold(budget, policy), ceiling(budget, policy)
    if gave.counted >= needed:
        outcome, match = Outcome.CONFIRMED, earned(gave, budget, policy)
    elif gave.counted >= needed.share_up(policy.shrink_from_bp):
        outcome, match = Outcome.SHRUNK, shrunk(gave, budget, stretch, policy)
    else:
        outcome, match = Outcome.RELEASED, ZERO
    match = min(match, room(gave, budget, stretch, policy))
    return Settled(outcome, match, most - match, _WHY[outcome])


def shrunk(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """The match of gifts just below the threshold: in the proportion in which they reach it."""
    if policy.mode is Mode.RATIO:
        return earned(gave, budget, policy)  # it follows the gifts already
    needed = threshold(budget, policy)
    return match_due(needed, budget, stretch, policy).ratio(gave.counted, needed)


class Verdict(StrEnum):
    """What becomes of a campaign's gifts at its end."""

    WON = "won"  # the threshold is reached: gifts and match
    KEPT = "kept"  # it is not, and the terms leave the gifts to the group: no match
    LOST = "lost"  # it is not: nobody pays


def verdict(raised: Raised, budget: Money, policy: MatchPolicy, *, first_round: Raised | None = None) -> Verdict:
    """Whether a campaign won; in two rounds the first alone decides, and the second only adds."""
    decides = first_round if policy.funding is Funding.TWO_ROUNDS and first_round is not None else raised
    if reached(decides, budget, policy):
        return Verdict.WON
    return Verdict.KEPT if policy.funding is Funding.KEEP_IT else Verdict.LOST


class Sentence(StrEnum):
    """Which sentence explains a gift to its donor."""

    TOWARDS = "towards"  # below the threshold: each euro brings its part of the match, if the threshold is reached
    CROSSES = "crosses"  # this gift reaches the threshold
    BRINGS = "brings"  # above it, and it still brings money of the city
    ADDS = "adds"  # above it, the city's part does not change: the gift goes to the stretch lines
    REPLACES = "replaces"  # above it, each euro takes the place of a euro of the city


@dataclass(frozen=True)
class Effect:
    """What one gift does: `city` is negative where the gift takes the place of the city's money."""

    yours: Money
    city: Money
    together: Money
    room_left: Money  # what the project can still take before this gift
    sentence: Sentence

    @property
    def above(self) -> bool:
        """Whether the threshold stands already, without this gift."""
        return self.sentence not in (Sentence.TOWARDS, Sentence.CROSSES)

    @property
    def replaces(self) -> Money:
        """How much of the gift takes the place of the city's money; never below zero."""
        return max(ZERO, -self.city)


def most_gifts(budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """Where pledges stop: at the budget with its stretch lines, or where the terms keep the city's part free."""
    whole = budget + stretch
    return whole - ceiling(budget, policy) if policy.overfunding is Overfunding.CAP else whole


def room_left(promised: Money, budget: Money, stretch: Money, policy: MatchPolicy | None = None) -> Money:
    """How much the project can still take."""
    most = budget + stretch if policy is None else most_gifts(budget, stretch, policy)
    return max(ZERO, most - promised)


def effect(
    gift: Money,
    promised: Raised,
    budget: Money,
    stretch: Money,
    policy: MatchPolicy,
    *,
    at: datetime | None = None,
    already: Money = ZERO,
) -> Effect:
    """What this gift brings on top of what is promised, refused where the project has no room for it.

    `already` is what the same person has promised before, where the terms cap what one person's gifts bring.
    """
    before = as_crowd(promised, policy)
    left = room_left(before.counted, budget, stretch, policy)
    if left == ZERO:
        raise Invalid({"amount": Refusal("The whole budget is covered: this project takes no more gifts.")})
    if gift > left:
        raise Invalid(
            {"amount": Refusal("This project can take at most %(room)s more. Choose a smaller sum.", room=left)}
        )
    after = _with(before, gift, at, already, policy)
    needed = threshold(budget, policy)
    city = _drawn(after, budget, stretch, policy) - _drawn(before, budget, stretch, policy)
    if after.counted < needed:
        sentence = Sentence.TOWARDS
    elif before.counted < needed:
        sentence = Sentence.CROSSES
    elif city > ZERO:
        sentence = Sentence.BRINGS
    else:
        sentence = Sentence.REPLACES if city < ZERO else Sentence.ADDS
    return Effect(gift, city, gift + city, left, sentence)


def _with(before: Crowd, gift: Money, at: datetime | None, already: Money, policy: MatchPolicy) -> Crowd:
    most = policy.donor_cap
    follows = gift if most is None else max(ZERO, min(gift, most - already))
    adds = Money(follows.cents * policy.ratio_at(at) // WHOLE)
    return Crowd(
        before.counted + gift,
        max(before.donors, policy.donors_min),
        before.followed + follows,
        before.weighted + adds,
        before.others,
    )


def _drawn(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """The city's part seen from the donors: it grows with the gifts up to the threshold, then follows the match.

    A running total, so that the parts shown for single gifts add up to the match to the cent. It is told as if enough
    people give: whether they do is seen at the close.
    """
    needed = threshold(budget, policy)
    if policy.mode is Mode.RATIO or gave.counted >= needed:
        return min(earned(gave, budget, policy), room(gave, budget, stretch, policy))
    return match_due(needed, budget, stretch, policy).ratio(gave.counted, needed)


def per_euro(policy: MatchPolicy) -> Money | None:
    """What the city adds to each euro given up to the threshold; nothing to say where that depends on the budget."""
    match policy.mode:
        case Mode.RATIO:
            return Money(policy.ratio_bp // 100)
        case Mode.TIERED:
            return Money(100 * policy.tiers[0].share_bp // policy.threshold_bp)
        case Mode.COMPLETION:
            open_bp = WHOLE if policy.base is Base.BUDGET else WHOLE - policy.share_bp
            return Money(100 * policy.share_bp * WHOLE // (policy.threshold_bp * open_bp)) if open_bp else None
        case _:
            return None


def final_grant(confirmed: Money, share_bp: int, accepted: Money, gifts: Money) -> Money:
    """The grant once spending is accepted: never above the match, the city's share of it, or what gifts left open."""
    return max(ZERO, min(confirmed, accepted.share(share_bp), accepted - gifts))


@dataclass(frozen=True)
class Example:
    """One row of the table that explains a policy."""

    budget: Money
    threshold: Money
    ceiling: Money


def examples(policy: MatchPolicy, budgets: Iterable[Money]) -> list[Example]:
    """What the policy means for these budgets."""
    return [Example(budget, threshold(budget, policy), ceiling(budget, policy)) for budget in budgets]
