"""Refusals: what a verb says when it will not do what was asked. One table in web/errors.py maps them to HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """A polite no: an English sentence to translate, with %(name)s places, saying what is missing and who can help."""

    def __init__(self, message: str = "", **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class Missing(Refusal):
    """There is no such thing, or none that this person may know of."""


class Forbidden(Refusal):
    """This person may not do this."""


class Conflict(Refusal):
    """The thing is not in a state in which this can be done."""


class Gone(Refusal):
    """It was here once: an expired link, a closed campaign."""


class TooMany(Refusal):
    """Too many tries in too short a time."""


class Unavailable(Refusal):
    """Something we depend on does not answer at the moment; trying later may work."""


class Invalid(Refusal):
    """What was typed cannot be taken: field name to sentence."""

    def __init__(self, errors: Mapping[str, Refusal | str]) -> None:
        super().__init__("Please check the answers marked below.")
        self.errors: dict[str, Refusal] = {
            field: said if isinstance(said, Refusal) else Refusal(said) for field, said in errors.items()
        }

    def __str__(self) -> str:
        return "; ".join(f"{field}: {said}" for field, said in self.errors.items())
