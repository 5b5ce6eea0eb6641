"""What the forms of a proposal say: rows of budget and milestones, read once and refused with sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.core.errors import Invalid, Refusal
from app.core.money import N_, ZERO, AmountError, Money, parse
from app.identity.rules import read_day
from app.proposals.rules import LINES_MAX, MILESTONES_MAX

ROW_NAME_MAX = 120


@dataclass(frozen=True)
class Budget:
    """A budget as it was typed."""

    total: Money
    lines: list[tuple[str, Money]]


def rows_of(form: Mapping[str, str], least: int) -> int:
    """How many rows the form has: those it showed, within reason."""
    asked = form.get("rows", "")
    return min(max(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else least, least), LINES_MAX)


def read_budget(form: Mapping[str, str], language: str, suggested: str = "") -> Budget:
    """The total and the lines, half-filled ones too; empty rows and the suggested one without a sum are skipped."""
    errors: dict[str, Refusal | str] = {}
    lines: list[tuple[str, Money]] = []
    stated = _amount(form.get("total", ""), "total", language, errors)
    for number in range(1, rows_of(form, 1) + 1):
        name, typed = " ".join(form.get(f"name_{number}", "").split()), form.get(f"amount_{number}", "").strip()
        if not typed and name in ("", suggested):
            continue
        if len(name) > ROW_NAME_MAX:
            errors[f"name_{number}"] = Refusal("Write at most %(most)d characters.", most=ROW_NAME_MAX)
        amount = _amount(typed, f"amount_{number}", language, errors)
        lines.append((name, amount))
    if errors:
        raise Invalid(errors)
    return Budget(stated, lines)


def _amount(typed: str, field: str, language: str, errors: dict[str, Refusal | str]) -> Money:
    if not typed.strip():
        return ZERO
    try:
        return parse(typed, language)
    except AmountError as wrong:
        errors[field] = str(wrong)
        return ZERO


def read_milestones(form: Mapping[str, str]) -> list[tuple[str, date | None]]:
    """The milestones, half-filled ones too; empty rows are skipped, a day that is none is refused where it is."""
    errors: dict[str, Refusal | str] = {}
    found: list[tuple[str, date | None]] = []
    for number in range(1, min(rows_of(form, 1), MILESTONES_MAX) + 1):
        title, typed = " ".join(form.get(f"title_{number}", "").split()), form.get(f"due_{number}", "").strip()
        if not title and not typed:
            continue
        day = read_day(typed)
        if len(title) > ROW_NAME_MAX:
            errors[f"title_{number}"] = Refusal("Write at most %(most)d characters.", most=ROW_NAME_MAX)
        if typed and day is None:
            errors[f"due_{number}"] = N_("Write the day like this: 31/12/2026.")
        found.append((title, day))
    if errors:
        raise Invalid(errors)
    return found
