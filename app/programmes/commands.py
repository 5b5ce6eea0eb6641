"""The operator’s commands of this room."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.db import transaction
from app.programmes import gateway, service

group = AppGroup("programmes", help=__doc__)


@group.command("load")
def load() -> None:
    """The real progress cards of the past."""
    with transaction():
        made = service.load_cards(gateway.shipped(), now=clock.now())
    click.echo(f"{len(made)} loaded")


COMMANDS = [group]
