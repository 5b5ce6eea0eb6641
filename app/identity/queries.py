"""Reads of accounts."""

from datetime import datetime

from app.identity.models import Person


def person_of_session(raw: str, now: datetime) -> Person | None:
    """The person whose live session this token is."""
    return None


def roles(person_id: int, now: datetime) -> frozenset[str]:
    """The roles the person holds."""
    return frozenset()
