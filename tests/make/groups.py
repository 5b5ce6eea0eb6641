"""Groups and their bodies, made by the verbs that people use."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core import clock
from app.core.db import db, transaction
from app.groups import queries, service
from app.groups.models import Constitution, Group, LegalEntity
from app.groups.rules import ItemKind, ItemState, Kind
from app.identity.models import Person
from app.outbox import queries as outbox
from tests.make import identity, territory
from tests.make.kept import kept, step

IBAN = "IT60X0542811101000000123456"
PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R/Size 3>>\nstartxref\n9\n%%EOF\n"
)


def body_code(number: int) -> str:
    """An eleven-digit tax code with the right check digit; another for each number."""
    digits = f"8{number:06d}015"  # 015 is the tax office of Milan
    total = 0
    for place, digit in enumerate(digits, start=1):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


@kept
def group(
    name: str = "Officina di ringhiera",
    *,
    people: int | list[Person] = 4,
    zone: int = 79,
    kind: Kind | str = Kind.INFORMAL,
    about: str = "Siamo vicini di casa e da anni ci prestiamo attrezzi, tempo e sedie.",
) -> Group:
    """A group in a zone (79 is Dergano) whose people were invited and joined; the first of them formed it."""
    crowd = people if isinstance(people, list) else [identity.person() for _ in range(people)]
    now, first, home = clock.now(), crowd[0], territory.zone(zone)
    with transaction():
        made = service.form(name, home, by=first, now=now, about=about, kind=Kind(kind))
    for person in crowd[1:]:
        join(made, person, by=first)
    return made


def invite(group: Group, email: str, *, by: Person) -> str:
    """Invite an address; returns the secret of the link in the mail."""
    with transaction():
        service.invite(group, email, by=by, now=clock.now(), language="it")
    return identity.token_in(outbox.latest(1, recipient=email)[0])


def join(group: Group, person: Person, *, by: Person) -> None:
    """Invite a person and let her accept, before the group writes anything."""
    token = invite(group, person.email, by=by)
    with transaction():
        service.join(token, by=person, now=clock.now())


def members(group: Group) -> list[Person]:
    """The group's people."""
    return list(queries.members(group.id))


@step
def constitution(group: Group, *, subject: str = "campaign:1", days: int = 30) -> Constitution:
    """The group's time to become a body, opened now."""
    now: datetime = clock.now()
    with transaction():
        return service.open_constitution(group, subject, now + timedelta(days=days), now=now)


def entity(group: Group) -> LegalEntity:
    """The file of the group's body, every item missing (or as it is already)."""
    with transaction():
        return service.open_entity(group, by=None, now=clock.now())


@kept
def sent_entity(group: Group, *, account: str | None = None, tax_code: str | None = None) -> LegalEntity:
    """A body with everything sent; `account` is its id at the payment provider (else one that only looks like it)."""
    made, now = entity(group), clock.now()
    by = members(group)[0]
    with transaction():
        service.send_name(made, name=group.name, form="association", by=by, now=now)
        service.send_tax_code(made, tax_code=tax_code or body_code(made.id), by=by, now=now)
        service.send_document(made, ItemKind.DEED, data=PDF, filename="atto.pdf", by=by, now=now)
        service.send_document(made, ItemKind.STATUTE, data=PDF, filename="statuto.pdf", by=by, now=now)
        service.send_representative(made, person_ref=by.ref, by=by, now=now)
        service.send_iban(made, iban=IBAN, by=by, now=now)
        service.ask_account(made, by=by, now=now)
        service.attach_account(made, account or f"acct_made{made.id:012d}", by=by, now=now)
        service.account_read(made, ready=True, needs=(), now=now)
    return made


@kept
def verified_entity(
    group: Group, *, officer: Person | None = None, account: str | None = None, tax_code: str | None = None
) -> LegalEntity:
    """A body whose seven items an officer has accepted, verified and payable."""
    made, now = sent_entity(group, account=account, tax_code=tax_code), clock.now()
    officer = officer or identity.person(roles=["officer"])
    with transaction():
        for kind, item in queries.items(made.id).items():
            assert item.state is ItemState.SENT, kind
            service.accept_item(made, kind, by=officer, now=now)
        service.verify(made, by=officer, now=now)
    db.session.refresh(made)
    return made
