"""The inbox: store a message once, hand it to the room that applies it, remember how that went."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.actor import Actor
from app.core.db import db
from app.core.jobs import defer
from app.journal.service import record
from app.payments.gateway import Event
from app.payments.models import EventRow, Stop
from app.payments.rules import StopWhy, applier


def receive(event: Event, *, now: datetime) -> bool:
    """Store the message and wake the room it concerns; one that came before changes nothing."""
    fresh = db.session.execute(
        insert(EventRow)
        .values(
            provider_id=event.id,
            type=event.type,
            object_id=event.object_id,
            account=event.account,
            livemode=event.livemode,
            created_at=event.created_at,
            received_at=now,
            payload=event.payload,
            tries=0,
        )
        .on_conflict_do_nothing(index_elements=["provider_id"])
        .returning(EventRow.id)
    ).scalar_one_or_none()
    if fresh is None:
        return False
    if job := applier(event.type):
        defer(job, event_id=fresh)
    else:
        applied(fresh, now=now)
    return True


def applied(event_id: int, *, now: datetime) -> None:
    """The message has had its effect, or needs none."""
    row = db.session.scalars(select(EventRow).where(EventRow.id == event_id).with_for_update()).one()
    if row.applied_at is None:
        row.applied_at, row.problem = now, None


def failed(event_id: int, problem: str, *, now: datetime) -> None:
    """The message could not be applied yet: keep the reason, it will be tried again."""
    row = db.session.scalars(select(EventRow).where(EventRow.id == event_id).with_for_update()).one()
    row.tries += 1
    row.problem = problem[:500]


def stop(subject: str, why: StopWhy, cause: str, *, now: datetime) -> bool:
    """No money of this subject moves on from now; stopped twice for one cause is stopped once."""
    made = db.session.execute(
        insert(Stop)
        .values(subject=subject, why=why, cause=cause, opened_at=now)
        .on_conflict_do_nothing()
        .returning(Stop.id)
    ).scalar_one_or_none()
    if made is not None:
        record("payments.stop", subject=subject, by=None, now=now, why=str(why), cause=cause)
    return made is not None


def lift(subject: str, why: StopWhy, cause: str, reason: str, *, now: datetime, by: Actor | None = None) -> None:
    """The cause is gone, or a person takes it upon herself."""
    held = db.session.scalars(
        select(Stop)
        .where(Stop.subject == subject, Stop.why == why, Stop.cause == cause, Stop.lifted_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if held is not None:
        held.lifted_at, held.lifted_by, held.lifted_why = now, by.id if by else None, reason
        record("payments.lift", subject=subject, by=by, now=now, why=str(why), cause=cause, reason=reason)
