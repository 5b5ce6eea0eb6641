"""Who gave and what of it counts: gifts added up to the few figures that a match is decided on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.money import WHOLE, ZERO, Money
from app.matching.rules.policy import Kind, MatchPolicy, Mode


@dataclass(frozen=True, slots=True)
class Gift:
    """One gift as a match sees it: how much, when it was promised, by whom, of which kind."""

    amount: Money
    at: datetime | None = None
    who: int | str | None = None  # the same for all gifts of one person; None for one nobody can tell apart
    kind: Kind = Kind.DONATION
    left_out: bool = False  # by an officer, with a reason; or refunded, or disputed


@dataclass(frozen=True)
class Crowd:
    """The figures of a campaign's gifts."""

    counted: Money  # what counts towards the threshold
    donors: int  # how many people gave it
    followed: Money  # of it, what a ratio follows: no more of one person's gifts than the cap per donor
    weighted: Money  # what the ratio in force at each gift makes of it
    others: Money = ZERO  # what does not count but fills the budget all the same
    windowed: tuple[tuple[int, Money, Money], ...] = ()  # of what is followed, by ratio: the gifts and the city's part

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain data, to be kept beside a match."""
        return {
            "counted": self.counted.cents,
            "donors": self.donors,
            "followed": self.followed.cents,
            "weighted": self.weighted.cents,
            "others": self.others.cents,
            "windowed": [[ratio, given.cents, adds.cents] for ratio, given, adds in self.windowed],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Crowd:
        """The figures that `to_dict` wrote."""
        return cls(
            counted=Money(data["counted"]),
            donors=data["donors"],
            followed=Money(data["followed"]),
            weighted=Money(data["weighted"]),
            others=Money(data["others"]),
            windowed=tuple((ratio, Money(given), Money(adds)) for ratio, given, adds in data["windowed"]),
        )

    @property
    def all(self) -> Money:
        """Every gift, also those that do not count."""
        return self.counted + self.others


def crowd(gifts: Iterable[Gift], policy: MatchPolicy) -> Crowd:
    """What these gifts come to under these rules, in the order in which they were made.

    Each gift's part is rounded down to the cent, so that what is told to each donor adds up to the match exactly.
    """
    counted, others = 0, 0
    gave: set[object] = set()
    of_person: dict[int | str, int] = {}
    by_ratio: dict[int, tuple[int, int]] = {}
    for n, gift in enumerate(gifts):
        cents = gift.amount.cents
        if gift.left_out or gift.kind not in policy.counts:
            others += 0 if gift.left_out else cents
            continue
        counted += cents
        gave.add(("unknown", n) if gift.who is None else gift.who)
        follows = _follows(cents, of_person, gift.who, policy.donor_cap)
        ratio = policy.ratio_at(gift.at)
        given, adds = by_ratio.get(ratio, (0, 0))
        by_ratio[ratio] = (given + follows, adds + follows * ratio // WHOLE)
    return Crowd(
        counted=Money(counted),
        donors=len(gave),
        followed=Money(sum(given for given, _ in by_ratio.values())),
        weighted=Money(sum(adds for _, adds in by_ratio.values())),
        others=Money(others),
        windowed=tuple((ratio, Money(given), Money(adds)) for ratio, (given, adds) in sorted(by_ratio.items())),
    )


def _follows(cents: int, of_person: dict[int | str, int], who: int | str | None, cap: Money | None) -> int:
    """How much of this gift the match follows, after the earlier ones of the same person."""
    if cap is None:
        return cents
    if who is None:
        return min(cents, cap.cents)
    before = of_person.get(who, 0)
    of_person[who] = before + cents
    return max(0, min(cents, cap.cents - before))


Raised = Crowd | Money


def as_crowd(raised: Raised, policy: MatchPolicy) -> Crowd:
    """A bare sum stands for gifts of enough people, made outside every window and below every cap per donor."""
    if isinstance(raised, Crowd):
        return raised
    adds = Money(raised.cents * policy.ratio_bp // WHOLE)
    return Crowd(raised, policy.donors_min, raised, adds, windowed=((policy.ratio_bp, raised, adds),))


def people(marks: Iterable[Iterable[str]]) -> list[int]:
    """Which gifts come from the same person: those that share a mark (an address, a card), directly or by others.

    Each gift gives its marks; the answer is one number a gift, the same for all gifts of one person.
    """
    parent: list[int] = []
    first: dict[str, int] = {}

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, own in enumerate(marks):
        parent.append(n)
        for mark in own:
            if mark:
                here, there = root(n), root(first.setdefault(mark, n))
                parent[max(here, there)] = min(here, there)
    return [root(n) for n in range(len(parent))]


def per_person(gifts: Iterable[Gift], policy: MatchPolicy) -> list[Money]:
    """What each person gave that counts, all gifts of one taken together: a quadratic match looks at people."""
    sums: dict[object, int] = {}
    for n, gift in enumerate(gifts):
        if not gift.left_out and gift.kind in policy.counts:
            who = ("unknown", n) if gift.who is None else gift.who
            sums[who] = sums.get(who, 0) + gift.amount.cents
    most = policy.donor_cap
    return [Money(cents if most is None else min(cents, most.cents)) for cents in sums.values()]


def needs_people(policy: MatchPolicy) -> bool:
    """Whether it matters who gave: a minimum of people, a cap per donor or a quadratic match."""
    return bool(policy.donors_min) or policy.donor_cap is not None or policy.mode is Mode.QUADRATIC
