"""flask identity: the operator's commands for accounts, above all the first administrator."""

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.db import transaction
from app.identity import queries, service
from app.identity.rules import Role

cli = AppGroup("identity", help="Accounts and roles.")


@cli.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
def grant(email: str, role: str) -> None:
    """Give a role to the account of that address (the first administrator cannot come from the pages)."""
    with transaction():
        person = queries.by_email(email)
        if person is None:
            raise click.ClickException(f"no account has the address {email}: its owner has to register first")
        service.grant(person, role, by=None, now=clock.now())
        name = person.name
    click.echo(f"{name} is now {role}")


@cli.command("end-sessions")
@click.argument("email")
def end_sessions(email: str) -> None:
    """Sign the account of that address out everywhere."""
    with transaction():
        person = queries.by_email(email)
        if person is None:
            raise click.ClickException(f"no account has the address {email}")
        count = service.end_other_sessions(person, keep=None, by=None, now=clock.now())
    click.echo(f"{count} sessions ended")


COMMANDS = [cli]
