"""Where the public money set aside for one project stands, and which moves it can make."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.money import ZERO, Money


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


@dataclass(frozen=True)
class Adjusted:
    """Where the money set aside for a project stands after its match has changed."""

    step: Money  # confirmed, or still committed
    suspended: Money
    freed: Money  # back to the fund
    owed: Money  # paid or approved already, and too much


def adjusted(step: Money, suspended: Money, spent: Money, match: Money, disputed: Money) -> Adjusted:
    """The match became smaller, or a won dispute gave some back: what stays, waits, flows back, is owed.

    `spent` is approved or paid and cannot be taken back here; `disputed` is what the match gains if open disputes are
    won. Only what is held already moves: a match never grows out of the fund again.
    """
    pot = step + suspended
    stays = min(pot, max(ZERO, match - spent))
    waits = min(disputed, pot - stays)
    return Adjusted(stays, waits, pot - stays - waits, max(ZERO, spent - match - disputed))


MOVES: dict[tuple[State, Act], State] = {
    (State.RESERVED, Act.CONFIRM): State.CONFIRMED,
    (State.RESERVED, Act.RELEASE): State.RELEASED,
    (State.CONFIRMED, Act.COMMIT): State.COMMITTED,
    (State.CONFIRMED, Act.RELEASE): State.RELEASED,
    (State.COMMITTED, Act.SPEND): State.COMMITTED,
    (State.COMMITTED, Act.CLOSE): State.CLOSED,
}
