"""What can be followed, how often one is written to, and the secrets in the letters' links. Pure."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from enum import StrEnum

CONFIRM_WITHIN = timedelta(days=2)
NEWS_FRESH = timedelta(days=7)  # older news that nobody noticed is not written about any more
BUNDLE_HOUR = 8  # the daily letter leaves from this hour on, by the city's clock
EXCERPT = 280


class Subject(StrEnum):
    """What is followed."""

    PROJECT = "project"
    QUARTER = "quarter"
    CALL = "call"


class Pace(StrEnum):
    """How soon a follower wants to know."""

    DAILY = "daily"
    NOW = "now"


class Kind(StrEnum):
    """What happened."""

    UPDATE = "update"  # a group wrote news about its project
    OPENED = "opened"  # a project's collection opened
    CORRIGENDUM = "corrigendum"  # the rules of a call have changed
    RANKING = "ranking"  # the ranking of a call is approved


# Which news belongs to which subject: an update is too much for those who follow a whole call.
TOLD: dict[Subject, tuple[Kind, ...]] = {
    Subject.PROJECT: (Kind.UPDATE,),
    Subject.QUARTER: (Kind.UPDATE, Kind.OPENED),
    Subject.CALL: (Kind.OPENED, Kind.CORRIGENDUM, Kind.RANKING),
}


def excerpt(text: str) -> str:
    """The beginning of a text with Markdown in it, as plain words that end with a whole one."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    plain = " ".join(re.sub(r"[*_#>`|]+", " ", plain).split())
    if len(plain) <= EXCERPT:
        return plain
    return plain[:EXCERPT].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def token(ref: str, word: str, signature: str) -> str:
    """The secret of a link: which follower, what it asks, and our signature under both."""
    return f"{ref}.{word}.{signature}"


def read_token(text: str) -> tuple[str, str, str] | None:
    """The three parts of a secret, or None where it is none of ours."""
    found = re.fullmatch(r"([a-z]{3}_[a-z0-9]{16})\.([a-z]{1,8})\.([0-9a-f]{32})", text)
    return (found[1], found[2], found[3]) if found else None


def signed(signature: str, expected: str) -> bool:
    """Whether a signature is the expected one, in constant time."""
    return hmac.compare_digest(signature, expected)
