"""The text of a proposal as plain data: what is missing in each part, and the fingerprint that is signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.calls.rules import Terms
from app.core.errors import Refusal
from app.core.money import N_, Money, total

THEMES: Mapping[str, str] = {  # each with its name: every page says the same
    "fare": N_("Making and repairing"),
    "verde": N_("Green"),
    "cultura": N_("Culture"),
    "cibo": N_("Food"),
    "gioco": N_("Play"),
    "sapere": N_("Learning"),
    "muoversi": N_("Getting around"),
    "cura": N_("Care"),
}
TITLE_MAX = 80
LINES_MAX = 30
MILESTONES_MIN = 3
MILESTONES_MAX = 20
FARTHEST_YEARS = 7  # a project lasts five years at most, and begins within two


class Part(StrEnum):
    """The nine parts of the task list: seven are written, then signed, then checked and sent."""

    IDEA = "idea"
    PLACE = "place"
    STORY = "story"
    BUDGET = "budget"
    MILESTONES = "milestones"
    IMPACT = "impact"
    PEOPLE = "people"
    COMMITMENT = "commitment"
    REVIEW = "review"


WRITTEN = (Part.IDEA, Part.PLACE, Part.STORY, Part.BUDGET, Part.MILESTONES, Part.IMPACT, Part.PEOPLE)


@dataclass(frozen=True)
class Draft:
    """All that a proposal says at one moment."""

    title: str
    summary: str
    theme: str | None
    zone: int | None
    place: str
    need: str
    story: str
    picture: str | None
    picture_alt: str
    total: Money
    lines: tuple[tuple[str, Money], ...]
    milestones: tuple[tuple[str, date | None], ...]
    impact: str
    group: str
    about: str
    members: tuple[str, ...]

    def part(self, part: Part) -> dict[str, Any]:
        """What one part says, as plain data."""
        match part:
            case Part.IDEA:
                return {"title": self.title, "summary": self.summary, "theme": self.theme}
            case Part.PLACE:
                return {"zone": self.zone, "place": self.place, "need": self.need}
            case Part.STORY:
                return {"story": self.story, "picture": self.picture, "picture_alt": self.picture_alt}
            case Part.BUDGET:
                return {"total": self.total.cents, "lines": [[name, amount.cents] for name, amount in self.lines]}
            case Part.MILESTONES:
                return {"milestones": [[title, due and due.isoformat()] for title, due in self.milestones]}
            case Part.IMPACT:
                return {"impact": self.impact}
            case Part.PEOPLE:
                return {"group": self.group, "about": self.about, "members": sorted(self.members)}
        return {}


# Longest and shortest texts in characters; what is longer is refused at once, what is shorter is missing.
LENGTHS: Mapping[str, tuple[int, int]] = {
    "title": (4, TITLE_MAX),
    "summary": (20, 300),
    "place": (3, 200),
    "need": (40, 3000),
    "story": (80, 8000),
    "picture_alt": (0, 200),
    "impact": (40, 3000),
    "about": (20, 4000),
}


def too_long(field: str, text: str) -> Refusal | None:
    """Why a text cannot be kept: it is longer than its place."""
    most = LENGTHS[field][1]
    if len(text) <= most:
        return None
    return Refusal("This text has %(have)d characters: at most %(most)d fit.", have=len(text), most=most)


def title_problem(title: str) -> Refusal | None:
    """Why a title cannot begin a proposal."""
    if len(title) < LENGTHS["title"][0]:
        return Refusal("Give the project a name, for example: Open courtyard.")
    return too_long("title", title)


def started(draft: Draft, part: Part) -> bool:
    """Whether anybody has written in the part yet; title, zone, group's name and people are there from the start."""
    said = draft.part(part)
    for known in ("title", "zone", "group", "members"):
        said.pop(known, None)
    return any(said.values())


Problems = dict[str, Refusal]


def problems(draft: Draft, terms: Terms, *, kind: str, closes_on: date) -> dict[Part, Problems]:
    """What is still missing, part by part and field by field; empty for a part that is complete."""
    return {
        Part.IDEA: _idea(draft),
        Part.PLACE: _place(draft, terms),
        Part.STORY: _short(draft, story=N_("Tell the story in a few sentences: who, where, what will happen.")),
        Part.BUDGET: _budget(draft, terms),
        Part.MILESTONES: _milestones(draft, closes_on),
        Part.IMPACT: _short(draft, impact=N_("Say what changes for the neighbourhood, in two sentences at least.")),
        Part.PEOPLE: _people(draft, terms, kind),
    }


def _short(draft: Draft, **asked: str) -> Problems:
    found: Problems = {}
    for field, sentence in asked.items():
        have, least = len(str(getattr(draft, field)).strip()), LENGTHS[field][0]
        if 0 < have < least:
            found[field] = Refusal(
                "This is very short, %(have)d characters: write at least %(least)d.", have=have, least=least
            )
        elif not have:
            found[field] = Refusal(sentence)
    return found


def _idea(draft: Draft) -> Problems:
    found = _short(draft, summary=N_("Say the idea in one or two sentences."))
    if refusal := title_problem(draft.title):
        found["title"] = refusal
    if draft.theme not in THEMES:
        found["theme"] = Refusal("Choose the theme that comes nearest.")
    return found


def _place(draft: Draft, terms: Terms) -> Problems:
    found = _short(
        draft,
        need=N_("Say which need the project answers and who feels it."),
        place=N_("Write the place: a street, a square, a courtyard."),
    )
    if draft.zone is None:
        found["zone"] = Refusal("Choose the neighbourhood.")
    elif not terms.takes_zone(draft.zone):
        found["zone"] = Refusal("This call does not cover this neighbourhood. Choose one of those it names.")
    return found


def budget_sentence(lines_total: Money, stated: Money) -> Refusal | None:
    """What the lines make against the stated total; None where they add up to the cent."""
    if lines_total == stated:
        return None
    if lines_total < stated:
        return Refusal(
            "The lines make %(sum)s. %(gap)s are missing to reach %(total)s: add a line or change the total.",
            sum=lines_total,
            gap=stated - lines_total,
            total=stated,
        )
    return Refusal(
        "The lines make %(sum)s, %(over)s more than the total of %(total)s: lower a line or change the total.",
        sum=lines_total,
        over=lines_total - stated,
        total=stated,
    )


def _budget(draft: Draft, terms: Terms) -> Problems:
    if not draft.total:
        return {"total": Refusal("Write what the whole project costs."), **_half_lines(draft)}
    found: Problems = {}
    if not terms.takes_budget(draft.total):
        found["total"] = Refusal(
            "This call takes projects from %(least)s to %(most)s.", least=terms.budget_min, most=terms.budget_max
        )
    if not draft.lines:
        found["name_1"] = Refusal("Add at least one line of expense.")
    elif refusal := budget_sentence(total(amount for _, amount in draft.lines), draft.total):
        found["total"] = refusal
    return {**found, **_half_lines(draft)}


def _half_lines(draft: Draft) -> Problems:
    """Lines that are kept but still lack their name or their sum."""
    found: Problems = {}
    for number, (name, amount) in enumerate(draft.lines, start=1):
        if not name:
            found[f"name_{number}"] = Refusal("Say what this sum is for.")
        if not amount:
            found[f"amount_{number}"] = Refusal("Write how much this costs, for example 1,200.00.")
    return found


def _milestones(draft: Draft, closes_on: date) -> Problems:
    found: Problems = {}
    for number, (title, due) in enumerate(draft.milestones, start=1):
        if not title:
            found[f"title_{number}"] = Refusal("Say what happens on this day.")
        if due is None:
            found[f"due_{number}"] = Refusal("Write the day like this: 31/12/2026.")
        elif due <= closes_on:
            found[f"due_{number}"] = Refusal("This day comes before the call closes: write a later one.")
        elif due.year > closes_on.year + FARTHEST_YEARS:
            found[f"due_{number}"] = Refusal("This day is very far away: check the year.")
    short = MILESTONES_MIN - len(draft.milestones)
    if short > 0:
        found[f"title_{len(draft.milestones) + 1}"] = Refusal(
            "Write at least %(least)d milestones, each with its date.", least=MILESTONES_MIN
        )
    return found


def _people(draft: Draft, terms: Terms, kind: str) -> Problems:
    found = _short(draft, about=N_("Say in a few words who you are."))
    if not terms.takes_proposer(kind):
        found["about"] = Refusal("This call is not open to groups like yours.")
    if kind == "informal" and len(draft.members) < terms.members_min:
        found["email"] = Refusal(
            "This call asks for at least %(least)d people: you are %(have)d. Invite the others.",
            least=terms.members_min,
            have=len(draft.members),
        )
    return found


@dataclass(frozen=True)
class Progress:
    """How far a proposal is: parts done, and what keeps it from being sent."""

    done: int
    total: int
    written: bool
    missing: tuple[Part, ...]


def progress(found: Mapping[Part, Problems], *, signed: int, members: int, sent: bool) -> Progress:
    """The parts that are done: seven written, then the signatures, then the sending."""
    missing = tuple(part for part in WRITTEN if found[part])
    written = not missing
    done = len(WRITTEN) - len(missing)
    all_signed = written and members > 0 and signed >= members
    return Progress(done + all_signed + sent, len(Part), written, missing)


def _canonical(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(draft: Draft) -> str:
    """The SHA-256 of the whole text in one spelling: what the signatures are over."""
    whole: Sequence[tuple[str, Any]] = [(part.value, draft.part(part)) for part in WRITTEN]
    return hashlib.sha256(_canonical(dict(whole))).hexdigest()


def part_mark(draft: Draft, part: Part) -> str:
    """A short mark of what a part says, carried by its form to notice that somebody else changed it meanwhile."""
    return hashlib.sha256(_canonical(draft.part(part))).hexdigest()[:16]
