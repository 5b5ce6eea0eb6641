"""The forms of a call, read into the shape in which its terms are frozen, and written back into forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from app.calls.rules import TIMES, Criterion, ProposerKind, Section, Terms, TrancheKind, percent
from app.calls.service import Basics
from app.core.errors import Refusal
from app.core.money import Money
from app.core.reading import Reading
from app.matching.rules import MatchPolicy
from app.programmes.models import Source
from app.territory.models import Zone

Form = MultiDict[str, str]
Data = dict[str, Any]
ROWS = 8  # how many criteria a form has room for


def basics(form: Form, language: str, sources: Mapping[str, Source]) -> Basics:
    """What a call is about, its fund and its dates."""
    read = Reading(form, language)
    chosen = sources.get(read.choice("source", list(sources)))
    values: Data = {
        "title": read.text("title", most=120),
        "summary": read.text("summary", most=400),
        "source": chosen,
        "envelope": read.amount("envelope"),
        "opens_at": read.moment("opens_at"),
        "closes_at": read.moment("closes_at"),
    }
    read.finish()
    return Basics(**values)


def section(form: Form, language: str, name: Section, zones: Sequence[tuple[int, Sequence[Zone]]]) -> Data:
    """One section of the terms as typed."""
    read = Reading(form, language)
    data = _READERS[name](read) if name is not Section.WHO else _who(read, zones)
    read.finish()
    return data


def _match(read: Reading) -> Data:
    cap = read.amount("cap", needed=False)
    share, threshold = read.percent("share"), read.percent("threshold")
    for name, value in (("share", share), ("threshold", threshold)):
        if value == 0:
            read.refuse(name, Refusal("Write a percentage above zero, for example 60."))
    read.finish()
    return MatchPolicy(share_bp=share, threshold_bp=threshold, cap=cap or None).to_dict()


def _who(read: Reading, boroughs: Sequence[tuple[int, Sequence[Zone]]]) -> Data:
    numbers: list[int] = []
    if read.choice("where", ("all", "some")) == "some":
        for borough, zones in boroughs:
            numbers += [int(one) for one in read.several(f"zones_{borough}", [str(zone.number) for zone in zones])]
        if not numbers:
            read.refuse("where", Refusal("Choose at least one neighbourhood, or the whole city."))
    return {
        "zones": sorted(numbers),
        "proposer_kinds": read.several("proposer_kinds", [kind.value for kind in ProposerKind]),
        "members_min": read.number("members_min"),
        "budget_min": read.amount("budget_min").cents,
        "budget_max": read.amount("budget_max").cents,
        "project_months": read.number("project_months"),
    }


def _criteria(read: Reading) -> Data:
    rows: list[Data] = []
    for n in range(1, ROWS + 1):
        names = [read.text(f"name_{tongue}_{n}", needed=False, most=80) for tongue in ("it", "en")]
        if not any([*names, read.text(f"weight_{n}", needed=False)]):
            continue
        for tongue, name in zip(("it", "en"), names, strict=True):
            if not name:
                read.refuse(f"name_{tongue}_{n}", Refusal("This is missing."))
        rows.append({"key": f"c{n}", "name_it": names[0], "name_en": names[1], "weight": read.number(f"weight_{n}")})
    return {"criteria": rows, "score_min": read.number("score_min")}


def _tranches(read: Reading) -> Data:
    plan = ((TrancheKind.ADVANCE, read.percent("advance")), (TrancheKind.BALANCE, read.percent("balance")))
    return {"tranches": [{"kind": kind.value, "bp": bp} for kind, bp in plan if bp or kind is TrancheKind.BALANCE]}


def _times(read: Reading) -> Data:
    return {name: read.number(name) for name in TIMES}


def _gifts(read: Reading) -> Data:
    return {
        "gift_min": read.amount("gift_min").cents,
        "large_pledge": read.amount("large_pledge").cents,
        "fee_bp": read.percent("fee"),
        "fee_fixed": read.amount("fee_fixed", zero=True).cents,
    }


_READERS: dict[Section, Callable[[Reading], Data]] = {
    Section.MATCH: _match,
    Section.CRITERIA: _criteria,
    Section.TRANCHES: _tranches,
    Section.TIMES: _times,
    Section.GIFTS: _gifts,
}


def beside(name: Section, form: Form, errors: Mapping[str, Refusal]) -> dict[str, Refusal]:
    """Sentences about a whole table moved to the fields where they are mended."""
    placed = dict(errors)
    if name is Section.TRANCHES and "tranches" in placed:
        placed["balance"] = placed.pop("tranches")
    if name is Section.CRITERIA and "criteria" in placed:
        said = placed.pop("criteria")
        weights = [one for n in range(1, ROWS + 1) if form.get(one := f"weight_{n}", "").strip()]
        light = [one for one in weights if not form[one].strip().strip("0")]
        placed |= dict.fromkeys(light or weights[-1:] or ["name_it_1"], said)
    return placed


def typed(name: Section, data: Mapping[str, Any], language: str) -> Data:
    """A section of the terms as its form shows it."""

    def rate(bp: int) -> str:
        return percent(bp).replace(".", "." if language == "en" else ",")

    match name:
        case Section.MATCH:
            cap = data["cap"]
            rates = {"share": rate(data["share_bp"]), "threshold": rate(data["threshold_bp"])}
            return {**rates, "cap": None if cap is None else Money(cap)}
        case Section.WHO:
            chosen = [str(number) for number in data["zones"]]
            amounts = {key: Money(data[key]) for key in ("budget_min", "budget_max")}
            return {**data, **amounts, "where": "some" if chosen else "all", "zones": chosen}
        case Section.CRITERIA:
            rows: Data = {"score_min": data["score_min"]}
            for n, one in enumerate((Criterion(**row) for row in data["criteria"]), start=1):
                rows |= {f"name_it_{n}": one.name_it, f"name_en_{n}": one.name_en, f"weight_{n}": one.weight}
            return rows
        case Section.TRANCHES:
            return {one["kind"]: rate(one["bp"]) for one in data["tranches"]}
        case Section.TIMES:
            return dict(data)
        case Section.GIFTS:
            amounts = {key: Money(data[key]) for key in ("gift_min", "large_pledge", "fee_fixed")}
            return {**amounts, "fee": rate(data["fee_bp"])}


@dataclass(frozen=True)
class Correction:
    """What a corrigendum changes."""

    terms: Terms
    closes_at: datetime
    reason: str


def correction(form: Form, language: str, before: Terms) -> Correction:
    """More time, a longer campaign, another minimum score, and why."""
    read = Reading(form, language)
    days, least = read.number("campaign_days"), read.number("score_min")
    made = Correction(
        replace(before, campaign_days=days, score_min=least), read.moment("closes_at"), read.text("reason", most=600)
    )
    read.finish()
    return made
