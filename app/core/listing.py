"""Long lists: what may be searched, ticked, sorted and counted; a page at a time, in a fixed number of questions."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import and_
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, null, or_, true, tuple_, union_all

from app.core.db import Cents, UTCDateTime, db
from app.core.money import Money

PAGE = 25
CHUNK = 500
_HUGE = 2**62
WORDS = 5  # of a search; the rest is not looked at


@dataclass(frozen=True)
class View:
    """A part of the list that has a name of its own and a count; without a condition it is the whole."""

    name: str
    label: str
    where: Any = None


@dataclass(frozen=True)
class Facet:
    """A group of boxes to tick: any of the ticked ones holds. `words` names fixed values, `said` reads their names."""

    name: str
    label: str
    value: Any
    words: Mapping[str, str] = field(default_factory=dict)
    said: Any = None


@dataclass(frozen=True)
class Order:
    """A way to sort, by something that every row has."""

    name: str
    label: str
    by: Any
    down: bool = False


@dataclass(frozen=True)
class Asked:
    """What somebody asked of a list; everything of it is known to the list."""

    view: str
    order: str
    words: str = ""
    ticked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cursor: str = ""
    back: bool = False
    size: int = PAGE


@dataclass(frozen=True)
class Choice:
    """One box of a facet: how many rows it would show, and whether it is ticked."""

    value: str
    label: str
    number: int
    ticked: bool


@dataclass(frozen=True)
class Page:
    """A page of rows and what stands around it."""

    rows: list[Any]
    total: int
    first: int
    counts: Mapping[str, int]
    choices: Mapping[str, list[Choice]]
    before: str = ""
    after: str = ""


class Sheet(Protocol):
    """Anything that can be shown as a list."""

    @property
    def views(self) -> Sequence[View]: ...
    @property
    def facets(self) -> Sequence[Facet]: ...
    @property
    def orders(self) -> Sequence[Order]: ...
    def read(self, asked: Asked, others: Mapping[str, Asked]) -> Page: ...
    def every(self, asked: Asked) -> Iterator[Any]: ...


def pack(value: object, key: int) -> str:
    """Where a page ends, as a word for the address."""
    plain: tuple[str, Any]
    match value:
        case Money():
            plain = ("m", value.cents)
        case datetime():
            plain = ("t", value.isoformat())
        case date():
            plain = ("d", value.isoformat())
        case _:
            plain = ("v", value)
    return base64.urlsafe_b64encode(json.dumps([*plain, key]).encode()).decode().rstrip("=")


def unpack(word: str) -> tuple[Any, int] | None:
    """The same read back; None where nobody of ours wrote it."""
    try:
        tag, value, key = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        read = {"m": Money, "t": datetime.fromisoformat, "d": date.fromisoformat, "v": lambda plain: plain}[tag]
        if not isinstance(key, int) or not isinstance(value, (str, int)) or abs(key) >= _HUGE:
            return None
        return read(value), key  # type: ignore[operator]  # each reader takes the plain value of its own tag
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None


@dataclass(frozen=True)
class Rows:
    """A list read from the database: one question for the rows, one for all counts, one for all boxes."""

    select: Select[*tuple[Any, ...]]
    key: Any
    views: Sequence[View]
    orders: Sequence[Order]
    search: Sequence[Any] = ()
    facets: Sequence[Facet] = ()

    def read(self, asked: Asked, others: Mapping[str, Asked]) -> Page:
        """The page asked for, with the counts of every view and of the named others."""
        order = next(one for one in self.orders if one.name == asked.order)
        found = self._rows(asked, order)
        more, rows = len(found) > asked.size, found[: asked.size]
        if asked.back:
            rows.reverse()
        counts, total, first = self._counts(asked, others, order, rows)
        onward, earlier = (bool(asked.cursor), more) if asked.back else (more, bool(asked.cursor))
        return Page(
            rows=[row[:-2] if len(row) > 3 else row[0] for row in rows],
            total=total,
            first=first,
            counts=counts,
            choices=self._choices(asked),
            before=pack(*rows[0][-2:]) if rows and earlier else "",
            after=pack(*rows[-1][-2:]) if rows and onward else "",
        )

    def every(self, asked: Asked) -> Iterator[Any]:
        """Every row asked for, from the first on, read in portions."""
        order = next(one for one in self.orders if one.name == asked.order)
        here = replace(asked, cursor="", back=False, size=CHUNK)
        while True:
            found = self._rows(here, order)
            yield from (row[:-2] if len(row) > 3 else row[0] for row in found[:CHUNK])
            if len(found) <= CHUNK:
                return
            here = replace(here, cursor=pack(*found[CHUNK - 1][-2:]))

    def _rows(self, asked: Asked, order: Order) -> list[Any]:
        down = order.down is not asked.back
        query = self.select.add_columns(order.by.label("sorted_by"), self.key.label("row_key"))
        query = query.where(self._wanted(asked))
        place = unpack(asked.cursor) if asked.cursor else None
        if place is not None and _fits(order, place[0]):
            query = query.where(_beyond(order, self.key, place, down=down))
        ends = (order.by.desc(), self.key.desc()) if down else (order.by.asc(), self.key.asc())
        return list(db.session.execute(query.order_by(*ends).limit(asked.size + 1)))

    def _counts(
        self, asked: Asked, others: Mapping[str, Asked], order: Order, rows: list[Any]
    ) -> tuple[dict[str, int], int, int]:
        wanted = {f"view:{view.name}": _all(view.where) for view in self.views}
        wanted |= {f"other:{name}": self._wanted(other) for name, other in others.items()}
        wanted["total"] = self._wanted(asked)
        if rows and asked.cursor:
            head = (rows[0][-2], rows[0][-1])
            wanted["ahead"] = wanted["total"] & _beyond(order, self.key, head, down=not order.down)
        counts = [func.count().filter(each).label(f"c{n}") for n, each in enumerate(wanted.values())]
        query = self.select.with_only_columns(*counts, maintain_column_froms=True).order_by(None)
        row = db.session.execute(query).one()
        found = dict(zip(wanted, row, strict=True))
        named = {name.partition(":")[2]: number for name, number in found.items() if ":" in name}
        return named, found["total"], found.get("ahead", 0) + 1 if rows else 0

    def _choices(self, asked: Asked) -> dict[str, list[Choice]]:
        if not self.facets:
            return {}
        parts = []
        for facet in self.facets:
            rest = [self._ticked(other, asked) for other in self.facets if other is not facet]
            value = cast(facet.value, Text)
            said = value if facet.said is None else cast(facet.said, Text)
            number = func.count().filter(reduce(and_, rest, true()))
            query = self.select.with_only_columns(
                literal(facet.name), value, said, number, maintain_column_froms=True
            ).where(self._view(asked), self._found(asked), facet.value.is_not(null()))
            parts.append(query.order_by(None).group_by(value, said))
        rows = db.session.execute(union_all(*parts)).all()
        return {
            facet.name: _boxes(facet, [row[1:] for row in rows if row[0] == facet.name], asked) for facet in self.facets
        }

    def _wanted(self, asked: Asked) -> ColumnElement[bool]:
        ticks = [self._ticked(facet, asked) for facet in self.facets]
        return reduce(and_, [self._view(asked), self._found(asked), *ticks])

    def _view(self, asked: Asked) -> ColumnElement[bool]:
        return _all(next(view.where for view in self.views if view.name == asked.view))

    def _ticked(self, facet: Facet, asked: Asked) -> ColumnElement[bool]:
        values = asked.ticked.get(facet.name, ())
        return cast(facet.value, Text).in_(values) if values else true()

    def _found(self, asked: Asked) -> ColumnElement[bool]:
        if not self.search:
            return true()
        terms = [func.sort_key(f"%{_literal(word)}%") for word in asked.words.split()[:WORDS]]
        each = [
            or_(*(func.sort_key(func.coalesce(cast(column, Text), "")).like(term) for column in self.search))
            for term in terms
        ]
        return reduce(and_, each, true())


def _all(where: Any) -> ColumnElement[bool]:
    return true() if where is None else where


def _literal(word: str) -> str:
    return word.replace("\x00", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fits(order: Order, value: Any) -> bool:
    """Whether a value out of an address is one of those that the list is sorted by."""
    kind = order.by.type.python_type if not isinstance(order.by.type, (Cents, UTCDateTime)) else None
    if isinstance(order.by.type, Cents):
        return isinstance(value, Money) and abs(value.cents) < _HUGE
    if isinstance(order.by.type, UTCDateTime):
        return isinstance(value, datetime) and value.tzinfo is not None
    if kind is int:
        return isinstance(value, int) and abs(value) < _HUGE
    return kind is not None and isinstance(value, kind) and "\x00" not in str(value)


def _beyond(order: Order, key: Any, place: tuple[Any, int], *, down: bool) -> ColumnElement[bool]:
    here = tuple_(order.by, key)
    there = tuple_(literal(place[0], order.by.type), literal(place[1]))
    return here < there if down else here > there


def _boxes(facet: Facet, rows: Sequence[Any], asked: Asked) -> list[Choice]:
    """Fixed values in their order, read ones by name; what is ticked stays, also where it finds nothing."""
    ticked = asked.ticked.get(facet.name, ())
    known = {value: (label, number) for value, label, number in rows}
    for value in ticked:
        known.setdefault(value, (value, 0))
    if facet.words:
        places = {value: place for place, value in enumerate(facet.words)}
        order = sorted(known, key=lambda value: places.get(value, len(places)))
    else:
        order = sorted(
            known, key=lambda value: (len(known[value][0]) if known[value][0].isdigit() else 0, known[value])
        )
    return [Choice(value, *known[value], value in ticked) for value in order]


@dataclass(frozen=True)
class Held:
    """A list that stands in memory: conditions, values and orders are functions of a row; `key` is unique."""

    rows: Sequence[Any]
    key: Callable[[Any], str]
    views: Sequence[View]
    orders: Sequence[Order]
    search: Sequence[Callable[[Any], str]] = ()
    facets: Sequence[Facet] = ()

    def read(self, asked: Asked, others: Mapping[str, Asked]) -> Page:
        """The page asked for, with the counts of every view and of the named others."""
        order = next(one for one in self.orders if one.name == asked.order)
        wanted = self._sorted(self._wanted(asked), order)
        start = self._start(wanted, asked)
        shown = wanted[start : start + asked.size]
        counts = {view.name: sum(1 for row in self.rows if _holds(view, row)) for view in self.views}
        return Page(
            rows=shown,
            total=len(wanted),
            first=start + 1 if shown else 0,
            counts={**counts, **{name: len(self._wanted(other)) for name, other in others.items()}},
            choices={facet.name: self._choices(facet, asked) for facet in self.facets},
            before=_word(self.key(shown[0])) if shown and start else "",
            after=_word(self.key(shown[-1])) if shown and start + asked.size < len(wanted) else "",
        )

    def every(self, asked: Asked) -> Iterator[Any]:
        """Every row asked for, in order."""
        order = next(one for one in self.orders if one.name == asked.order)
        yield from self._sorted(self._wanted(asked), order)

    def _sorted(self, rows: list[Any], order: Order) -> list[Any]:
        return sorted(rows, key=order.by, reverse=order.down)

    def _start(self, wanted: list[Any], asked: Asked) -> int:
        place = unpack(asked.cursor) if asked.cursor else None
        at = next((n for n, row in enumerate(wanted) if place and self.key(row) == place[0]), None)
        if at is None:
            return 0
        return max(0, at - asked.size) if asked.back else at + 1

    def _wanted(self, asked: Asked) -> list[Any]:
        view = next(view for view in self.views if view.name == asked.view)
        return [
            row
            for row in self.rows
            if _holds(view, row) and self._found(row, asked) and all(_is_ticked(one, row, asked) for one in self.facets)
        ]

    def _found(self, row: Any, asked: Asked) -> bool:
        text = " ".join(_plain(read(row)) for read in self.search)
        return all(_plain(word) in text for word in asked.words.split()[:WORDS])

    def _choices(self, facet: Facet, asked: Asked) -> list[Choice]:
        view = next(view for view in self.views if view.name == asked.view)
        found: dict[str, list[Any]] = {}
        for row in self.rows:
            value = facet.value(row)
            if value is None or not (_holds(view, row) and self._found(row, asked)):
                continue
            seen = found.setdefault(value, [value if facet.said is None else facet.said(row), 0])
            seen[1] += all(_is_ticked(other, row, asked) for other in self.facets if other is not facet)
        return _boxes(facet, [(value, *seen) for value, seen in found.items()], asked)


def _word(key: str) -> str:
    return pack(key, 0)


def _holds(view: View, row: Any) -> bool:
    return view.where is None or bool(view.where(row))


def _is_ticked(facet: Facet, row: Any, asked: Asked) -> bool:
    values = asked.ticked.get(facet.name, ())
    return not values or facet.value(row) in values


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().casefold()
