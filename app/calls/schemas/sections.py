"""The forms of a call, read into the shape in which its terms are frozen, and written back into forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from app.calls.rules import OFFERED, TIMES, Criterion, ProposerKind, Section, Terms, TrancheKind, percent
from app.calls.service import Basics
from app.core.errors import Refusal
from app.core.money import Money
from app.core.reading import Reading
from app.matching.rules import (
    RATIO_MOST,
    Base,
    MatchPolicy,
    Mode,
    Overfunding,
    Tier,
    Window,
)
from app.programmes.models import Source
from app.territory.models import Zone

Form = MultiDict[str, str]
Data = dict[str, Any]
ROWS = 8  # how many criteria a form has room for
WINDOWS, STEPS = 3, 5  # how many windows of a ratio and how many steps
WINDOW = ("window_start", "window_end", "window_ratio")


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
    mode = Mode(one_of(read, "mode", OFFERED, Mode.COMPLETION))
    values: Data = {
        "mode": mode,
        "share_bp": _rate(read, "share"),
        "cap": read.amount("cap", needed=False) or None,
        "base": Base(one_of(read, "base", Base, Base.BUDGET)),
        "overfunding": Overfunding(one_of(read, "overfunding", Overfunding, Overfunding.REDUCE)),
        "donors_min": _people(read),
        **_MODES.get(mode, _plain)(read),
    }
    read.finish()
    return MatchPolicy(**values).to_dict()


def _plain(read: Reading) -> Data:
    return {"threshold_bp": _rate(read, "threshold")}


def _ratio(read: Reading) -> Data:
    adds = _each(read, "ratio")
    windows = [_window(read, n) for n in range(1, WINDOWS + 1) if _filled(read, n, *WINDOW)]
    whole = [(n, one) for n, one in windows if one is not None]
    for place, (_, one) in enumerate(whole):
        for n, other in whole[place + 1 :]:
            if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
                read.refuse(f"window_start_{n}", Refusal("Two windows overlap: only one ratio can hold at a time."))
    return {
        **_plain(read),
        "ratio_bp": adds,
        "windows": tuple(one for _, one in whole),
        "donor_cap": read.amount("donor_cap", needed=False) or None,
    }


def _window(read: Reading, n: int) -> tuple[int, Window | None]:
    starts_at, ends_at = read.moment(f"window_start_{n}"), read.moment(f"window_end_{n}")
    adds = _each(read, f"window_ratio_{n}")
    if any(f"{name}_{n}" in read.errors for name in WINDOW):
        return n, None
    if ends_at <= starts_at:
        read.refuse(f"window_end_{n}", Refusal("The window ends before it starts."))
        return n, None
    return n, Window(starts_at, ends_at, adds)


def _each(read: Reading, name: str) -> int:
    """So much for each euro, typed as a sum, as a ratio."""
    adds = read.amount(name).cents * 100
    if adds > RATIO_MOST:
        read.refuse(name, Refusal("At most %(most)s for each euro.", most=Money(RATIO_MOST // 100)))
        return RATIO_MOST
    return adds or 1


def _fixed(read: Reading) -> Data:
    return {**_plain(read), "fixed": read.amount("fixed") or Money(1)}


def _tiered(read: Reading) -> Data:
    steps: list[Tier] = []
    for n in range(1, STEPS + 1):
        if n > 1 and not _filled(read, n, "tier_from", "tier_share"):
            continue
        start, share = _rate(read, f"tier_from_{n}"), _rate(read, f"tier_share_{n}")
        if steps and start <= steps[-1].from_bp:
            read.refuse(f"tier_from_{n}", Refusal("Each step begins higher than the one before it."))
        if steps and share < steps[-1].share_bp:
            read.refuse(f"tier_share_{n}", Refusal("The city’s part does not fall from step to step."))
        steps.append(Tier(start, share))
    return {"threshold_bp": steps[0].from_bp, "tiers": tuple(steps), "base": Base.BUDGET}


_MODES: dict[Mode, Callable[[Reading], Data]] = {Mode.RATIO: _ratio, Mode.FIXED: _fixed, Mode.TIERED: _tiered}


def _rate(read: Reading, name: str) -> int:
    """A percentage above zero."""
    points = read.percent(name)
    if points == 0:
        read.refuse(name, Refusal("Write a percentage above zero, for example 60."))
    return points or 1


def one_of(read: Reading, name: str, known: Iterable[str], usual: str) -> str:
    """One of the values offered, the usual one where the form does not ask."""
    known = list(known)
    if name not in read.form:
        return usual
    chosen = read.choice(name, known)
    return chosen if chosen in known else usual


def _people(read: Reading) -> int:
    return read.number("donors_min") if read.text("donors_min", needed=False) else 0


def _filled(read: Reading, n: int, *names: str) -> bool:
    return any(read.text(f"{name}_{n}", needed=False) for name in names)


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
            return _typed_match(MatchPolicy.from_dict(data), rate)
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


def _typed_match(policy: MatchPolicy, rate: Callable[[int], str]) -> Data:
    fields: Data = {
        "mode": policy.mode.value,
        "share": rate(policy.share_bp),
        "threshold": rate(policy.threshold_bp),
        "base": policy.base.value,
        "cap": policy.cap,
        "overfunding": policy.overfunding.value,
        "donors_min": policy.donors_min or None,
        "ratio": Money(policy.ratio_bp // 100) if policy.ratio_bp else None,
        "donor_cap": policy.donor_cap,
        "fixed": policy.fixed,
    }
    for n, window in enumerate(policy.windows, start=1):
        fields |= {f"window_start_{n}": window.starts_at, f"window_end_{n}": window.ends_at}
        fields[f"window_ratio_{n}"] = Money(window.ratio_bp // 100)
    for n, step in enumerate(policy.tiers, start=1):
        fields |= {f"tier_from_{n}": rate(step.from_bp), f"tier_share_{n}": rate(step.share_bp)}
    return fields


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
