"""How scores become a ranking and where the fund ends. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from app.core.money import Money

POINTS_MAX = 10
SHEETS_MIN = 2  # complete scores that a proposal needs before it can be ranked
ACT = re.compile(r"[A-Z]{1,6}\.? ?\d{1,7}/(19|20)\d{2}")


class State(StrEnum):
    """Where a ranking stands."""

    DRAWN = "drawn"
    APPROVED = "approved"


class Outcome(StrEnum):
    """What the ranking gives a proposal."""

    FUNDED = "funded"
    RESERVE = "reserve"
    BELOW = "below"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Candidate:
    """A proposal to rank: what it would take from the fund and each evaluator’s points by criterion."""

    id: int
    ceiling: Money
    submitted_at: datetime
    sheets: Sequence[Mapping[str, int]]


@dataclass(frozen=True)
class Ranked:
    """A proposal in its place."""

    candidate: Candidate
    position: int
    score_milli: int  # thousandths of a point out of 100
    passes: bool


def weighted(sheet: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """One evaluator’s score in tenths of a point out of 100: points out of ten times weights that make 100."""
    return sum(sheet[key] * weight for key, weight in weights.items())


def mean(sheets: Sequence[Mapping[str, int]], weights: Mapping[str, int]) -> Fraction:
    """The exact mean of the evaluators’ weighted scores, out of 100."""
    return Fraction(sum(weighted(sheet, weights) for sheet in sheets), 10 * len(sheets))


def rank(candidates: Iterable[Candidate], weights: Mapping[str, int], score_min: int) -> list[Ranked]:
    """Highest mean first; a tie goes to the better first criterion, then to the earlier submission."""
    first = next(iter(weights))

    def place(one: Candidate) -> tuple[Fraction, Fraction, datetime, int]:
        best = Fraction(sum(sheet[first] for sheet in one.sheets), len(one.sheets))
        return (-mean(one.sheets, weights), -best, one.submitted_at, one.id)

    return [
        Ranked(one, position, milli(mean(one.sheets, weights)), mean(one.sheets, weights) >= score_min)
        for position, one in enumerate(sorted(candidates, key=place), start=1)
    ]


def milli(score: Fraction) -> int:
    """A score in thousandths of a point, rounded down: a proposal never passes a threshold by rounding."""
    return score.numerator * 1000 // score.denominator


@dataclass(frozen=True)
class Row:
    """A line of the ranking against the fund."""

    key: int
    outcome: Outcome
    ceiling: Money
    fund_after: Money


def draw_line(rows: Iterable[tuple[int, Money, bool]], available: Money) -> list[Row]:
    """Give out the fund strictly in order: from the first proposal that it cannot cover on, all that pass wait."""
    left, open_still, drawn = available, True, []
    for key, ceiling, passes in rows:
        if not passes:
            outcome = Outcome.BELOW
        elif open_still and ceiling <= left:
            outcome, left = Outcome.FUNDED, left - ceiling
        else:
            outcome, open_still = Outcome.RESERVE, False
        drawn.append(Row(key, outcome, ceiling, left))
    return drawn


def act_number(text: str) -> str:
    """The number of an act with its year (DD 1234/2026), tidied; empty where it is not one."""
    tidy = " ".join(text.upper().split())
    return tidy if ACT.fullmatch(tidy) else ""
