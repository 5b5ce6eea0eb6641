"""Reads of programmes, their sources and their progress."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import Missing
from app.core.money import ZERO, Money, total
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.programmes.models import Programme, ProgressEntry, Release, Source


def programmes() -> list[Programme]:
    """All programmes, newest first."""
    rows = select(Programme).options(selectinload(Programme.sources), selectinload(Programme.progress))
    return list(db.session.scalars(rows.order_by(Programme.starts_on.desc(), Programme.id.desc())))


def by_code(code: str) -> Programme:
    """The programme with this code."""
    found = db.session.scalar(select(Programme).where(Programme.code == code))
    if found is None:
        raise Missing("There is no programme with this code.")
    return found


def by_ref(ref: str) -> Programme:
    """The programme with this reference."""
    found = db.session.scalar(select(Programme).where(Programme.ref == ref))
    if found is None:
        raise Missing("There is no programme with this reference.")
    return found


def code_taken(code: str) -> bool:
    """Whether a programme already has this code."""
    return db.session.scalar(select(Programme.id).where(Programme.code == code)) is not None


def programme(programme_id: int) -> Programme:
    """The programme with this id."""
    return db.session.get_one(Programme, programme_id)


def source(source_id: int) -> Source:
    """The funding source with this id."""
    return db.session.get_one(Source, source_id)


def source_by_ref(ref: str) -> Source:
    """The funding source with this reference."""
    found = db.session.scalar(select(Source).where(Source.ref == ref))
    if found is None:
        raise Missing("There is no funding source with this reference.")
    return found


def sources() -> list[Source]:
    """All funding sources, with their programmes."""
    rows = select(Source).join(Programme).options(selectinload(Source.programme))
    return list(db.session.scalars(rows.order_by(Programme.code, Source.id)))


def latest_progress(programme: Programme) -> ProgressEntry | None:
    """The newest recorded progress card, if any."""
    return programme.progress[0] if programme.progress else None


@dataclass(frozen=True)
class Standing:
    """What a source was granted, what of it was unblocked in all, and what of that no call holds yet."""

    total: Money
    released: Money
    unallocated: Money

    @property
    def blocked(self) -> Money:
        """What may still be released."""
        return self.total - self.released


def standing(source_id: int) -> Standing:
    """The books of one source."""
    owner = f"source:{source_id}"
    held = ledger.balances("budget", owner)
    whole = -held.get("endowed", ZERO)
    return Standing(whole, whole - held.get("granted", ZERO), held.get("released", ZERO))


def lock(source: Source) -> Standing:
    """The books of one source, held still until the end of this transaction."""
    db.session.execute(select(Source.id).where(Source.id == source.id).with_for_update())
    return standing(source.id)


def standings() -> dict[int, Standing]:
    """The books of every source, by its id."""
    return {one: standing(one) for one in db.session.scalars(select(Source.id))}


def whole(programme: Programme) -> Money:
    """Everything granted to a programme."""
    return total(one.total for one in programme.sources)


def checks() -> Iterable[Check]:
    """Each source’s books equal its rows."""
    sums = select(Release.source_id, func.sum(Release.amount)).group_by(Release.source_id)
    released: dict[int, Any] = {source_id: cents for source_id, cents in db.session.execute(sums)}  # noqa: C416
    for one in db.session.scalars(select(Source).order_by(Source.id)):
        books = standing(one.id)
        yield Check(f"source {one.ref}: granted", one.total, books.total)
        yield Check(f"source {one.ref}: released", _money(released.get(one.id)), books.released)


def _money(value: Any) -> Money:
    if value is None:
        return ZERO
    return value if isinstance(value, Money) else Money(int(value))
