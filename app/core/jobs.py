"""Background jobs: rows in PostgreSQL, deferred by name in the caller's transaction, run at least once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import procrastinate
import structlog
from flask import Flask
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from app.core.db import db

log = structlog.get_logger()

# The connector is replaced when the worker starts; the web process never opens it.
tasks = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo="dbname=set-by-the-worker"))
# Rows are written on the caller's own connection. The worker's connector is asynchronous and cannot use that one, so
# deferring has a connector of its own, which is never opened.
_writer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo="dbname=never-opened"))
_host: dict[str, Flask] = {}
_periodic: dict[str, str] = {}


def host(app: Flask) -> None:
    """Say which application the worker's jobs run in."""
    _host["app"] = app


def every(cron: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Above @job: run it by the given cron line; of six fields the first is seconds."""
    fields = cron.split()
    # The library wants seconds last; read its way, "*/5 * * * * *" would mean each second of every fifth minute.
    line = " ".join([*fields[1:], fields[0]]) if len(fields) == 6 else cron

    def mark(task: Callable[..., Any]) -> Callable[..., Any]:
        name = task.name  # type: ignore[attr-defined]  # a procrastinate Task, which the decorator below returns
        _periodic[name] = cron
        # A failed or stalled run must not stop the next ones: at most one waits, each finds all that is due. So a
        # failed one is not tried again either: the next is a few seconds away.
        task.retry_strategy = None  # type: ignore[attr-defined]
        tasks.periodic(cron=line, queueing_lock=name)(task)  # type: ignore[arg-type]
        return task

    return mark


class _Again(procrastinate.RetryStrategy):
    """Try again, later and later; a job that waits for its next try no longer keeps others of its key away."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        log.warning("job.failed", job=job.task_name, args=job.task_kwargs, tries=job.attempts + 1, exc_info=exception)
        decision = super().get_retry_decision(exception=exception, job=job)
        if decision is not None and job.queueing_lock is not None:
            with _host["app"].app_context(), db.engine.begin() as apart:
                apart.execute(_UNKEY, {"id": job.id})
        return decision


_UNKEY = text("update procrastinate_jobs set queueing_lock = null where id = :id")


def job(name: str, *, queue: str = "default") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the job of that name; it runs in an application context and must be idempotent."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            kwargs.pop("timestamp", None)  # periodic jobs get the cron's moment; ours ask the application's clock
            app = _host["app"]
            with app.app_context():
                function(*args, **kwargs)

        return tasks.task(name=name, queue=queue, retry=_Again(max_attempts=8, exponential_wait=2))(run)

    return register


def defer(name: str, *, queue: str = "default", key: str | None = None, **kwargs: Any) -> None:
    """Write the job row in the current transaction; with a key, at most one such job waits at a time."""
    raw = db.session.connection().connection.driver_connection
    deferrer = _writer.configure_task(name, queue=queue, connection=raw, queueing_lock=key)
    if key is None:
        deferrer.defer(**kwargs)
        return
    try:
        with db.session.begin_nested():
            # A nested session transaction writes its SAVEPOINT only when its connection is asked for; without it the
            # refused row would abort the whole transaction, and the commit would silently be a rollback.
            db.session.connection()
            deferrer.defer(**kwargs)
    except AlreadyEnqueued:
        return


def give_back_stalled() -> None:
    """Let the jobs of workers whose heartbeat stopped be done again; where one of the same key waits, that one does it.

    Every job is idempotent, so a worker that was only slow does no harm.
    """
    db.session.execute(_GIVE_BACK)
    db.session.execute(text("select procrastinate_prune_stalled_workers_v1(4)"))


_GIVE_BACK = text("""
    with stalled as (
        select j.id, j.queueing_lock is not null and (
            exists (select 1 from procrastinate_jobs t where t.status = 'todo' and t.queueing_lock = j.queueing_lock)
            or row_number() over (partition by j.queueing_lock order by j.id) > 1
        ) as needless
        from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
        where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - interval '4 seconds')
    )
    select case
        when needless then procrastinate_finish_job_v1(id, 'aborted', true)
        else procrastinate_retry_job_v2(id, now(), null, null, null)
    end from stalled
""")


def waiting() -> int:
    """How many jobs wait or run."""
    return int(
        db.session.execute(
            text("select count(*) from procrastinate_jobs where status in ('todo', 'doing')")
        ).scalar_one()
    )


def names() -> frozenset[str]:
    """The names of all registered jobs."""
    return frozenset(tasks.tasks)


def periodic_names() -> dict[str, str]:
    """Name to cron line of the periodic jobs."""
    return dict(_periodic)


def run_waiting() -> int:
    """Run every waiting job here and now, oldest first, as the worker would; a job that fails raises. Returns how many.

    For the demo's script and for tests, which live in a time of their own; the worker serves everybody else.
    """
    done = 0
    while True:
        row = db.session.execute(
            text(
                "update procrastinate_jobs set status = 'doing' where id = (select id from procrastinate_jobs"
                " where status = 'todo' order by id limit 1 for update skip locked) returning id, task_name, args"
            )
        ).first()
        db.session.commit()
        if row is None:
            return done
        tasks.tasks[row.task_name].func(**row.args)
        db.session.execute(text("update procrastinate_jobs set status = 'succeeded' where id = :id"), {"id": row.id})
        db.session.commit()
        done += 1


def run_now(name: str) -> None:
    """Run one periodic job once."""
    tasks.tasks[name].func()


def retry_failed(job_id: int) -> bool:
    """Let a job that failed for good be done once more; False where it is not a failed one (any more)."""
    found = db.session.execute(
        text("select 1 from procrastinate_jobs where id = :id and status = 'failed' for update"), {"id": job_id}
    ).first()
    if found is None:
        return False
    db.session.execute(text("select procrastinate_retry_job_v2(:id, now(), null, null, null)"), {"id": job_id})
    return True
