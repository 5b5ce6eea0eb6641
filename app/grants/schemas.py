"""What people type about grants, read field by field; all mistakes are said at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.core.errors import Invalid, Refusal
from app.core.money import N_, AmountError, Money, parse


def expense(form: Mapping[str, str], *, language: str) -> dict[str, Any]:
    """A receipt as the group types it."""
    errors: dict[str, Refusal | str] = {}
    typed: dict[str, Any] = {
        "line": _number(form, "line", N_("Choose a line of your budget."), errors),
        "supplier": _text(form, "supplier", N_("Write who made out the receipt."), errors, most=120),
        "supplier_code": _text(
            form,
            "supplier_code",
            N_("Write the supplier’s tax code or VAT number: it stands on the receipt."),
            errors,
            most=30,
        ),
        "document_number": _text(
            form, "document_number", N_("Write the number that stands on the receipt."), errors, most=60
        ),
        "document_on": day(form, "document_on", errors),
        "amount": _amount(form, "amount", language, errors),
    }
    if errors:
        raise Invalid(errors)
    return typed


def repayment(form: Mapping[str, str], *, language: str) -> dict[str, Any]:
    """Money given back, as finance reads it on the treasurer's statement."""
    errors: dict[str, Refusal | str] = {}
    typed: dict[str, Any] = {
        "amount": _amount(form, "amount", language, errors),
        "received_on": day(form, "received_on", errors),
        "reference": _text(
            form, "reference", N_("Write the number that this money has on the treasurer’s statement."), errors, most=60
        ),
    }
    if errors:
        raise Invalid(errors)
    return typed


def amount(form: Mapping[str, str], name: str, *, language: str) -> Money:
    """One amount."""
    errors: dict[str, Refusal | str] = {}
    found = _amount(form, name, language, errors)
    if found is None:
        raise Invalid(errors)
    return found


def one_day(form: Mapping[str, str], name: str) -> date:
    """One date."""
    errors: dict[str, Refusal | str] = {}
    found = day(form, name, errors)
    if found is None:
        raise Invalid(errors)
    return found


def day(form: Mapping[str, str], name: str, errors: dict[str, Refusal | str]) -> date | None:
    """A date, as browsers send it."""
    try:
        return date.fromisoformat(form.get(name, "").strip())
    except ValueError:
        errors[name] = Refusal("Write the date, for example 2026-03-31.")
        return None


def _text(form: Mapping[str, str], name: str, sentence: str, errors: dict[str, Refusal | str], *, most: int) -> str:
    words = " ".join(form.get(name, "").split())
    if not words:
        errors[name] = sentence
    elif len(words) > most:
        errors[name] = Refusal("Write at most %(most)s characters.", most=most)
    return words


def _number(form: Mapping[str, str], name: str, sentence: str, errors: dict[str, Refusal | str]) -> int | None:
    text = form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        errors[name] = sentence
        return None
    return int(text)


def _amount(form: Mapping[str, str], name: str, language: str, errors: dict[str, Refusal | str]) -> Money | None:
    try:
        return parse(form.get(name, ""), language)
    except AmountError as wrong:
        errors[name] = str(wrong)
        return None
