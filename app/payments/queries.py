"""Reads of the inbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, case, cast, func, literal_column, or_, select

from app.core.db import db
from app.payments.models import EventRow, LineRow, Stop
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


def lines_read_until() -> datetime | None:
    """The newest line of the provider's balances that we have."""
    return db.session.scalar(select(func.max(LineRow.created_at)))


def lines_by_charge() -> dict[str, dict[tuple[bool, str], tuple[int, int]]]:
    """By charge, whether on the platform's balance, and type: the sums of amounts and fees."""
    platform = (LineRow.account == literal_column("''")).label("platform")
    rows = db.session.execute(
        select(
            LineRow.about,
            platform,
            LineRow.type,
            cast(func.sum(LineRow.amount), BigInteger),
            cast(func.sum(LineRow.fee), BigInteger),
        )
        .where(LineRow.about.is_not(None))
        .group_by(LineRow.about, platform, LineRow.type)
    )
    found: dict[str, dict[tuple[bool, str], tuple[int, int]]] = {}
    for about, ours, kind, amount, fee in rows:
        found.setdefault(str(about), {})[bool(ours), str(kind)] = (int(amount), int(fee))
    return found


def lines_without_charge() -> Sequence[LineRow]:
    """Lines that belong to no charge, payouts left out: they have their own object and amount."""
    return db.session.scalars(
        select(LineRow).where(LineRow.about.is_(None), LineRow.type != "payout").order_by(LineRow.id)
    ).all()


def line_sums() -> dict[str, tuple[int, int, int]]:
    """By account (the platform is ""): the sums of amounts and fees without payouts, and what was paid out."""
    out = func.sum(case((LineRow.type == "payout", LineRow.net), else_=0))
    amounts = func.sum(case((LineRow.type == "payout", 0), else_=LineRow.amount))
    fees = func.sum(case((LineRow.type == "payout", 0), else_=LineRow.fee))
    rows = db.session.execute(select(LineRow.account, amounts, fees, out).group_by(LineRow.account))
    return {str(row[0]): (int(row[1]), int(row[2]), int(row[3])) for row in rows}
