"""Proposals in every state, made by the verbs that people use."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from app.calls.models import Call
from app.core import clock
from app.core.db import db, transaction
from app.core.money import Money, euros
from app.groups.models import Group
from app.identity.models import Person
from app.outbox import queries as outbox
from app.proposals import queries, service
from app.proposals.models import Proposal
from tests.make import calls, groups, identity, territory
from tests.make.kept import dear, kept

LINES: tuple[tuple[str, Money], ...] = (
    ("Banchi e attrezzi", euros("4200")),
    ("Formatori e tutor", euros("3600")),
    ("Affitto e bollette per otto mesi", euros("2400")),
    ("Materiali", euros("1500")),
    ("Commissioni sui pagamenti con carta", euros("300")),
)
TOTAL = euros("12000")
STORY = """Nel cortile di via Conte Verde ci sono quattro garage chiusi da anni.

**Li apriamo due sere a settimana**: chi sa riparare insegna, chi ha bisogno impara.

- martedì: biciclette
- giovedì: piccoli elettrodomestici
"""


def picture() -> bytes:
    """A small picture as a phone would send it."""
    image = io.BytesIO()
    Image.new("RGB", (64, 40), (194, 59, 26)).save(image, "JPEG")
    return image.getvalue()


@kept
def started(
    group: Group | None = None, *, call: Call | None = None, title: str = "Officina di ringhiera", **given: Any
) -> Proposal:
    """A proposal just begun by the first of the group's people."""
    group = group or groups.group(people=2)
    call = call or calls.open_call(**given)
    first = groups.members(group)[0]
    with transaction():
        return service.start(call, group, title, by=first, now=clock.now())


@kept
def written(
    group: Group | None = None,
    *,
    call: Call | None = None,
    title: str = "Officina di ringhiera",
    lines: tuple[tuple[str, Money], ...] = LINES,
    theme: str = "fare",
    with_picture: bool = False,
    **given: Any,
) -> Proposal:
    """A proposal of 12,000.00 whose text is complete: its people may sign."""
    made = started(group, call=call, title=title, **given)
    now, by = clock.now(), queries.members(made)[0]
    zone = queries.zone(made) or territory.zone(79)
    end = clock.local(queries.closes_at(made)).date()
    steps = [("Apriamo i garage", 60), ("Primo laboratorio", 120), ("Festa di fine anno", 240)]
    with transaction():
        service.save_idea(
            made,
            title=title,
            summary="Quattro garage vuoti diventano un’officina aperta a chi abita qui.",
            theme=theme,
            by=by,
            now=now,
        )
        service.save_place(
            made,
            zone_slug=zone.slug,
            place="Via Conte Verde 12",
            need="Chi ha una bici o un ferro da stiro rotto oggi lo butta, perché in zona non c’è chi lo ripara.",
            by=by,
            now=now,
        )
        image = (picture(), "cortile.jpg") if with_picture else None
        service.save_story(made, story=STORY, picture=image, picture_alt="Il cortile" if image else "", by=by, now=now)
        service.save_budget(made, total=Money(sum(amount.cents for _, amount in lines)), lines=lines, by=by, now=now)
        service.save_milestones(
            made, milestones=[(name, end + timedelta(days=days)) for name, days in steps], by=by, now=now
        )
        service.save_impact(
            made,
            impact="Ogni anno ripariamo trecento oggetti e venti persone imparano un mestiere con le mani.",
            by=by,
            now=now,
        )
    return made


def sign(proposal: Proposal, person: Person) -> None:
    """Ask for the code and sign with it."""
    with transaction():
        service.ask_code(proposal, by=person, now=clock.now())
    code = identity.code_in(outbox.latest(1, recipient=person.email)[0])
    with transaction():
        service.sign(proposal, code, seen=proposal.text_sha256 or "", by=person, now=clock.now())


@kept
def signed(group: Group | None = None, **given: Any) -> Proposal:
    """A complete proposal that all its people have signed."""
    made = written(group, **given)
    for person in queries.members(made):
        sign(made, person)
    return made


@kept
def submitted(group: Group | None = None, **given: Any) -> Proposal:
    """A proposal with the office: `call=`, `title=`, `lines=`, `theme=`, or anything that an open call takes."""
    made = signed(group, **given)
    with transaction():
        service.submit(made, by=queries.members(made)[0], now=clock.now())
    db.session.refresh(made)
    return made


@dear
def admissible(group: Group | None = None, *, officer: Person | None = None, **given: Any) -> Proposal:
    """A proposal that an officer has found admissible."""
    made = submitted(group, **given)
    officer = officer or identity.person(roles=["officer"])
    with transaction():
        service.check(made, "admissible", "", found={}, by=officer, now=clock.now())
    db.session.refresh(made)
    return made
