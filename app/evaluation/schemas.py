"""The forms of evaluation, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from app.core.errors import Refusal
from app.core.reading import Reading
from app.evaluation.models import Sheet
from app.evaluation.service import Mark

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Said:
    """A declaration as typed."""

    conflicted: bool
    reason: str


def declaration(form: Form) -> Said:
    """Whether there is a conflict of interest, and which."""
    read = Reading(form)
    answer = read.choice("conflicted", ("no", "yes"))
    said = Said(answer == "yes", read.text("reason", needed=False, most=600))
    read.finish()
    return said


def marks(form: Form, keys: Sequence[str]) -> dict[str, Mark]:
    """Points and reasons by criterion; what is empty stays empty, what is no number is out of bounds for the verb."""
    read = Reading(form)
    found = {}
    for key in keys:
        typed = form.get(f"points_{key}", "").strip()
        points = (int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else -1) if typed else None
        found[key] = Mark(points, read.text(f"comment_{key}", needed=False, most=1200))
    read.finish()
    return found


def written(sheet: Sheet | None) -> dict[str, object]:
    """A sheet as its form shows it."""
    values: dict[str, object] = {}
    for score in sheet.scores if sheet else ():
        values[f"points_{score.criterion}"] = "" if score.points is None else score.points
        values[f"comment_{score.criterion}"] = score.comment
    return values


@dataclass(frozen=True)
class Act:
    """The act that approves a ranking, as typed."""

    number: str
    on: date


def act(form: Form, language: str) -> Act:
    """The act and the tick of the other hand."""
    read = Reading(form, language)
    made = Act(read.text("act_number", most=40), read.day("act_on"))
    if form.get("other_hand") != "yes":
        read.refuse("other_hand", Refusal("Whoever approves declares that she neither checked nor scored."))
    read.finish()
    return made
