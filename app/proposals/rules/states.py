"""Where a proposal stands, what may happen to it, and the number under which the office knows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SIGNING = "signing"
    SUBMITTED = "submitted"
    ADMISSIBLE = "admissible"
    INADMISSIBLE = "inadmissible"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What its people (complete, change, submit, withdraw) and the officer (admit, refuse) do with it."""

    COMPLETE = "complete"
    CHANGE = "change"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    ADMIT = "admit"
    REFUSE = "refuse"


MOVES: Mapping[tuple[State, Act], State] = {
    (State.DRAFT, Act.CHANGE): State.DRAFT,
    (State.SIGNING, Act.CHANGE): State.DRAFT,
    (State.DRAFT, Act.COMPLETE): State.SIGNING,
    (State.SIGNING, Act.SUBMIT): State.SUBMITTED,
    (State.DRAFT, Act.WITHDRAW): State.WITHDRAWN,
    (State.SIGNING, Act.WITHDRAW): State.WITHDRAWN,
    (State.SUBMITTED, Act.WITHDRAW): State.WITHDRAWN,
    (State.SUBMITTED, Act.ADMIT): State.ADMISSIBLE,
    (State.SUBMITTED, Act.REFUSE): State.INADMISSIBLE,
}
LIVE = (State.DRAFT, State.SIGNING)  # its people may still write
SENT = (State.SUBMITTED, State.ADMISSIBLE, State.INADMISSIBLE)  # the office has it


class Outcome(StrEnum):
    """What the officer decides on admissibility."""

    ADMISSIBLE = "admissible"
    INADMISSIBLE = "inadmissible"


_SMALL_WORDS = frozenset(("il", "lo", "la", "i", "gli", "le", "l", "un", "una"))


def prefix(title: str) -> str:
    """The letters that begin a call's reference numbers: La Scuola dei Quartieri -> SDQ."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z]+", plain) if word not in _SMALL_WORDS]
    letters = "".join(word[0] for word in words[:4]).upper()
    return letters if len(letters) >= 2 else (plain.replace(" ", "") + "prop")[:4].upper()


def reference(prefix: str, year: int, number: int) -> str:
    """The reference number as people quote it: SDQ-2026-0007."""
    return f"{prefix}-{year}-{number:04d}"
