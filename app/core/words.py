"""Free text that one person writes for another: long enough to say something, short enough to be read."""

from __future__ import annotations

from app.core.errors import Invalid, Refusal

LEAST, MOST = 10, 3_000


def too_long(text: str, most: int = MOST) -> Refusal | None:
    """Why a text does not fit."""
    if len(text.strip()) <= most:
        return None
    return Refusal("This is too long: at most %(most)s characters.", most=most)


def reason_problem(text: str, missing: Refusal | str, *, least: int = LEAST, most: int = MOST) -> Refusal | str | None:
    """Why a text is no reason: it says nothing yet (`missing` says what to write), or it does not fit."""
    return missing if len(text.strip()) < least else too_long(text, most)


def reason(text: str, missing: Refusal | str, *, field: str = "reason", least: int = LEAST) -> str:
    """The reason trimmed, or the refusal that stands beside its field."""
    if (problem := reason_problem(text, missing, least=least)) is not None:
        raise Invalid({field: problem})
    return text.strip()
