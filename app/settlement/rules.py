"""How a campaign ends: the states of its close, the dates that follow from it, and what collected money earns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from app.core.money import ZERO, Money
from app.matching.rules import Crowd, MatchPolicy, settled

WAIT_FOR_LATE_EVENTS = timedelta(minutes=10)


class State(StrEnum):
    """Where a case stands."""

    CLOSING = "closing"
    CONSTITUTING = "constituting"
    NOTIFIED = "notified"
    COLLECTING = "collecting"
    CONFIRMED = "confirmed"
    RELEASED = "released"


class Act(StrEnum):
    """How a case goes on."""

    WAIT_FOR_ENTITY = "wait_for_entity"
    NOTIFY = "notify"
    COLLECT = "collect"
    CONFIRM = "confirm"
    RELEASE = "release"


MOVES: dict[tuple[State, Act], State] = {
    (State.CLOSING, Act.WAIT_FOR_ENTITY): State.CONSTITUTING,
    (State.CLOSING, Act.NOTIFY): State.NOTIFIED,
    (State.CLOSING, Act.RELEASE): State.RELEASED,
    (State.CONSTITUTING, Act.NOTIFY): State.NOTIFIED,
    (State.CONSTITUTING, Act.RELEASE): State.RELEASED,
    (State.NOTIFIED, Act.COLLECT): State.COLLECTING,
    (State.NOTIFIED, Act.RELEASE): State.RELEASED,
    (State.COLLECTING, Act.CONFIRM): State.CONFIRMED,
    (State.COLLECTING, Act.RELEASE): State.RELEASED,
}
ENDED = frozenset({State.CONFIRMED, State.RELEASED})


class Outcome(StrEnum):
    """What the close decided."""

    WON = "won"
    LOST = "lost"


class Why(StrEnum):
    """Why a case ended the way it did; pages and mails have one sentence for each."""

    BELOW_THRESHOLD = "below_threshold"
    TOO_FEW = "too_few"
    NOT_CONSTITUTED = "not_constituted"
    TOO_LATE_TO_CHARGE = "too_late_to_charge"
    NOT_COLLECTED = "not_collected"
    SHRUNK = "shrunk"
    WHOLE = "whole"


def decide(counted: Money, threshold: Money, people: int = 0, people_min: int = 0) -> Outcome:
    """A campaign is won when the promises that count reach the threshold, to the cent, and come from enough people."""
    return Outcome.WON if counted >= threshold and people >= people_min else Outcome.LOST


def missing(counted: Money, threshold: Money) -> Money:
    """What a campaign still lacked at its close."""
    return max(ZERO, threshold - counted)


def days_after(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same wall-clock time so many civic days later, so that summer time never moves a deadline to another day."""
    return (moment.astimezone(zone) + timedelta(days=days)).astimezone(UTC)


def grace_until(started_at: datetime, closed_at: datetime, *, grace: int, last_charge: int, zone: ZoneInfo) -> datetime:
    """The grace window ends so many days after collection began, never after the last charge day of the consent."""
    return min(days_after(started_at, grace, zone), days_after(closed_at, last_charge, zone))


@dataclass(frozen=True, slots=True)
class Result:
    """What the collected money earned."""

    confirmed: bool
    match: Money
    why: Why


def result(collected: Crowd, budget: Money, stretch: Money, policy: MatchPolicy) -> Result:
    """The match on money really collected: counted gifts earn it, and all gifts together leave only so much to pay."""
    earned = settled(collected, budget, stretch, policy)
    if earned.outcome == "released":
        return Result(False, ZERO, Why.NOT_COLLECTED)
    return Result(True, earned.match, Why.SHRUNK if earned.outcome == "shrunk" else Why.WHOLE)


def revised(
    collected: Crowd, if_won: Crowd, budget: Money, stretch: Money, policy: MatchPolicy, most: Money
) -> tuple[Money, Money]:
    """The match on what is there now, and what more it is if every open dispute is won; together never above `most`.

    Where money went back after the match was confirmed the same frozen rules decide again; what was given back to the
    fund is no longer there to be given.
    """
    match = min(most, result(collected, budget, stretch, policy).match)
    hoped = min(most, result(if_won, budget, stretch, policy).match)
    return match, max(ZERO, hoped - match)


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one way to write a record down, so that its hash can be computed again."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
