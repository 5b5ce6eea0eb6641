"""Reads of the inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from app.core.db import db
from app.payments.models import EventRow, Stop
from app.payments.rules import MOST_TRIES, kinds, pause


def event(event_id: int) -> EventRow | None:
    """The stored message."""
    return db.session.get(EventRow, event_id)


def waiting(job: str, before: datetime, *, limit: int = 100) -> Sequence[EventRow]:
    """Messages for this job, received before then, not applied and not in quarantine, whose next try has come."""
    seconds = pause(1).seconds * EventRow.tries * EventRow.tries
    again = EventRow.received_at + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return db.session.scalars(
        select(EventRow)
        .where(
            EventRow.applied_at.is_(None),
            EventRow.tries < MOST_TRIES,
            or_(*(EventRow.type.startswith(kind, autoescape=True) for kind in kinds(job))),
            again < before,
        )
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


def stops(*subjects: str) -> Sequence[Stop]:
    """What holds money of these subjects, or of everything, at this moment; all stops where none is named."""
    rows = select(Stop).where(Stop.lifted_at.is_(None)).order_by(Stop.opened_at, Stop.id)
    if subjects:
        rows = rows.where(Stop.subject.in_(["all", *subjects]))
    return db.session.scalars(rows).all()
