"""What a match policy would do to a whole round: the office tries terms on assumed campaigns or on past ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.core.money import ZERO, Money, total
from app.matching.rules.crowd import Crowd, Gift, crowd, per_person
from app.matching.rules.envelope import Claim, share_out
from app.matching.rules.match import ceiling, match_due, reached, threshold
from app.matching.rules.policy import MatchPolicy, Mode, Order
from app.matching.rules.quadratic import quadratic

_START = datetime(2000, 1, 1, tzinfo=UTC)  # where nobody says when a gift came, projects reach it in their order


@dataclass(frozen=True)
class Project:
    """A campaign of the round, in the order of the ranking."""

    title: str
    budget: Money
    gifts: Sequence[Gift]
    stretch: Money = ZERO


class Fate(StrEnum):
    """How a project comes out of the round."""

    WON = "won"
    BELOW = "below"  # its gifts stay below the threshold
    FEW = "few"  # too few people gave
    OVER = "over"  # the fund was used up before its turn
    PART = "part"  # it won, with less than the rules would give it: the fund is short


@dataclass(frozen=True)
class Row:
    """One project of a simulated round."""

    title: str
    budget: Money
    threshold: Money
    ceiling: Money
    gave: Crowd
    match: Money
    fate: Fate

    @property
    def gifts(self) -> Money:
        """Every gift, counted or not."""
        return self.gave.all

    @property
    def won(self) -> bool:
        """Whether its gifts are collected."""
        return self.fate in (Fate.WON, Fate.PART)


@dataclass(frozen=True)
class Simulation:
    """A round under one policy."""

    policy: MatchPolicy
    envelope: Money
    rows: tuple[Row, ...]

    @property
    def city(self) -> Money:
        """What the city would spend."""
        return total(row.match for row in self.rows)

    @property
    def gifts(self) -> Money:
        """What donors would pay to the projects that win."""
        return total(row.gave.all for row in self.rows if row.won)

    @property
    def left(self) -> Money:
        """What the fund would keep."""
        return self.envelope - self.city

    @property
    def winners(self) -> int:
        """How many projects would go on."""
        return sum(row.won for row in self.rows)


def simulate(projects: Sequence[Project], policy: MatchPolicy, envelope: Money) -> Simulation:
    """Every project of a round under these rules, with a fund of this size given out in the order of the policy.

    By ranking each project's ceiling is set aside before it begins, and one that no ceiling is left for never opens;
    in the other orders the fund is given out at the end, to what each has earned.
    """
    keys = [str(n) for n in range(len(projects))]
    gave = {key: crowd(one.gifts, policy) for key, one in zip(keys, projects, strict=True)}
    fates = {key: _fate(gave[key], one, policy) for key, one in zip(keys, projects, strict=True)}
    opened = _opened(keys, projects, policy, envelope)
    wanted = _wanted(keys, projects, gave, fates, opened, policy, envelope)
    if policy.order is Order.RANKING or policy.mode is Mode.QUADRATIC:
        given = wanted
    else:
        given = share_out(envelope, _claims(keys, projects, wanted, policy), policy.order, partly=True)
    rows = []
    for key, one in zip(keys, projects, strict=True):
        fate = fates[key]
        if fate is Fate.WON and (key not in opened or (wanted[key] and not given[key])):
            fate = Fate.OVER
        elif fate is Fate.WON and given[key] < wanted[key]:
            fate = Fate.PART
        match = given[key] if fate in (Fate.WON, Fate.PART) else ZERO
        needed, most = threshold(one.budget, policy), ceiling(one.budget, policy)
        rows.append(Row(one.title, one.budget, needed, most, gave[key], match, fate))
    return Simulation(policy, envelope, tuple(rows))


def _fate(gave: Crowd, project: Project, policy: MatchPolicy) -> Fate:
    if gave.counted < threshold(project.budget, policy):
        return Fate.BELOW
    return Fate.WON if reached(gave, project.budget, policy) else Fate.FEW


def _opened(keys: Sequence[str], projects: Sequence[Project], policy: MatchPolicy, envelope: Money) -> set[str]:
    if policy.order is not Order.RANKING or policy.mode is Mode.QUADRATIC:
        return set(keys)
    places = enumerate(zip(keys, projects, strict=True))
    claims = [Claim(key, ceiling(one.budget, policy), place) for place, (key, one) in places]
    return {key for key, amount in share_out(envelope, claims, Order.RANKING).items() if amount}


def _wanted(
    keys: Sequence[str],
    projects: Sequence[Project],
    gave: dict[str, Crowd],
    fates: dict[str, Fate],
    opened: set[str],
    policy: MatchPolicy,
    envelope: Money,
) -> dict[str, Money]:
    """What each would get if the fund had no end; a quadratic match is scaled to it from the start."""
    playing = [(key, one) for key, one in zip(keys, projects, strict=True) if fates[key] is Fate.WON and key in opened]
    if policy.mode is Mode.QUADRATIC:
        rest = {key: max(ZERO, one.budget + one.stretch - gave[key].all) for key, one in playing}
        caps = {key: min(ceiling(one.budget, policy), rest[key]) for key, one in playing}
        shared = quadratic({key: per_person(one.gifts, policy) for key, one in playing}, envelope, caps)
        return dict.fromkeys(keys, ZERO) | shared
    due = {key: match_due(gave[key], one.budget, one.stretch, policy) for key, one in playing}
    return dict.fromkeys(keys, ZERO) | due


def _claims(
    keys: Sequence[str], projects: Sequence[Project], wanted: dict[str, Money], policy: MatchPolicy
) -> list[Claim]:
    return [
        Claim(key, wanted[key], place, _reached_at(one, policy, place) if wanted[key] else None)
        for place, (key, one) in enumerate(zip(keys, projects, strict=True))
    ]


def _reached_at(project: Project, policy: MatchPolicy, place: int) -> datetime:
    """When the gifts of a project reached its threshold."""
    needed, so_far = threshold(project.budget, policy), ZERO
    for gift in project.gifts:
        if not gift.left_out and gift.kind in policy.counts:
            so_far += gift.amount
        if so_far >= needed and gift.at is not None:
            return gift.at
    return _START + timedelta(seconds=place)
