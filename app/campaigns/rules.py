"""What a campaign is in its life, what it must have before it opens, and how its time runs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.errors import Refusal
from app.core.money import Money

STORY_LEAST = 200
STORY_MOST = 20_000
SUMMARY_MOST = 200
IMPACT_MOST = 4


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


def missing(*, summary: str, story: str) -> list[Refusal]:
    """What the group must still write before it may ask to open."""
    lacking: list[Refusal] = []
    if not summary.strip():
        lacking.append(Refusal("One sentence that says what the project does is missing: the group writes it."))
    if len(story.strip()) < STORY_LEAST:
        lacking.append(
            Refusal(
                "The story is too short to be understood: the group writes at least %(least)s characters.",
                least=STORY_LEAST,
            )
        )
    return lacking


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
