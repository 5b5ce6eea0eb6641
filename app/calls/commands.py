"""The operator’s commands of this room."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.calls import gateway, service
from app.core import clock
from app.core.db import transaction

group = AppGroup("calls", help=__doc__)


@group.command("load")
def load() -> None:
    """The real editions of the past."""
    with transaction():
        made = service.archive_all(gateway.shipped(), now=clock.now())
    click.echo(f"{len(made)} loaded")


COMMANDS = [group]
