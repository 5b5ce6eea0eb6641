"""The operator's commands of the close."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.money import plain
from app.settlement import jobs, queries

settlement = AppGroup("settlement", help="The close of campaigns.")
COMMANDS = [settlement]


@settlement.command("close")
@click.option("--dry-run", is_flag=True, help="Say what each campaign would find now, and write nothing.")
def close(dry_run: bool) -> None:
    """Take every campaign that is due one step further."""
    for one in queries.forecasts(clock.now()):
        click.echo(
            f"{one.campaign.slug}: {one.state}, counted {plain(one.counted)} of {plain(one.threshold)},"
            f" collected {plain(one.collected)} -> {one.outcome}, match {plain(one.match)}"
        )
    if dry_run:
        click.echo("Nothing was written.")
        return
    jobs.advance_all()
