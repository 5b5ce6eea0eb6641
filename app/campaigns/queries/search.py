"""The list of public campaigns: search that forgives, filters, keyset pages, and how many there are of each kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import REGCONFIG

from app.campaigns.models import Campaign, Tally
from app.campaigns.rules import Stage, State, sought
from app.core.db import UTCDateTime, db
from app.core.once import once
from app.territory.models import Zone

PER_PAGE = 24
RANKED = 200  # of the hits, the newest are ranked; who gets more should say more
COUNTED = 1_000  # further than this a filtered list is not counted: "more than" is all a reader needs
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Filters:
    """What a reader looks for: values of one kind widen the list, different kinds narrow it."""

    zones: Collection[str] = ()
    themes: Collection[str] = ()
    calls: Collection[int] = ()
    stages: Collection[Stage] = ()
    words: str = ""
    # Which rows are finished and which were lost is known on higher floors: they hand in their questions.
    finished: Select[Any] | None = None
    lost: Select[Any] | None = None


class Order(StrEnum):
    """How a list of campaigns runs."""

    ENDING = "ending"
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True)
class Found:
    """One page of the list. `after` leads to the next one and is empty at the end."""

    campaigns: Sequence[Campaign]
    after: str = ""
    corrected: str = ""  # what was looked for instead, where nothing has the words as they were typed


def find(asked: Filters | None = None, order: Order = Order.ENDING, *, after: str = "", limit: int = PER_PAGE) -> Found:
    """Public campaigns by filters: the open ones that end first, then the others, newest first; by words, the best.

    `after` is the mark of an earlier page's end; one that nobody made begins anew.
    """
    asked = asked or Filters()
    if not asked.words.strip():
        if order is Order.ENDING:
            return _by_end(asked, after, limit)
        return _by_column(asked, order, after, limit)
    typed = sought(asked.words)
    found = _hits(func.websearch_to_tsquery(_it(), " ".join(typed)), asked, order, after, limit)
    if found.campaigns or after:
        return found
    mended = _mended(tuple(typed))
    if mended is None:
        return found
    again = _hits(func.to_tsquery(_it(), mended[0]), asked, order, after, limit)
    return replace(again, corrected=mended[1] if again.campaigns else "")


def count(asked: Filters) -> tuple[int, bool]:
    """How many the filters leave, and whether there are more: from the tally where it knows, else up to a limit."""
    narrowing = [kind for kind in ("zones", "themes", "calls") if getattr(asked, kind)]
    if len(narrowing) <= 1 and not asked.words.strip() and set(asked.stages) <= {Stage.OPEN}:
        return _tallied(asked, narrowing[0] if narrowing else "themes"), False
    rows = _where(asked)
    if asked.words.strip():
        typed = sought(asked.words)
        rows.append(Campaign.search.op("@@")(func.websearch_to_tsquery(_it(), " ".join(typed))))
    found = _up_to(rows)
    if not found and asked.words.strip() and (mended := _mended(tuple(sought(asked.words)))) is not None:
        rows[-1] = Campaign.search.op("@@")(func.to_tsquery(_it(), mended[0]))
        found = _up_to(rows)
    return min(found, COUNTED), found > COUNTED


def _up_to(rows: list[ColumnElement[bool]]) -> int:
    some = select(Campaign.id).where(*rows).limit(COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _tallied(asked: Filters, kind: str) -> int:
    rows = select(func.coalesce(func.sum(Tally.count), 0)).where(Tally.kind == kind[:-1])
    if asked.stages:
        rows = rows.where(Tally.state == State.LIVE)
    if asked.zones:
        rows = rows.where(Tally.value.in_(select(cast(Zone.id, Text)).where(Zone.slug.in_(asked.zones))))
    elif asked.themes:
        rows = rows.where(Tally.value.in_(list(asked.themes)))
    elif asked.calls:
        rows = rows.where(Tally.value.in_([str(each) for each in asked.calls]))
    return int(db.session.scalar(rows) or 0)


def zones_with(asked: Filters) -> set[int]:
    """The rows of the zones in which something fits."""
    rows = _where(asked)
    if asked.words.strip():
        rows.append(Campaign.search.op("@@")(func.websearch_to_tsquery(_it(), " ".join(sought(asked.words)))))
    return set(db.session.scalars(select(Campaign.zone_id).where(*rows).distinct()))


@dataclass(frozen=True)
class Facets:
    """How many public projects each value of a filter has."""

    zones: dict[int, tuple[int, int]] = field(default_factory=dict)  # row of the zone: all, open now
    themes: dict[str, int] = field(default_factory=dict)
    calls: dict[int, int] = field(default_factory=dict)
    open_now: int = 0


def facets() -> Facets:
    """The counts beside the filters, from the tally that the database keeps."""
    zones: dict[int, tuple[int, int]] = {}
    themes: dict[str, int] = {}
    by_call: dict[int, int] = {}
    open_now = 0
    rows = select(Tally.kind, Tally.value, Tally.state, Tally.count).where(Tally.count > 0)
    for kind, value, state, many in db.session.execute(rows):
        if kind == "zone":
            every, opened = zones.get(int(value), (0, 0))
            zones[int(value)] = (every + many, opened + (many if state is State.LIVE else 0))
        elif kind == "theme":
            themes[value] = themes.get(value, 0) + many
            open_now += many if state is State.LIVE else 0
        else:
            by_call[int(value)] = by_call.get(int(value), 0) + many
    return Facets(zones, themes, by_call, open_now)


# --- filters ---------------------------------------------------------------------------------------------------------


def _where(asked: Filters) -> list[ColumnElement[bool]]:
    """Everything but the words."""
    found: list[ColumnElement[bool]] = [Campaign.state.in_(_states(asked))]
    if asked.stages:
        found.append(_at_stage(asked))
    if asked.zones:
        found.append(Campaign.zone_id.in_(select(Zone.id).where(Zone.slug.in_(asked.zones))))
    if asked.themes:
        found.append(Campaign.theme.in_(list(asked.themes)))
    if asked.calls:
        found.append(Campaign.call_id.in_(list(asked.calls)))
    return found


def _states(asked: Filters) -> list[State]:
    """The states in which something of these stages can be, open ones first."""
    stages = set(asked.stages) or set(Stage)
    return [
        state
        for state, some in ((State.LIVE, {Stage.OPEN}), (State.CLOSED, set(Stage) - {Stage.OPEN}))
        if stages & some
    ]


def _at_stage(asked: Filters) -> ColumnElement[bool]:
    finished = Campaign.id.in_(asked.finished) if asked.finished is not None else false()
    lost = Campaign.id.in_(asked.lost) if asked.lost is not None else false()
    means = {
        Stage.OPEN: Campaign.state == State.LIVE,
        Stage.MAKING: and_(Campaign.state == State.CLOSED, not_(finished), not_(lost)),
        Stage.FINISHED: finished,
        Stage.LOST: lost,
    }
    return or_(*(means[stage] for stage in asked.stages))


# --- in an order -----------------------------------------------------------------------------------------------------


def _by_end(asked: Filters, after: str, limit: int) -> Found:
    """Open ones by their end, then ended ones from the newest on: two ordered reads of one index, the second only as
    far as the first leaves room."""
    begin = _mark_of(after)
    rows: list[Campaign] = []
    for state in _states(asked):
        if len(rows) > limit or (begin and begin[0] == State.CLOSED and state is State.LIVE):
            continue
        part = select(Campaign).where(Campaign.state == state, *_where(asked))
        place = tuple_(Campaign.closes_at, Campaign.id)
        if begin and begin[0] == state:
            mark = tuple_(literal(begin[1], UTCDateTime()), literal(begin[2]))
            part = part.where(place > mark if state is State.LIVE else place < mark)
        way = (Campaign.closes_at, Campaign.id)
        part = part.order_by(*(way if state is State.LIVE else tuple(column.desc() for column in way)))
        rows += db.session.scalars(part.limit(limit + 1 - len(rows)))
    shown = rows[:limit]
    return Found(shown, _mark(shown[-1]) if len(rows) > limit else "")


def _mark(campaign: Campaign) -> str:
    """Where a page ended: the state, the moment of the end, the row."""
    ends = campaign.closes_at or _EPOCH
    return f"{campaign.state}.{(ends - _EPOCH) // timedelta(microseconds=1)}.{campaign.id}"


def _mark_of(after: str) -> tuple[str, datetime, int] | None:
    found = re.fullmatch(r"(live|closed)\.(\d{1,17})\.(\d{1,18})", after)
    if found is None:
        return None
    return found[1], _EPOCH + timedelta(microseconds=int(found[2])), int(found[3])


def _by_column(asked: Filters, order: Order, after: str, limit: int) -> Found:
    """By the day of the opening or by name; the mark is the row at which the page before ended."""
    key: Any = func.sort_key(Campaign.title) if order is Order.TITLE else Campaign.opens_at
    part = select(Campaign).where(*_where(asked))
    begin = re.fullmatch(r"row\.(\d{1,18})", after)
    if begin is not None:
        last = select(key, Campaign.id).where(Campaign.id == int(begin[1])).correlate(None).scalar_subquery()
        place = tuple_(key, Campaign.id)
        part = part.where(place > last if order is Order.TITLE else place < last)
    way = (key, Campaign.id)
    part = part.order_by(*(way if order is Order.TITLE else tuple(column.desc() for column in way)))
    rows = db.session.scalars(part.limit(limit + 1)).all()
    shown = rows[:limit]
    return Found(shown, f"row.{shown[-1].id}" if len(rows) > limit else "")


# --- by words --------------------------------------------------------------------------------------------------------


def _it() -> ColumnElement[Any]:
    return literal("it", REGCONFIG)


def _hits(query: ColumnElement[Any], asked: Filters, order: Order, after: str, limit: int) -> Found:
    """The newest hits, the best first: title before place and group before summary, open ones a little before ended.
    There are so few that the mark is only how many were shown."""
    hits = (
        select(Campaign.id, Campaign.search, Campaign.state)
        .where(Campaign.search.op("@@")(query), *_where(asked))
        .order_by(Campaign.id.desc())
        .limit(RANKED)
        .cte("hits")
    )
    rank = cast(func.ts_rank(hits.c.search, query) * 1_000_000, Integer)
    best = rank + cast(hits.c.state == State.LIVE, Integer) * 100_000
    ways: dict[Order, tuple[Any, ...]] = {
        Order.ENDING: (best.desc(), Campaign.id.desc()),
        Order.NEWEST: (Campaign.opens_at.desc(), Campaign.id.desc()),
        Order.TITLE: (func.sort_key(Campaign.title), Campaign.id),
    }
    shown_before = int(found[1]) if (found := re.fullmatch(r"hit\.(\d{1,3})", after)) else 0
    rows = db.session.scalars(
        select(Campaign)
        .join(hits, hits.c.id == Campaign.id)
        .order_by(*ways[order])
        .limit(limit + 1)
        .offset(min(shown_before, RANKED))
    ).all()
    return Found(rows[:limit], f"hit.{shown_before + limit}" if len(rows) > limit else "")


_NEAR = text(
    """
    select typed.word,
        found.lexeme is null or exists (select 1 from campaigns_word known where known.lexeme = found.lexeme) as known,
        array(select part.word from campaigns_word part
            where length(typed.word) >= 3 and part.word like '%' || typed.word || '%' limit 20) as parts,
        near.word as near
    from (select n, sort_key(word) as word from unnest(cast(:words as text[])) with ordinality each(word, n)) typed
    cross join lateral (select (tsvector_to_array(to_tsvector('it', typed.word)))[1] as lexeme) found
    left join lateral (
        select each.word from campaigns_word each where each.word % typed.word
        order by similarity(each.word, typed.word) desc, abs(length(each.word) - length(typed.word)), each.word limit 1
    ) near on true
    order by typed.n
    """
)


@once
def _mended(typed: tuple[str, ...]) -> tuple[str, str] | None:
    """The words with each unknown one replaced by those it is a part of, or by the nearest; and how to say it."""
    parts, said, changed = [], [], False
    for row in db.session.execute(_NEAR, {"words": list(typed)}):
        if row.known:
            choice, shown = [row.word], row.word
        elif row.parts:
            choice, shown, changed = list(row.parts), row.word, True
        elif row.near:
            choice, shown, changed = [row.near], row.near, True
        else:
            return None  # one word is like nothing here: whatever the others find, it is not what was meant
        parts.append(" | ".join(choice))
        said.append(shown)
    if not changed:
        return None
    corrected = " ".join(said)
    return " & ".join(f"({part})" for part in parts), corrected if corrected != " ".join(typed) else ""
