"""Where a call stands and what may be done with it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a call stands."""

    DRAFT = "draft"
    OPEN = "open"
    EVALUATING = "evaluating"
    RANKED = "ranked"
    ENDED = "ended"


class Act(StrEnum):
    """What can be done with a call."""

    PUBLISH = "publish"
    CLOSE = "close"
    RANK = "rank"
    END = "end"


MOVES: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.PUBLISH): State.OPEN,
    (State.OPEN, Act.CLOSE): State.EVALUATING,
    (State.EVALUATING, Act.RANK): State.RANKED,
    (State.RANKED, Act.END): State.ENDED,
}


def accepts(state: State, opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether proposals may be sent at this moment: the deadline itself is too late."""
    return state is State.OPEN and opens_at <= now < closes_at
