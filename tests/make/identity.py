"""People, made as people come: by registering and confirming."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date

from stdnum.it import codicefiscale

from app.core import clock
from app.core.db import db, transaction
from app.identity import service
from app.identity.models import Person
from app.identity.rules import Role
from app.outbox import queries as outbox
from app.outbox.models import Message
from tests.make.kept import step

PASSWORD = "lanterna-ruvida-ottantasei"
_NUMBERS = itertools.count(1)
_FIRST = ("Ada", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Greta", "Ivo", "Lia", "Marta", "Nino", "Olga", "Rita")
_LAST = ("Alberti", "Brenna", "Colnaghi", "Dossi", "Erba", "Fumagalli", "Galbiati", "Locatelli", "Mapelli")


def tax_code(born_on: date = date(1988, 5, 17), number: int | None = None) -> str:
    """A well-formed tax code for that day of birth, of a municipality that does not exist (Z9xx); another each time."""
    number = next(_NUMBERS) if number is None else number
    letters = "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))
    body = f"{letters}{born_on:%y}{'ABCDEHLMPRST'[born_on.month - 1]}{born_on.day:02d}Z9{number % 100:02d}"
    code = body + str(codicefiscale.calc_check_digit(body))
    assert codicefiscale.is_valid(code), code
    return code


@step
def person(
    name: str | None = None,
    *,
    roles: Iterable[Role | str] = (),
    email: str | None = None,
    language: str = "it",
    born_on: date = date(1988, 5, 17),
) -> Person:
    """A person with a confirmed address and these roles, through the real verbs. Password: PASSWORD."""
    number = next(_NUMBERS)
    name = name or _name(number)
    email = email or f"{name.split()[0].lower()}.{number}@example.org"
    now = clock.now()
    with transaction():
        service.register(
            name=name,
            email=email,
            password=PASSWORD,
            born_on=born_on,
            tax_code=tax_code(born_on),
            language=language,
            now=now,
        )
        made = service.confirm_email(_token(email), password=PASSWORD, now=now)
        for role in roles:
            service.grant(made, role, by=None, now=now)
        # The letter of this registration is not what a test looks for in the outbox.
        for message in outbox.latest(recipient=email):
            db.session.delete(message)
    return made


def token_in(message: Message) -> str:
    """The secret at the end of the message's first link."""
    return outbox.links_of(message)[0][1].rpartition("/")[2]


def _token(email: str) -> str:
    return token_in(outbox.latest(1, recipient=email)[0])


def code_in(message: Message) -> str:
    """The six digits of a message that carries a one-time code."""
    return next(value for block in outbox.letter(message).blocks for _, value in block.rows if value.isdigit())


def _name(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
