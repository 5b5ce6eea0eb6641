"""The inbox: store a message once, hand it to the room that applies it, remember how that went."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.actor import Actor
from app.core.db import db
from app.core.jobs import defer
from app.journal.service import record
from app.payments.gateway import Event, Line
from app.payments.models import EventRow, LineRow, Stop
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


PORTION = 1_000


def keep_lines(lines: Sequence[Line], *, now: datetime) -> int:
    """Write the provider's balance lines down, each with the charge it belongs to; known ones stay as they are."""
    named = {line.source: line.about for line in lines if line.about and line.source}
    for _ in range(2):  # a reversal is found through its transfer, a refund at an account through its payment
        for line in lines:
            about = line.about or _about(named, line.parent)
            if about and line.source:
                named.setdefault(line.source, about)
    made = 0
    for start in range(0, len(lines), PORTION):
        made += _keep(lines[start : start + PORTION], named, now)
    return made


def _keep(lines: Sequence[Line], named: dict[str, str], now: datetime) -> int:
    made = db.session.scalars(
        insert(LineRow)
        .values(
            [
                {
                    "provider_id": line.id,
                    "account": line.account,
                    "type": line.type,
                    "amount": line.amount,
                    "fee": line.fee,
                    "net": line.amount - line.fee,
                    "source": line.source,
                    "about": line.about or _about(named, line.parent),
                    "created_at": line.created_at,
                    "read_at": now,
                }
                for line in lines
            ]
        )
        .on_conflict_do_nothing(index_elements=["provider_id"])
        .returning(LineRow.id)
    ).all()
    return len(made)


def _about(named: dict[str, str], parent: str | None) -> str | None:
    """The charge of the thing through which a line is found: told in this batch, or known from before."""
    if parent is None:
        return None
    if parent not in named:
        known = db.session.scalars(
            select(LineRow.about).where(LineRow.source == parent, LineRow.about.is_not(None)).limit(1)
        ).first()
        if known is None:
            return None
        named[parent] = known
    return named[parent]
