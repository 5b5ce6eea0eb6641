"""The forms of programmes, read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from app.core.money import Money
from app.core.reading import Reading
from app.identity.models import Person
from app.programmes.rules import FUNDS, Progress
from app.programmes.service import Card

Form = MultiDict[str, str]


def card(form: Form, language: str, responsible: dict[str, Person], *, code: str = "") -> Card:
    """The card of a programme; a code given is the one it already has."""
    read = Reading(form, language)
    chosen = responsible.get(read.choice("responsible", list(responsible)))
    made = Card(
        code=code or read.text("code", most=20),
        title=read.text("title", most=160),
        summary=read.text("summary", most=600),
        city=read.text("city", most=80),
        area=read.text("area", most=160),
        action=read.text("action", most=40),
        implementing_body=read.text("implementing_body", most=160),
        responsible_id=chosen.id if chosen else None,
        responsible_name=chosen.name if chosen else "",
        cups=tuple(part for part in re.split(r"[\s,;]+", read.text("cups", most=600)) if part),
        act=read.text("act", needed=False, most=160),
        starts_on=read.day("starts_on"),
        ends_on=read.day("ends_on"),
    )
    read.finish()
    return made


@dataclass(frozen=True)
class NewSource:
    """A funding source as typed."""

    name: str
    fund: str
    amount: Money


def source(form: Form, language: str) -> NewSource:
    """A funding source."""
    read = Reading(form, language)
    made = NewSource(read.text("name", most=160), read.choice("fund", FUNDS), read.amount("amount"))
    read.finish()
    return made


@dataclass(frozen=True)
class NewRelease:
    """Money to unblock, as typed."""

    amount: Money
    act: str
    on: date


def release(form: Form, language: str) -> NewRelease:
    """A release of money."""
    read = Reading(form, language)
    made = NewRelease(read.amount("amount"), read.text("act", most=160), read.day("on"))
    read.finish()
    return made


@dataclass(frozen=True)
class NewProgress:
    """The four amounts of a day, as typed."""

    figures: Progress
    as_of: date
    source_note: str


def progress(form: Form, language: str) -> NewProgress:
    """A progress card."""
    read = Reading(form, language)
    figures = Progress(*(read.amount(name, zero=True) for name in ("planned", "admitted", "committed", "disbursed")))
    made = NewProgress(figures, read.day("as_of"), read.text("source_note", most=400))
    read.finish()
    return made
