"""Deferring a job is part of the caller's transaction, and never harms it; a worker defers and fails well too."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import procrastinate
import pytest
from croniter import croniter
from sqlalchemy import text

from app.core import jobs, settings
from app.core.db import db, transaction


def work(database):
    """A worker as `flask worker` runs it, until nothing waits."""

    async def run():
        connector = procrastinate.PsycopgConnector(conninfo=database.app_url().replace("+psycopg", ""))
        with jobs.tasks.replace_connector(connector) as tasks:
            async with tasks.open_async():
                await tasks.run_worker_async(wait=False, delete_jobs="successful", install_signal_handlers=False)

    asyncio.run(run())


def queue():
    """The rows of the queue: name, status, key."""
    db.session.rollback()
    return [
        tuple(row)
        for row in db.session.execute(
            text(
                "select task_name, status::text, queueing_lock from procrastinate_jobs"
                " where task_name like 'core.%' order by id"
            )
        )
    ]


@pytest.fixture
def known() -> Iterator[list[str]]:
    """Jobs that exist for one test; what they did stands in the list."""
    done: list[str] = []

    @jobs.job("core.asks")
    def asks() -> None:
        with transaction():
            jobs.defer("core.answers", key="core.answers")
            jobs.defer("core.answers", key="core.answers")

    @jobs.job("core.answers")
    def answers() -> None:
        done.append("answered")

    @jobs.job("core.fails")
    def fails() -> None:
        done.append("failed")
        if len(done) == 1:
            with transaction():
                jobs.defer("core.fails", key="core.fails")
        raise ZeroDivisionError

    yield done
    for name in ("core.asks", "core.answers", "core.fails"):
        del jobs.tasks.tasks[name]


@pytest.mark.parametrize(
    ("line", "ticks"),
    [
        ("*/5 * * * * *", ["10:01:05", "10:01:10"]),
        ("0 */1 * * * *", ["10:02:00", "10:03:00"]),
        ("15 */5 * * * *", ["10:05:15", "10:10:15"]),
        ("7 * * * *", ["10:07:00", "11:07:00"]),
    ],
)
def test_of_six_fields_the_first_is_seconds(app, known, line, ticks):
    jobs.every(line)(jobs.tasks.tasks["core.answers"])
    registered = jobs.tasks.periodic_registry.periodic_tasks.pop(("core.answers", ""))
    jobs._periodic.pop("core.answers")
    found = croniter(registered.cron, datetime(2026, 3, 2, 10, 1, 2, tzinfo=UTC))
    assert [f"{found.get_next(datetime):%H:%M:%S}" for _ in ticks] == ticks


def test_a_job_defers_another_inside_the_worker(app, database, known):
    with transaction():
        jobs.defer("core.asks")
    work(database)
    assert known == ["answered"]
    assert queue() == []


def test_a_job_that_fails_while_one_of_its_key_waits_is_tried_again_without_its_key(app, database, known):
    with transaction():
        jobs.defer("core.fails", key="core.fails")
    work(database)
    assert ("core.fails", "todo", None) in queue()
    assert "doing" not in [status for _, status, _ in queue()]


def test_jobs_of_a_dead_worker_are_done_again_but_not_where_one_of_their_key_waits(app, database, known):
    with transaction():
        jobs.defer("core.answers", key="core.answers")
        db.session.execute(text("update procrastinate_jobs set status = 'doing' where task_name = 'core.answers'"))
        jobs.defer("core.answers", key="core.answers")
        jobs.defer("core.asks")
        db.session.execute(text("update procrastinate_jobs set status = 'doing' where task_name = 'core.asks'"))
    with transaction():
        jobs.give_back_stalled()
    assert queue() == [("core.answers", "todo", "core.answers"), ("core.asks", "todo", None)]


def test_a_job_with_a_key_waits_once_and_the_transaction_that_asked_again_is_kept(app):
    with transaction():
        settings.put("city.office", "Ufficio uno")
        jobs.defer("outbox.deliver", key="only")
    with transaction():
        settings.put("city.office", "Ufficio due")
        jobs.defer("outbox.deliver", key="only")
    assert jobs.waiting() == 1
    assert settings.get("city.office") == "Ufficio due"


def test_a_transaction_that_fails_leaves_no_job(app):
    def fail():
        with transaction():
            jobs.defer("outbox.deliver")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs.waiting() == 0
