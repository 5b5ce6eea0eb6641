"""Reads of the inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.payments.models import EventRow


def event(event_id: int) -> EventRow | None:
    """The stored message."""
    return db.session.get(EventRow, event_id)


def waiting(before: datetime, *, limit: int = 100) -> Sequence[EventRow]:
    """Messages received before then and not applied yet, oldest first."""
    return db.session.scalars(
        select(EventRow)
        .where(EventRow.applied_at.is_(None), EventRow.received_at < before)
        .order_by(EventRow.received_at)
        .limit(limit)
    ).all()


def told_at(object_id: str, kind: str) -> datetime | None:
    """When Stripe created the first event of this type about this object, if we were told."""
    return db.session.scalars(
        select(EventRow.created_at)
        .where(EventRow.object_id == object_id, EventRow.type == kind)
        .order_by(EventRow.created_at)
        .limit(1)
    ).first()
