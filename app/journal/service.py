"""The only writer of the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core.actor import Actor
from app.core.db import db
from app.journal.models import Entry
from app.journal.rules import plain_data


def record(what: str, *, subject: str, by: Actor | None, now: datetime, **data: Any) -> Entry:
    """Write down what was done to which thing, by whom (None is the system); no secrets in the data."""
    entry = Entry(
        at=now,
        what=what,
        subject=subject,
        person_id=by.id if by else None,
        person_name=by.name if by else None,
        data=plain_data(data),
    )
    db.session.add(entry)
    return entry
