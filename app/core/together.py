"""Several questions in one trip to the database: each room words its own, whoever needs them asks all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Date, DateTime, LargeBinary, Numeric, Select, func, select
from sqlalchemy.types import TypeEngine

from app.core.db import Cents, Named, UTCDateTime, db
from app.core.money import Money

T = TypeVar("T")


class Line:
    """One row of an answer: a value for each column, by its label."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getattr__(self, label: str) -> Any:
        try:
            return self._values[label]
        except KeyError:
            raise AttributeError(label) from None


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One question among several: labelled columns in their order, and what a row of them means (None: nothing)."""

    select: Select[*tuple[Any, ...]]
    read: Callable[[Any], T | None]


def together(asks: Iterable[Ask[T]]) -> list[T]:
    """The answers of all questions, in the order of the questions and of their rows, read in one statement."""
    asked = list(asks)
    if not asked:
        return []
    parts = [each.select.subquery(f"q{n}") for n, each in enumerate(asked)]
    answers = db.session.execute(
        select(*(select(func.json_agg(func.json_build_array(*part.c))).scalar_subquery() for part in parts))
    ).one()
    found: list[T] = []
    for ask, part, rows in zip(asked, parts, answers, strict=True):
        readers = [(str(label), _reader(column.type)) for label, column in part.c.items()]
        for row in rows or ():
            said = ask.read(Line(_values(readers, row)))
            if said is not None:
                found.append(said)
    return found


def _values(readers: Sequence[tuple[str, Callable[[Any], Any]]], row: Sequence[Any]) -> dict[str, Any]:
    return {label: None if value is None else read(value) for (label, read), value in zip(readers, row, strict=True)}


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """How a value of that column comes back out of JSON."""
    if isinstance(kind, Cents):
        return lambda value: Money(int(value))
    if isinstance(kind, UTCDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Named):
        return kind.kind
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, (LargeBinary, DateTime, Numeric)):
        raise TypeError(f"{kind!r} would not come back as it went in")
    return lambda value: value
