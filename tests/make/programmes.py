"""Programmes with money released, through the real verbs."""

from __future__ import annotations

from datetime import date

from app.core import clock
from app.core.actor import Actor
from app.core.db import transaction
from app.core.money import Money, euros
from app.identity import queries as identity
from app.identity.models import Person
from app.programmes import queries, service
from app.programmes.models import Programme, Source
from app.programmes.service import Card
from tests.make.identity import person
from tests.make.kept import step

CODE, CUP = "MI3.3.1.d", "B49D16010990006"


def card(code: str = CODE, responsible: Person | None = None, **changes: object) -> Card:
    """The card of the Hub dell’innovazione inclusiva, as a form would fill it."""
    fields: dict[str, object] = {
        "code": code,
        "title": "Hub dell’innovazione inclusiva",
        "summary": "Idee di quartiere che diventano servizi, spazi e lavoro.",
        "city": "Milano",
        "area": "Servizi per l’inclusione sociale",
        "action": "3.3.1",
        "implementing_body": "Comune di Milano",
        "responsible_name": responsible.name if responsible else "Irene Colnaghi",
        "responsible_id": responsible.id if responsible else None,
        "cups": (CUP,),
        "act": "DGC 1122/2025",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2029, 12, 31),
        **changes,
    }
    return Card(**fields)  # type: ignore[arg-type]  # tests pass what a form may pass


@step
def programme(code: str = CODE, *, by: Actor | None = None, **changes: object) -> Programme:
    """A programme of this code; the one that is there already, if any."""
    if queries.code_taken(code):
        return queries.by_code(code)
    responsible = next(iter(identity.with_role("responsible", clock.now())), None)
    with transaction():
        return service.set_up(card(code, responsible, **changes), by=by, now=clock.now())


@step
def source(
    programme_: Programme | None = None,
    *,
    total: Money = euros("2000000"),
    released: Money = euros("500000"),
    by: Actor | None = None,
) -> Source:
    """A funding source with part of its money released."""
    owner = programme_ or programme(by=by)
    with transaction():
        made = service.add_source(owner, name="PN Metro Plus, FSE+", fund="FSE", amount=total, by=by, now=clock.now())
        if released:
            service.release(made, amount=released, act="DD 88/2026", on=clock.today(), by=by, now=clock.now())
    return made


def officer() -> Person:
    """A person with the officer’s role."""
    return person(roles=("officer",))
