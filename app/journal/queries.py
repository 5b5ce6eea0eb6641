"""Reads of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

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
