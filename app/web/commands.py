"""The operator's commands: worker, ledger verify."""

from __future__ import annotations

import asyncio
import sys

import click
import procrastinate
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from app.core import jobs
from app.core.db import transaction
from app.ledger import queries as ledger
from app.ledger.rules import Check

ledger_group = AppGroup("ledger", help="The books.")


def _checks() -> list[Check]:
    return [check for offer in current_app.extensions["checks"] for check in offer()]


@ledger_group.command("verify")
def verify() -> None:
    """Prove that every figure equals its ledger balance; exits 1 and names those that do not."""
    checks = _checks()
    wrong = [check for check in checks if not check.holds]
    counted = ledger.counts()
    click.echo(", ".join(f"{number} {what}" for what, number in counted.items()) + f", {len(checks)} figures checked")
    for check in wrong:
        click.echo(
            f"DIFFERS {check.name}: rows say {check.expected.cents} cents, ledger says {check.found.cents} cents"
        )
    if wrong:
        sys.exit(1)
    click.echo("every figure equals its ledger balance")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run background jobs until told to stop; finishes the job in hand first."""
    with transaction():
        jobs.give_back_stalled()
    asyncio.run(_work(current_app.config["DATABASE_WORKER_URL"].replace("+psycopg", "")))


async def _work(dsn: str) -> None:
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=1, max_size=6)
    # Replaced in place: periodic jobs defer through the very object their tasks were registered on.
    with jobs.tasks.replace_connector(connector) as tasks:
        await _run(tasks)


async def _run(tasks: procrastinate.App) -> None:
    async with tasks.open_async():
        await tasks.run_worker_async(
            concurrency=4,
            fetch_job_polling_interval=1,
            update_heartbeat_interval=1,
            stalled_worker_timeout=4,
            shutdown_graceful_timeout=10,
            delete_jobs="successful",
        )


COMMANDS = [ledger_group, worker]
