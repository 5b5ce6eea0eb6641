"""What a campaign is in its life, what it must have before it opens, and how its time runs. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from app.core.errors import Refusal
from app.core.money import Money

STORY_LEAST = 200
STORY_MOST = 20_000
SUMMARY_MOST = 200
IMPACT_MOST = 4
NEWS_TITLE_MOST = 120
GALLERY_MOST = 30
DOCUMENTS_MOST = 20
WORDS_MOST = 200


class State(StrEnum):
    """Where a campaign stands."""

    PREPARING = "preparing"
    ASKED = "asked"
    LIVE = "live"
    CLOSED = "closed"


class Act(StrEnum):
    """What can be done with a campaign."""

    WRITE = "write"
    ASK = "ask"
    RETURN = "return"
    OPEN = "open"
    CLOSE = "close"


MOVES: dict[tuple[State, Act], State] = {
    (State.PREPARING, Act.WRITE): State.PREPARING,
    (State.PREPARING, Act.ASK): State.ASKED,
    (State.ASKED, Act.RETURN): State.PREPARING,
    (State.ASKED, Act.OPEN): State.LIVE,
    (State.LIVE, Act.WRITE): State.LIVE,
    (State.LIVE, Act.CLOSE): State.CLOSED,
    (State.CLOSED, Act.WRITE): State.CLOSED,
}

PUBLIC = frozenset({State.LIVE, State.CLOSED})


class Stage(StrEnum):
    """How far a public project is, as readers look for it."""

    OPEN = "open"
    MAKING = "making"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True)
class Impact:
    """What one amount makes possible, in the group's words."""

    amount: Money
    it: str
    en: str = ""

    def said(self, language: str) -> str:
        """The words in this language, the Italian ones where there are no others."""
        return self.en if language == "en" and self.en else self.it


class Shown(StrEnum):
    """What hangs in the gallery."""

    PHOTO = "photo"
    VIDEO = "video"


class Paper(StrEnum):
    """What a document is, as readers look for it."""

    BROCHURE = "brochure"
    STATUTE = "statute"
    REPORT = "report"
    ESTIMATE = "estimate"
    PERMIT = "permit"
    DRAWING = "drawing"
    PRESS = "press"
    OTHER = "other"


def video_host(address: str) -> str | None:
    """The host of a video's page, where the address is one that a reader can safely follow; None otherwise."""
    if len(address) > 400 or any(sign.isspace() or not sign.isprintable() for sign in address):
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", host)
    if parts.scheme != "https" or parts.username is not None or port not in (None, 443) or not plain:
        return None
    return host.removeprefix("www.")


PRESETS = (Money(1_000), Money(2_500), Money(5_000), Money(10_000))


def presets(lines: Sequence[Impact], gift_min: Money) -> list[Impact]:
    """The amounts offered on the donate box: the group's own, or ours without words."""
    chosen = list(lines) or [Impact(amount, "") for amount in PRESETS]
    return [line for line in chosen if line.amount >= gift_min][:IMPACT_MOST]


def chosen_first(offered: Sequence[Impact]) -> Money | None:
    """The amount marked at first: the last but one, never the largest."""
    if not offered:
        return None
    return offered[max(0, len(offered) - 2)].amount


def missing(*, summary: str, story: str) -> dict[str, Refusal]:
    """What the group must still write before it may ask to open, by field."""
    lacking: dict[str, Refusal] = {}
    if not summary.strip():
        lacking["summary"] = Refusal("One sentence that says what the project does is missing: the group writes it.")
    if len(story.strip()) < STORY_LEAST:
        lacking["story"] = Refusal(
            "The story is too short to be understood: the group writes at least %(least)s characters.",
            least=STORY_LEAST,
        )
    return lacking


@dataclass(frozen=True)
class Point:
    """One point of the list to go through before a campaign opens."""

    key: str
    done: bool
    obliged: bool = False


def checklist(
    *, summary: str, story: str, picture: bool, described: bool, amounts: int, photos: int, documents: int
) -> list[Point]:
    """What makes a page that people give to: two points are obliged, the others are advice."""
    return [
        Point("summary", bool(summary.strip()), obliged=True),
        Point("story", len(story.strip()) >= STORY_LEAST, obliged=True),
        Point("picture", picture),
        *([Point("described", described)] if picture else []),
        Point("amounts", amounts >= 2),
        Point("photos", photos >= 2),
        Point("documents", documents >= 1),
    ]


# The search sets accents aside before it looks for words that say nothing; these would come through.
_SAY_NOTHING = frozenset(["è", "perché", "più", "già", "né", "sé", "cioè", "però", "così", "là", "lì", "può"])
SEARCHED_MOST = 8


def sought(words: str) -> list[str]:
    """The words of a search that say something, as typed, at most eight."""
    found = (each for each in re.findall(r"[^\W_]+", words.casefold()) if each not in _SAY_NOTHING)
    return list(found)[:SEARCHED_MOST]


def takes_pledges(state: State, closes_at: datetime | None, now: datetime) -> bool:
    """Whether a promise can be made at this moment."""
    return state is State.LIVE and closes_at is not None and now < closes_at


def days_left(closes_at: datetime, now: datetime) -> int:
    """Whole days still to come, the day of the close counted."""
    return max(0, -((now - closes_at) // timedelta(days=1)))


def free_until(closes_at: datetime, hours: int) -> datetime:
    """Until when a donor may cancel without any condition."""
    return closes_at - timedelta(hours=hours)


def last_charge_at(closes_at: datetime, days: int) -> datetime:
    """The last moment at which a card may be charged, named in the consent."""
    return closes_at + timedelta(days=days)
