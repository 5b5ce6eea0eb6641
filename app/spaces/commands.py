"""The operator’s commands of this room."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.db import transaction
from app.spaces import gateway, service

group = AppGroup("spaces", help=__doc__)


@group.command("load")
def load() -> None:
    """The premises of Quartieri Connessi."""
    with transaction():
        made = service.load(gateway.shipped(), now=clock.now())
    click.echo(f"{made} loaded")


COMMANDS = [group]
