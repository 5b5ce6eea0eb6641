"""What is asked of the database meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.core.db import db

# What keeps a transaction together asks nothing.
FRAME = ("SAVEPOINT", "RELEASE", "SET ")


@contextmanager
def counted() -> Iterator[list[str]]:
    """`with counted() as seen:` collects the statements sent meanwhile."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def questions(seen: list[str]) -> list[str]:
    """Those of them that ask or tell something."""
    return [each for each in seen if not each.lstrip().upper().startswith(FRAME)]
