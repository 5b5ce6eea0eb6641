"""The demo's commands: seed it once, and list who can sign in."""

from __future__ import annotations

import sys
import time
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import text

from app.core.clock import SystemClock
from app.core.db import db, transaction
from app.core.settings import get, put
from app.demo.cast import ACCOUNTS
from app.demo.script import Script
from app.demo.stage import performance

demo = AppGroup("demo", help="The demo city.")


@demo.command("seed")
@click.option("--accounts", "list_of_accounts", type=click.File("w", lazy=True), help="Write here who can sign in.")
def seed(list_of_accounts: TextIO | None) -> None:
    """Make the demo city once; a second time changes nothing."""
    if current_app.config["ENV_NAME"] == "production":
        raise click.ClickException("The demo is for development: production keeps real people only.")
    if list_of_accounts is not None:
        list_of_accounts.writelines(f"{line}\n" for line in _accounts())
    if get("demo.seeded") == "yes":
        click.echo("the demo is there already")
        return
    began = time.monotonic()
    curtain = SystemClock().now()

    def say(what: str) -> None:
        click.echo(f"  {time.monotonic() - began:5.1f} s  {what}")
        sys.stdout.flush()

    with performance(curtain) as stage:
        Script(stage, say).play()
    with transaction():
        db.session.execute(text("set local synchronous_commit = on"))
        put("demo.seeded", "yes")
    click.echo(f"the demo city is ready, in {time.monotonic() - began:.0f} s")


@demo.command("accounts")
def accounts() -> None:
    """Who can sign in to the demo."""
    for line in _accounts():
        click.echo(line)


def _accounts() -> list[str]:
    return [f"{account.role:22} {account.email:32} {account.password}" for account in ACCOUNTS]


COMMANDS = [demo]
