"""The pace of collections: so many charges a second for all workers, patience when asked, a pause when many fail."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from app.core.actor import Actor
from app.core.db import db
from app.core.jobs import defer
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal import service as journal
from app.outbox import service as outbox
from app.pledges import queries
from app.pledges.models import Charge
from app.pledges.rules import LAST, ChargeState, Mode, failures_jump, patience

# The database's own clock: the pace is a matter between the provider and us, not of the city's calendar.
_TURN = text(
    """
    update pledges_pace set next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => :step)
    where id = 1 and paused_at is null
    returning extract(epoch from next_at - make_interval(secs => :step) - clock_timestamp())
    """
)
_BUSY = text(
    """
    update pledges_pace set busy = busy + 1,
        next_at = greatest(next_at, clock_timestamp() + make_interval(secs => :wait * (0.75 + random() / 2)))
    where id = 1 returning busy
    """
)


def turn(per_second: int) -> float | None:
    """Take the next turn: how many seconds to wait for it; None while collections are paused."""
    step = 1 / per_second if per_second else 0
    found = db.session.execute(_TURN, {"step": step}).scalar_one_or_none()
    return None if found is None else max(0.0, float(found))


def be_patient() -> timedelta:
    """The provider gets too many requests: nobody is charged for a while, longer each time in a row."""
    wait = patience(queries.pace().busy + 1)
    db.session.execute(_BUSY, {"wait": wait.total_seconds()})
    return wait


def answered(charge_id: int, *, now: datetime) -> bool:
    """The provider answered a charge: patience begins anew; after a failure the last attempts are looked at.

    True once collections are paused.
    """
    if queries.pace().busy:
        queries.locked_pace().busy = 0
    charge = queries.charge(charge_id)
    if charge.state is ChargeState.SUCCEEDED or charge.n > 1:
        return False
    pace = queries.locked_pace()
    if pace.paused_at is not None:
        return True
    last = db.session.scalars(
        select(Charge.state)
        .where(
            Charge.mode == Mode.STORED,
            Charge.n == 1,
            Charge.settled_at.is_not(None),
            Charge.settled_at > (pace.looked_from or datetime.min.replace(tzinfo=now.tzinfo)),
        )
        .order_by(Charge.settled_at.desc(), Charge.id.desc())
        .limit(LAST)
    ).all()
    failed = sum(state is not ChargeState.SUCCEEDED for state in last)
    if not failures_jump(len(last), failed):
        return False
    pace.paused_at, pace.tried, pace.failed = now, len(last), failed
    journal.record("pledges.pause", subject="collections", by=None, now=now, tried=len(last), failed=failed)
    _tell(now, tried=len(last), failed=failed)
    return True


def resume(*, by: Actor, now: datetime) -> None:
    """A person has looked: collections go on where they stopped, and what failed before is not counted again."""
    identity.refuse_hand(by, Hand.PAY, now)
    pace = queries.locked_pace()
    if pace.paused_at is None:
        return
    pace.paused_at, pace.looked_from, pace.busy = None, now, 0
    journal.record("pledges.resume", subject="collections", by=by, now=now)
    defer("pledges.collect", key="pledges.collect")


def _tell(now: datetime, **context: Any) -> None:
    people = {person.id: person for role in ("finance", "officer") for person in identity.with_role(role, now)}
    for person in people.values():
        outbox.send(
            person.email,
            "pledges/paused",
            language=person.language,
            now=now,
            key=f"pledges.paused:{now.isoformat()}:{person.id}",
            name=person.name,
            **context,
        )
