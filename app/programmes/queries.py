"""Reads of programmes, their sources and their progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, func, select
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.core.errors import Missing
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO, Money, total
from app.core.once import once
from app.ledger import queries as ledger
from app.ledger.models import AccountRow
from app.ledger.rules import Check
from app.programmes.models import Programme, ProgressEntry, Release, Source


def programmes() -> list[Programme]:
    """All programmes, newest first."""
    rows = select(Programme).options(selectinload(Programme.sources), selectinload(Programme.progress))
    return list(db.session.scalars(rows.order_by(Programme.starts_on.desc(), Programme.id.desc())))


def sheet() -> Rows:
    """The office’s list of programmes."""
    return Rows(
        select=select(Programme).options(selectinload(Programme.sources)),
        key=Programme.id,
        views=(View("all", N_("All")),),
        orders=(
            Order("newest", N_("newest first"), Programme.starts_on, down=True),
            Order("code", N_("by code"), Programme.code),
            Order("title", N_("by title"), func.sort_key(Programme.title, type_=Text)),
        ),
        search=(Programme.title, Programme.code, Programme.responsible_name, Programme.action),
        facets=(
            Facet("year", N_("Year of the start"), func.to_char(Programme.starts_on, "YYYY")),
            Facet("responsible", N_("Responsible officer"), Programme.responsible_name),
        ),
    )


def standings_of(programmes: Iterable[Programme]) -> dict[int, Standing]:
    """The books of the sources of these programmes, by the source, in one question."""
    owners = {f"source:{source.id}": source.id for programme in programmes for source in programme.sources}
    found = ledger.balances_of("budget", owners)
    return {source_id: _standing(found[owner]) for owner, source_id in owners.items()}


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
    return _standing(ledger.balances("budget", f"source:{source_id}"))


def _standing(held: Mapping[str, Money]) -> Standing:
    whole = -held.get("endowed", ZERO)
    return Standing(whole, whole - held.get("granted", ZERO), held.get("released", ZERO))


def lock(source: Source) -> Standing:
    """The books of one source, held still until the end of this transaction."""
    db.session.execute(select(Source.id).where(Source.id == source.id).with_for_update())
    return standing(source.id)


@once
def standings() -> dict[int, Standing]:
    """The books of every source, by its id, in one question."""
    books = (AccountRow.book == "budget") & (AccountRow.owner == func.concat("source:", Source.id))
    found: dict[int, dict[str, Money]] = {}
    rows = db.session.execute(select(Source.id, AccountRow.name, AccountRow.balance).outerjoin(AccountRow, books))
    for source_id, name, amount in rows:
        found.setdefault(source_id, {})[name] = amount
    return {source_id: _standing(held) for source_id, held in found.items()}


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
