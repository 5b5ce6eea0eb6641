"""The match rules of one call as versioned data: which mode, and every parameter that a published scheme has used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from app.core.money import WHOLE, ZERO, Money

VERSION = 2  # of the frozen form: version 1 knew completion alone and carried no number
RATIO_MOST = 10 * WHOLE  # ten euros of the city for one of a donor


class Mode(StrEnum):
    """The ways of matching."""

    COMPLETION = "completion"  # donors raise the threshold, the city the rest up to share and cap
    RATIO = "ratio"  # so much of the city's money for each euro given
    FIXED = "fixed"  # a fixed sum once the threshold is reached
    TIERED = "tiered"  # a larger share at each step that the gifts reach
    QUADRATIC = "quadratic"  # a pool shared over a round, by how many people give rather than how much


class Base(StrEnum):
    """What the threshold is a share of."""

    BUDGET = "budget"
    REST = "rest"  # of what the city's part leaves open: with 100 % the city pays only once all the rest is there


class Overfunding(StrEnum):
    """What gifts beyond the need do."""

    REDUCE = "reduce"  # each euro takes the place of one of the city
    KEEP = "keep"  # the city's part stays as it is
    CAP = "cap"  # none are taken: gifts stop where the city's part begins


class Order(StrEnum):
    """Who comes first where the envelope is short."""

    RANKING = "ranking"
    FIRST = "first"
    PRO_RATA = "pro_rata"


class Funding(StrEnum):
    """What becomes of the gifts of a campaign below its threshold."""

    ALL_OR_NOTHING = "all_or_nothing"
    KEEP_IT = "keep_it"
    TWO_ROUNDS = "two_rounds"  # the first round must reach the threshold, the second goes on to the optimum


class Kind(StrEnum):
    """Where a gift comes from; the terms say which kinds count."""

    DONATION = "donation"
    REWARD = "reward"
    OFFLINE = "offline"
    CORPORATE = "corporate"
    OWN = "own"  # of the group's own members and board
    PUBLIC = "public"  # of another public body


COUNTED = frozenset({Kind.DONATION, Kind.REWARD, Kind.OFFLINE, Kind.CORPORATE})


@dataclass(frozen=True)
class Window:
    """A time in which another ratio holds: from its start up to, not including, its end."""

    starts_at: datetime
    ends_at: datetime
    ratio_bp: int

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError("a window ends after it starts")
        if not 0 <= self.ratio_bp <= RATIO_MOST:
            raise ValueError(f"a ratio lies between 0 and {RATIO_MOST} basis points")


@dataclass(frozen=True)
class Tier:
    """A step: from this share of the budget on, the city adds that share of it."""

    from_bp: int
    share_bp: int

    def __post_init__(self) -> None:
        if not (0 < self.from_bp <= WHOLE and 0 < self.share_bp <= WHOLE):
            raise ValueError(f"the shares of a step lie between 1 and {WHOLE} basis points")


@dataclass(frozen=True)
class Layer:
    """One fund or sponsor in the stack that pays a match, in the stated order."""

    name: str
    share_bp: int = WHOLE  # of each match, at most
    cap: Money | None = None  # of one project, at most
    pool: Money | None = None  # of all projects together, at most

    def __post_init__(self) -> None:
        if not 0 < self.share_bp <= WHOLE:
            raise ValueError(f"a share lies between 1 and {WHOLE} basis points")
        if any(limit is not None and limit < ZERO for limit in (self.cap, self.pool)):
            raise ValueError("a fund's limit is not below nothing")


@dataclass(frozen=True)
class Cohort:
    """One of several windows of a call, with a part of the envelope of its own where the terms say so."""

    name: str
    starts_at: datetime
    ends_at: datetime
    pool: Money | None = None


@dataclass(frozen=True)
class MatchPolicy:
    """The match rules of one call, frozen with its terms."""

    share_bp: int  # of the budget, at most, in every mode
    threshold_bp: int
    cap: Money | None = None
    shrink_from_bp: int = 9_500
    mode: Mode = Mode.COMPLETION
    base: Base = Base.BUDGET
    ratio_bp: int = 0
    windows: tuple[Window, ...] = ()
    fixed: Money | None = None
    tiers: tuple[Tier, ...] = ()
    donors_min: int = 0
    donor_cap: Money | None = None  # of one person's gifts to a project, what a ratio or a quadratic match follows
    overfunding: Overfunding = Overfunding.REDUCE
    counts: frozenset[Kind] = COUNTED
    funding: Funding = Funding.ALL_OR_NOTHING
    order: Order = Order.RANKING
    layers: tuple[Layer, ...] = ()
    cohorts: tuple[Cohort, ...] = ()

    def __post_init__(self) -> None:
        for rate in (self.share_bp, self.threshold_bp, self.shrink_from_bp):
            if not 0 < rate <= WHOLE:
                raise ValueError(f"a rate lies between 1 and {WHOLE} basis points, not {rate}")
        for limit in (self.cap, self.fixed, self.donor_cap):
            if limit is not None and limit <= ZERO:
                raise ValueError("a cap is more than nothing")
        if self.donors_min < 0:
            raise ValueError("a number of people is not below nothing")
        _MODES.get(self.mode, _nothing_more)(self)

    @property
    def whole_gifts(self) -> bool:
        """Whether the sum of the gifts is all that this match asks of them: no gift and no person matters alone."""
        return self.mode in (Mode.COMPLETION, Mode.FIXED, Mode.TIERED) and not self.donors_min

    def ratio_at(self, at: datetime | None) -> int:
        """The ratio in force at this moment, in basis points; without a moment the one that holds outside windows."""
        for window in self.windows:
            if at is not None and window.starts_at <= at < window.ends_at:
                return window.ratio_bp
        return self.ratio_bp

    def to_dict(self) -> dict[str, Any]:
        """The policy as plain data for the frozen terms."""
        return {"version": VERSION, **{field.name: _written(getattr(self, field.name)) for field in fields(self)}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MatchPolicy:
        """The policy that `to_dict` wrote, in this version or the first."""
        if data.get("version", 1) not in (1, VERSION):
            raise ValueError(f"version {data['version']} of a match policy is not known here")
        read = {
            field.name: _READ.get(field.name, _as_is)(data[field.name]) for field in fields(cls) if field.name in data
        }
        return cls(**read)


def _ratio(policy: MatchPolicy) -> None:
    if not 0 < policy.ratio_bp <= RATIO_MOST:
        raise ValueError(f"a ratio lies between 1 and {RATIO_MOST} basis points")
    ordered = sorted(policy.windows, key=lambda one: one.starts_at)
    if any(later.starts_at < earlier.ends_at for earlier, later in pairwise(ordered)):
        raise ValueError("two windows of a ratio may not overlap")


def _fixed(policy: MatchPolicy) -> None:
    if policy.fixed is None:
        raise ValueError("a fixed match needs its sum")


def _tiered(policy: MatchPolicy) -> None:
    steps = policy.tiers
    if not steps or steps[0].from_bp != policy.threshold_bp or policy.base is not Base.BUDGET:
        raise ValueError("the first step of a tiered match is its threshold, a share of the budget")
    for before, after in pairwise(steps):
        if after.from_bp <= before.from_bp or after.share_bp < before.share_bp:
            raise ValueError("steps rise")


def _nothing_more(policy: MatchPolicy) -> None:
    """The other modes have no parameter of their own."""


_MODES = {Mode.RATIO: _ratio, Mode.FIXED: _fixed, Mode.TIERED: _tiered}


def _written(value: Any) -> Any:
    if isinstance(value, Money):
        return value.cents
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [{field.name: _written(getattr(one, field.name)) for field in fields(one)} for one in value]
    return value


def _as_is(value: Any) -> Any:
    return value


def _money(value: int | None) -> Money | None:
    return None if value is None else Money(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_READ: dict[str, Callable[[Any], Any]] = {
    "mode": Mode,
    "base": Base,
    "overfunding": Overfunding,
    "funding": Funding,
    "order": Order,
    "cap": _money,
    "fixed": _money,
    "donor_cap": _money,
    "counts": lambda rows: frozenset(Kind(one) for one in rows),
    "windows": lambda rows: tuple(
        Window(_moment(one["starts_at"]), _moment(one["ends_at"]), one["ratio_bp"]) for one in rows
    ),
    "tiers": lambda rows: tuple(Tier(**one) for one in rows),
    "layers": lambda rows: tuple(
        Layer(one["name"], one["share_bp"], _money(one["cap"]), _money(one["pool"])) for one in rows
    ),
    "cohorts": lambda rows: tuple(
        Cohort(one["name"], _moment(one["starts_at"]), _moment(one["ends_at"]), _money(one["pool"])) for one in rows
    ),
}
