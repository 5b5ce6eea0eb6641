"""Reads of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.journal.models import Entry

# Where an act belongs, by the first part of its name.
ROOMS = {
    "calls": N_("Calls"),
    "campaigns": N_("Campaigns"),
    "evaluation": N_("Rankings"),
    "finance": N_("Books and payment service"),
    "grants": N_("Grants"),
    "groups": N_("Groups"),
    "identity": N_("People"),
    "matching": N_("Funds of the calls"),
    "payments": N_("Payments"),
    "pledges": N_("Gifts"),
    "programmes": N_("Programmes"),
    "proposals": N_("Proposals"),
    "settlement": N_("Closes and collections"),
    "spaces": N_("Premises"),
    "web": N_("Work list"),
}


def history(*subjects: str, limit: int = 500) -> Sequence[Entry]:
    """What happened to these things, one after the other, the oldest first of each."""
    place = {subject: n for n, subject in enumerate(subjects)}
    found = db.session.scalars(select(Entry).where(Entry.subject.in_(subjects)).order_by(Entry.id).limit(limit))
    return sorted(found, key=lambda entry: place[entry.subject])


def latest(limit: int = 100, what: str | None = None) -> Sequence[Entry]:
    """The newest entries, newest first; of one kind, if asked."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    return db.session.scalars(query if what is None else query.where(Entry.what == what)).all()


def done_by(person_id: int, limit: int = 100) -> Sequence[Entry]:
    """What the person did, newest first."""
    return db.session.scalars(
        select(Entry).where(Entry.person_id == person_id).order_by(Entry.id.desc()).limit(limit)
    ).all()


def entries() -> Rows:
    """Every entry, newest first."""
    return Rows(
        select=select(Entry),
        key=Entry.id,
        views=(
            View("all", N_("All")),
            View("people", N_("Done by people"), Entry.person_id.is_not(None)),
            View("system", N_("Done by the system"), Entry.person_id.is_(None)),
        ),
        orders=(
            Order("newest", N_("newest first"), Entry.at, down=True),
            Order("oldest", N_("oldest first"), Entry.at),
        ),
        search=(Entry.what, Entry.subject, Entry.person_name),
        facets=(Facet("room", N_("Part of the house"), func.split_part(Entry.what, ".", 1), words=ROOMS),),
    )
