"""The operator's commands of reconciliation."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.finance import jobs, queries

finance = AppGroup("finance", help="Reconciliation with the payment provider.")
COMMANDS = [finance]


@finance.command("reconcile")
def reconcile() -> None:
    """Read the provider's balance lines, compare them with our facts; exits 1 and names what is not explained."""
    jobs.reconcile()
    found = queries.open_findings()
    for one in found:
        click.echo(f"DIFFERS {one.about} {one.what}: ours {one.ours} cents, the provider's {one.theirs} cents")
    if found:
        sys.exit(1)
    click.echo("every line of the provider is one of our facts, and back")
