"""Reads of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from app.core.db import db
from app.journal.models import Entry


def history(subject: str, limit: int = 500) -> Sequence[Entry]:
    """What happened to the thing, oldest first."""
    return db.session.scalars(select(Entry).where(Entry.subject == subject).order_by(Entry.id).limit(limit)).all()


def latest(limit: int = 100, what: str | None = None) -> Sequence[Entry]:
    """The newest entries, newest first; of one kind, if asked."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    return db.session.scalars(query if what is None else query.where(Entry.what == what)).all()


def done_by(person_id: int, limit: int = 100) -> Sequence[Entry]:
    """What the person did, newest first."""
    return db.session.scalars(
        select(Entry).where(Entry.person_id == person_id).order_by(Entry.id.desc()).limit(limit)
    ).all()


def search(words: str, *, before: int | None = None, limit: int = 50) -> Sequence[Entry]:
    """Entries whose kind, thing or person holds the words, newest first, older than the given one."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Entry.id < before)
    if words:
        columns = (Entry.what, Entry.subject, Entry.person_name)
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return db.session.scalars(query).all()
