"""The machinery behind the pages: people, mail, background jobs, the worker's heartbeat. No secrets: no job's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text, cast, column, func, select, table, text

from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_

_JOBS = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("task_name", Text),
    column("queue_name", Text),
    column("status", Text),
    column("attempts", BigInteger),
    column("scheduled_at", DateTime(timezone=True)),
)
_EVENTS = table(
    "procrastinate_events",
    column("job_id", BigInteger),
    column("at", DateTime(timezone=True)),
)
STALE = timedelta(seconds=10)
WORDS = {
    "todo": N_("Waits"),
    "doing": N_("Runs"),
    "failed": N_("Failed"),
    "succeeded": N_("Done"),
    "cancelled": N_("Cancelled"),
    "aborting": N_("Being stopped"),
    "aborted": N_("Stopped"),
}


@dataclass(frozen=True)
class Machinery:
    """Figures of one moment; the heartbeat by the machine's clock, which no demo moves."""

    people: int
    staff: int
    mail_waiting: int
    mail_late: int
    mail_failed: int
    jobs_waiting: int
    jobs_failed: int
    beat_seconds: int | None

    @property
    def alive(self) -> bool:
        """Whether a worker was heard of just now."""
        return self.beat_seconds is not None and self.beat_seconds <= STALE.total_seconds()


_FIGURES = text("""
    select
        (select count(*) from identity_person) as people,
        (select count(distinct person_id) from identity_role where ended_at is null or ended_at > :now) as staff,
        (select count(*) from outbox_message where state = 'waiting') as mail_waiting,
        (select count(*) from outbox_message where state = 'waiting' and next_try_at < :late) as mail_late,
        (select count(*) from outbox_message where state not in ('waiting', 'sent')) as mail_failed,
        (select count(*) from procrastinate_jobs where status in ('todo', 'doing')) as jobs_waiting,
        (select count(*) from procrastinate_jobs where status = 'failed') as jobs_failed,
        (select extract(epoch from now() - max(last_heartbeat))::bigint from procrastinate_workers) as beat_seconds
""")


def machinery(now: datetime) -> Machinery:
    """How the machinery stands, in one question."""
    row = db.session.execute(_FIGURES, {"now": now, "late": now - timedelta(minutes=15)}).one()
    return Machinery(**row._mapping)


@dataclass(frozen=True)
class FailedJob:
    """A background job as its row says."""

    id: int
    name: str
    status: str
    attempts: int
    at: datetime | None


def job_list() -> Rows:
    """Every job that the queue still knows."""
    last = select(func.max(_EVENTS.c.at)).where(_EVENTS.c.job_id == _JOBS.c.id).scalar_subquery()
    status = cast(_JOBS.c.status, Text)
    return Rows(
        select=select(_JOBS.c.id, _JOBS.c.task_name, status.label("status"), _JOBS.c.attempts, last.label("at")),
        key=_JOBS.c.id,
        views=(
            View("failed", N_("Failed"), status == "failed"),
            View("waiting", N_("Waiting or running"), status.in_(("todo", "doing"))),
            View("all", N_("All")),
        ),
        orders=(
            Order("newest", N_("newest first"), _JOBS.c.id, down=True),
            Order("oldest", N_("oldest first"), _JOBS.c.id),
            Order("tries", N_("most tries first"), _JOBS.c.attempts, down=True),
        ),
        search=(_JOBS.c.task_name,),
        facets=(
            Facet("state", N_("State"), status, words=WORDS),
            Facet("task", N_("Job"), _JOBS.c.task_name),
        ),
    )


def as_jobs(rows: list[Any]) -> list[FailedJob]:
    """Rows of the list as jobs."""
    return [FailedJob(*row) for row in rows]


def job(job_id: int) -> FailedJob | None:
    """One job, if the queue still knows it."""
    status = cast(_JOBS.c.status, Text)
    last = select(func.max(_EVENTS.c.at)).where(_EVENTS.c.job_id == _JOBS.c.id).scalar_subquery()
    row = db.session.execute(
        select(_JOBS.c.id, _JOBS.c.task_name, status, _JOBS.c.attempts, last).where(_JOBS.c.id == job_id)
    ).one_or_none()
    return FailedJob(*row) if row else None
