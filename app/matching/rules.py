"""How many euros the city adds to the euros of its people: every decision about a match, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.errors import Invalid, Refusal
from app.core.money import N_, ZERO, Money

WHOLE = 10_000  # basis points


class Mode(StrEnum):
    """The ways of matching that this installation can compute."""

    COMPLETION = "completion"  # donors raise the threshold, the city the rest up to share and cap


@dataclass(frozen=True)
class MatchPolicy:
    """The match rules of one call, frozen with its terms."""

    share_bp: int
    threshold_bp: int
    cap: Money | None = None
    shrink_from_bp: int = 9_500
    mode: Mode = Mode.COMPLETION

    def __post_init__(self) -> None:
        for rate in (self.share_bp, self.threshold_bp, self.shrink_from_bp):
            if not 0 < rate <= WHOLE:
                raise ValueError(f"a rate lies between 1 and {WHOLE} basis points, not {rate}")
        if self.cap is not None and self.cap <= ZERO:
            raise ValueError("a cap is more than nothing")

    def to_dict(self) -> dict[str, Any]:
        """The policy as plain data for the frozen terms."""
        return {
            "mode": self.mode.value,
            "share_bp": self.share_bp,
            "threshold_bp": self.threshold_bp,
            "cap": None if self.cap is None else self.cap.cents,
            "shrink_from_bp": self.shrink_from_bp,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MatchPolicy:
        """The policy that `to_dict` wrote."""
        return cls(
            mode=Mode(data["mode"]),
            share_bp=data["share_bp"],
            threshold_bp=data["threshold_bp"],
            cap=None if data["cap"] is None else Money(data["cap"]),
            shrink_from_bp=data["shrink_from_bp"],
        )


def threshold(budget: Money, policy: MatchPolicy) -> Money:
    """What donors must raise, rounded up to the cent."""
    return budget.share_up(policy.threshold_bp)


def ceiling(budget: Money, policy: MatchPolicy) -> Money:
    """The most that the city can add: its share of the budget under the cap, rounded down."""
    share = budget.share(policy.share_bp)
    return share if policy.cap is None else min(share, policy.cap)


def match_due(gifts: Money, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """The city's part for these gifts: nothing below the threshold, never more than what is still missing."""
    if gifts < threshold(budget, policy):
        return ZERO
    return max(ZERO, min(ceiling(budget, policy), budget + stretch - gifts))


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


def settled(collected: Money, budget: Money, stretch: Money, policy: MatchPolicy) -> Settled:
    """Confirm, shrink in proportion or release the match, on the gifts really collected."""
    needed, most = threshold(budget, policy), ceiling(budget, policy)
    if collected >= needed:
        outcome, match = Outcome.CONFIRMED, match_due(collected, budget, stretch, policy)
    elif collected >= needed.share_up(policy.shrink_from_bp):
        outcome, match = Outcome.SHRUNK, match_due(needed, budget, stretch, policy).ratio(collected, needed)
    else:
        outcome, match = Outcome.RELEASED, ZERO
    return Settled(outcome, match, most - match, _WHY[outcome])


class Sentence(StrEnum):
    """Which sentence explains a gift to its donor."""

    TOWARDS = "towards"  # below the threshold: each euro brings its part of the match, if the threshold is reached
    CROSSES = "crosses"  # this gift reaches the threshold
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


def room_left(promised: Money, budget: Money, stretch: Money) -> Money:
    """How much the project can still take: pledges stop at the budget with its stretch lines."""
    return max(ZERO, budget + stretch - promised)


def effect(gift: Money, promised: Money, budget: Money, stretch: Money, policy: MatchPolicy) -> Effect:
    """What this gift brings on top of what is promised, refused where the project has no room for it."""
    room = room_left(promised, budget, stretch)
    if room == ZERO:
        raise Invalid({"amount": Refusal("The whole budget is covered: this project takes no more gifts.")})
    if gift > room:
        raise Invalid(
            {"amount": Refusal("This project can take at most %(room)s more. Choose a smaller sum.", room=room)}
        )
    after = promised + gift
    needed = threshold(budget, policy)
    city = _drawn(after, budget, stretch, policy) - _drawn(promised, budget, stretch, policy)
    if after < needed:
        sentence = Sentence.TOWARDS
    elif promised < needed:
        sentence = Sentence.CROSSES
    else:
        sentence = Sentence.REPLACES if city < ZERO else Sentence.ADDS
    return Effect(gift, city, gift + city, room, sentence)


def _drawn(gifts: Money, budget: Money, stretch: Money, policy: MatchPolicy) -> Money:
    """The city's part seen from the donors: it grows with the gifts up to the threshold, then follows `match_due`.

    A running total, so that the parts shown for single gifts add up to the match to the cent.
    """
    needed = threshold(budget, policy)
    if gifts >= needed:
        return match_due(gifts, budget, stretch, policy)
    return match_due(needed, budget, stretch, policy).ratio(gifts, needed)


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


class State(StrEnum):
    """Where the public money set aside for one project stands."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    COMMITTED = "committed"
    CLOSED = "closed"
    RELEASED = "released"


class Act(StrEnum):
    """What can be done with a reservation."""

    CONFIRM = "confirm"
    COMMIT = "commit"
    SPEND = "spend"
    CLOSE = "close"
    RELEASE = "release"


MOVES: dict[tuple[State, Act], State] = {
    (State.RESERVED, Act.CONFIRM): State.CONFIRMED,
    (State.RESERVED, Act.RELEASE): State.RELEASED,
    (State.CONFIRMED, Act.COMMIT): State.COMMITTED,
    (State.CONFIRMED, Act.RELEASE): State.RELEASED,
    (State.COMMITTED, Act.SPEND): State.COMMITTED,
    (State.COMMITTED, Act.CLOSE): State.CLOSED,
}
