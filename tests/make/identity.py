"""People with an account and their roles; codes and links out of the letters they get."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from stdnum.it import codicefiscale

from app.core import clock, crypto
from app.core.db import transaction
from app.identity import gateway, service
from app.identity.models import Person, Registration
from app.identity.rules import Role
from app.outbox import queries as outbox
from app.outbox.models import Message
from tests.make.kept import step
from tests.make.numbers import another

PASSWORD = "lanterna-ruvida-ottantasei"
_FIRST = ("Ada", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Greta", "Ivo", "Lia", "Marta", "Nino", "Olga", "Rita")
_LAST = ("Alberti", "Brenna", "Colnaghi", "Dossi", "Erba", "Fumagalli", "Galbiati", "Locatelli", "Mapelli")


def tax_code(born_on: date = date(1988, 5, 17), number: int | None = None) -> str:
    """A well-formed tax code for that day of birth, of a municipality that does not exist (Z9xx); another each time."""
    number = another("person") if number is None else number
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
    """A person with a confirmed address and these roles, made by the last verb of a registration. Password: PASSWORD.

    The way through the letter is walked by the tests of the registration itself; here it would be walked a thousand
    times.
    """
    number = another("person")
    name, now, code = name or _name(number), clock.now(), tax_code(born_on)
    registration = Registration(
        email=email or f"{name.split()[0].lower()}.{number}@example.org",
        name=name,
        language=language,
        born_on=born_on,
        tax_code=crypto.encrypt(code),
        tax_code_hash=crypto.keyed_hash(code),
        password_hash=_hashed(),
        created_at=now,
    )
    with transaction():
        made = service.become_person(registration, now=now)
        for role in roles:
            service.grant(made, role, by=None, now=now)
    return made


@cache
def _hashed() -> str:
    return gateway.hash_password(PASSWORD)


def token_in(message: Message) -> str:
    """The secret at the end of the message's first link."""
    return outbox.links_of(message)[0][1].rpartition("/")[2]


def code_in(message: Message) -> str:
    """The six digits of a message that carries a one-time code."""
    return next(value for block in outbox.letter(message).blocks for _, value in block.rows if value.isdigit())


def _name(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
