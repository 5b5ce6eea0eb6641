"""flask territory: the operator's commands of the map."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.core.db import transaction
from app.territory import gateway, service

cli = AppGroup("territory", help="Boroughs and zones.")


@cli.command("load")
@click.argument("path", default=gateway.MILAN, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(path: Path) -> None:
    """Read boroughs and zones from a CSV file (Milan's 88 NIL by default); repeating it changes nothing."""
    with transaction():
        count = service.load(gateway.zone_lines(path))
    click.echo(f"{count} zones")


COMMANDS = [cli]
