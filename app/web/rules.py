"""What a reader may write to the office, what the city's settings must be like, and what the desk keeps. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core import codes
from app.core.errors import Invalid, Refusal
from app.web import colour

WORDS_LEAST, WORDS_MOST, PAGE_MOST, EMAIL_MOST = 10, 4000, 300, 254
# How often one may write: by reader's address on the network, and all readers together.
ONE_READER, ALL_READERS = (5, 3600), (200, 3600)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class About(StrEnum):
    """What a reader writes about."""

    ACCESSIBILITY = "accessibility"
    COMPLAINT = "complaint"
    QUESTION = "question"


@dataclass(frozen=True)
class Letter:
    """What a reader wrote, as it can be kept."""

    about: About
    page: str
    words: str
    email: str


def about(word: str | None) -> About:
    """What the letter is about; a word that means nothing is a question."""
    return About(word) if word in set(About) else About.QUESTION


def letter(form: Mapping[str, str]) -> Letter:
    """Read the form; raises Invalid with a sentence for each field."""
    words, page = form.get("words", "").strip(), " ".join(form.get("page", "").split())
    email = form.get("email", "").strip()
    errors: dict[str, Refusal | str] = {}
    if len(words) < WORDS_LEAST:
        errors["words"] = Refusal("Write what happened, in a few words at least.")
    elif len(words) > WORDS_MOST:
        errors["words"] = Refusal("Write at most %(most)s characters.", most=WORDS_MOST)
    if len(page) > PAGE_MOST:
        errors["page"] = Refusal("Write at most %(most)s characters.", most=PAGE_MOST)
    if email and "@" not in email:
        errors["email"] = Refusal("The at sign is missing. Write the address like this: name@example.org.")
    elif email and (len(email) > EMAIL_MOST or not _EMAIL.fullmatch(email)):
        errors["email"] = Refusal("This e-mail address is not whole. Write it like this: name@example.org.")
    if errors:
        raise Invalid(errors)
    return Letter(about(form.get("about")), page, words, email)


# Each setting of the city with the most characters it may have; those that may be empty are named apart.
SETTINGS = {
    "name": 80,
    "short": 40,
    "office": 120,
    "address": 160,
    "email": 254,
    "phone": 40,
    "tax_code": 20,
    "iban": 42,
}
MAY_BE_EMPTY = frozenset({"phone"})


def city(form: Mapping[str, str]) -> dict[str, str]:
    """The city's settings as typed; raises Invalid with a sentence for each field that cannot stay so."""
    errors: dict[str, Refusal | str] = {}
    found: dict[str, str] = {}
    for name, most in SETTINGS.items():
        found[name] = " ".join(form.get(name, "").split())
        if not found[name] and name not in MAY_BE_EMPTY:
            errors[name] = Refusal("Fill this in: pages, letters or papers need it.")
        elif len(found[name]) > most:
            errors[name] = Refusal("Write at most %(most)s characters.", most=most)
    if found["email"] and not _EMAIL.fullmatch(found["email"]):
        errors["email"] = Refusal("This e-mail address is not whole. Write it like this: name@example.org.")
    for name, reads in (("tax_code", codes.body_tax_code), ("iban", codes.iban)):
        if name not in errors:
            try:
                found[name] = reads(found[name])
            except codes.CodeError as wrong:
                errors[name] = str(wrong)
    found["colour"] = form.get("colour", "").strip().upper()
    if refused := colour.problem(found["colour"]):
        errors["colour"] = refused
    if errors:
        raise Invalid(errors)
    return found


VIEWS_MOST = 20  # saved views of one list, for one person
NAME_MOST = 60
KEPT_DAYS = 7  # the result of long work


class Kind(StrEnum):
    """Long work that people start from a page."""

    VERIFY = "verify"
    PLEDGES = "pledges"
    PAYMENTS = "payments"


class State(StrEnum):
    """Where long work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


OVER = frozenset({State.DONE, State.FAILED, State.STOPPED})
# Who may start it, and who may read what it made.
ROLES: Mapping[Kind, frozenset[str]] = {
    Kind.VERIFY: frozenset({"administrator"}),
    Kind.PLEDGES: frozenset({"finance", "administrator"}),
    Kind.PAYMENTS: frozenset({"finance", "administrator"}),
}
