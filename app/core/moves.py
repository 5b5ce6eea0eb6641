"""States and legal moves are one table per room; this applies it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from app.core.errors import Conflict

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


def move(moves: Mapping[tuple[S, A], S], state: S, act: A) -> S:
    """The state after the act; raises Conflict where the table has no such move."""
    try:
        return moves[state, act]
    except KeyError:
        raise Conflict("This can no longer be done: things have moved on. Open the page again to see how.") from None
