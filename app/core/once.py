"""A page that only looks asks each question once: what was read stays at hand until something is written.

What is kept belongs to one request's session and goes with it, so nothing of one person is ever told to another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from app.core.db import KNOWN, db

P = ParamSpec("P")
R = TypeVar("R")


def look() -> None:
    """From now on this session only looks: the same question to a read marked `once` has the same answer."""
    db.session.info[KNOWN] = {}


def done() -> None:
    """What was at hand is forgotten; each question is asked again."""
    db.session.info.pop(KNOWN, None)


def once(read: Callable[P, R]) -> Callable[P, R]:
    """A read that one page needs in several places; asked anew by whoever writes."""

    @wraps(read)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        known: dict[Any, Any] | None = db.session.info.get(KNOWN)
        if known is None:
            return read(*args, **kwargs)
        question = (read, args, tuple(sorted(kwargs.items())))
        if question not in known:
            known[question] = read(*args, **kwargs)
        found: R = known[question]
        return found

    return asked
