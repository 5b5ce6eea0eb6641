"""Where the public money set aside for one project stands, and which moves it can make."""

from __future__ import annotations

from enum import StrEnum


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
