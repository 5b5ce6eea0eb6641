"""What the terms of a call are, when they are complete, and what a call may do in each state. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.errors import Refusal
from app.core.money import ZERO, Money, euros
from app.matching.rules import WHOLE, MatchPolicy, ceiling

Problems = dict[str, Refusal | str]


class State(StrEnum):
    """Where a call stands."""

    DRAFT = "draft"
    OPEN = "open"
    EVALUATING = "evaluating"
    RANKED = "ranked"
    ENDED = "ended"


class Act(StrEnum):
    """What can be done with a call."""

    PUBLISH = "publish"
    CLOSE = "close"
    RANK = "rank"
    END = "end"


MOVES: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.PUBLISH): State.OPEN,
    (State.OPEN, Act.CLOSE): State.EVALUATING,
    (State.EVALUATING, Act.RANK): State.RANKED,
    (State.RANKED, Act.END): State.ENDED,
}


class ProposerKind(StrEnum):
    """Who may answer a call: the kinds of a group."""

    INFORMAL = "informal"
    CONSTITUTED = "constituted"


class TrancheKind(StrEnum):
    """The steps in which a grant is paid."""

    ADVANCE = "advance"
    BALANCE = "balance"


class Section(StrEnum):
    """The parts of the terms, each filled on its own page of the task list."""

    MATCH = "match"
    WHO = "who"
    CRITERIA = "criteria"
    TRANCHES = "tranches"
    TIMES = "times"
    GIFTS = "gifts"


@dataclass(frozen=True)
class Criterion:
    """One measure of a proposal, with its weight out of 100."""

    key: str
    name_it: str
    name_en: str
    weight: int

    def name(self, language: str) -> str:
        """The criterion's name in this language."""
        return self.name_it if language == "it" else self.name_en


@dataclass(frozen=True)
class TranchePlan:
    """One planned payment of the grant, as a share of it."""

    kind: TrancheKind
    bp: int


@dataclass(frozen=True)
class Terms:
    """All rules of a call, frozen with a version when it is published."""

    match: MatchPolicy
    budget_min: Money
    budget_max: Money
    criteria: tuple[Criterion, ...]
    score_min: int
    tranches: tuple[TranchePlan, ...]
    zones: tuple[int, ...] = ()  # NIL numbers; none means the whole city
    proposer_kinds: tuple[ProposerKind, ...] = (ProposerKind.INFORMAL, ProposerKind.CONSTITUTED)
    members_min: int = 2
    project_months: int = 12
    campaign_days: int = 60
    constitution_days: int = 30
    extension_days: int = 16
    grace_days: int = 14
    last_charge_days: int = 60
    notice_days: int = 3
    free_cancel_hours: int = 24
    gift_min: Money = euros("1")
    large_pledge: Money = euros("1000")
    fee_bp: int = 150
    fee_fixed: Money = euros("0.25")

    def to_dict(self) -> dict[str, Any]:
        """The terms as plain data, section by section."""
        return {
            "match": self.match.to_dict(),
            "who": {
                "zones": list(self.zones),
                "proposer_kinds": [kind.value for kind in self.proposer_kinds],
                "members_min": self.members_min,
                "budget_min": self.budget_min.cents,
                "budget_max": self.budget_max.cents,
                "project_months": self.project_months,
            },
            "criteria": {
                "criteria": [
                    {"key": one.key, "name_it": one.name_it, "name_en": one.name_en, "weight": one.weight}
                    for one in self.criteria
                ],
                "score_min": self.score_min,
            },
            "tranches": {"tranches": [{"kind": one.kind.value, "bp": one.bp} for one in self.tranches]},
            "times": {name: getattr(self, name) for name in TIMES},
            "gifts": {
                "gift_min": self.gift_min.cents,
                "large_pledge": self.large_pledge.cents,
                "fee_bp": self.fee_bp,
                "fee_fixed": self.fee_fixed.cents,
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The terms that `to_dict` wrote."""
        who, criteria, times, gifts = data["who"], data["criteria"], data["times"], data["gifts"]
        return cls(
            match=MatchPolicy.from_dict(data["match"]),
            zones=tuple(who["zones"]),
            proposer_kinds=tuple(ProposerKind(kind) for kind in who["proposer_kinds"]),
            members_min=who["members_min"],
            budget_min=Money(who["budget_min"]),
            budget_max=Money(who["budget_max"]),
            project_months=who["project_months"],
            criteria=tuple(Criterion(**one) for one in criteria["criteria"]),
            score_min=criteria["score_min"],
            tranches=tuple(TranchePlan(TrancheKind(one["kind"]), one["bp"]) for one in data["tranches"]["tranches"]),
            gift_min=Money(gifts["gift_min"]),
            large_pledge=Money(gifts["large_pledge"]),
            fee_bp=gifts["fee_bp"],
            fee_fixed=Money(gifts["fee_fixed"]),
            **{name: times[name] for name in TIMES},
        )

    def takes_zone(self, number: int) -> bool:
        """Whether a project may take place in this zone."""
        return not self.zones or number in self.zones

    def takes_proposer(self, kind: str) -> bool:
        """Whether this kind of group may answer."""
        return kind in self.proposer_kinds

    def takes_budget(self, budget: Money) -> bool:
        """Whether a budget lies within the limits."""
        return self.budget_min <= budget <= self.budget_max


# The times of a campaign: default and limits. The last charge must leave room for constitution, extension and grace.
TIMES: dict[str, tuple[int, int, int]] = {
    "campaign_days": (60, 7, 180),
    "constitution_days": (30, 7, 120),
    "extension_days": (16, 0, 60),
    "grace_days": (14, 1, 60),
    "last_charge_days": (60, 10, 240),
    "notice_days": (3, 1, 14),
    "free_cancel_hours": (24, 0, 240),
}


def canonical(body: Mapping[str, Any]) -> bytes:
    """The one spelling of a frozen body over which its hash is taken."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def criteria_problems(criteria: Iterable[Criterion], score_min: int) -> Problems:
    """What is wrong with a table of criteria."""
    table = list(criteria)
    problems: Problems = {}
    weights = sum(one.weight for one in table)
    if not table:
        problems["criteria"] = Refusal("Add at least one criterion.")
    elif any(one.weight < 1 for one in table):
        problems["criteria"] = Refusal("Each criterion weighs at least 1.")
    elif weights != 100:
        problems["criteria"] = Refusal("The weights add up to %(total)s: they must make 100.", total=weights)
    if not 0 <= score_min <= 100:
        problems["score_min"] = Refusal("The minimum score lies between 0 and 100.")
    return problems


def tranche_problems(tranches: Iterable[TranchePlan]) -> Problems:
    """What is wrong with a plan of payments."""
    plan = list(tranches)
    whole = sum(one.bp for one in plan)
    if not plan or any(one.bp < 0 for one in plan):
        return {"tranches": Refusal("Each payment is a share of the grant, from 0 to 100 per cent.")}
    if whole != WHOLE:
        return {
            "tranches": Refusal("The payments add up to %(total)s per cent: they must make 100.", total=percent(whole))
        }
    if plan[-1].kind is not TrancheKind.BALANCE or plan[-1].bp == 0:
        return {"tranches": Refusal("Part of the grant is paid at the end, once the spending is accepted.")}
    return {}


def match_problems(policy: MatchPolicy) -> Problems:
    """What is wrong with a match policy."""
    if policy.share_bp + policy.threshold_bp > WHOLE:
        return {
            "share": Refusal(
                "The donors’ part and the city’s part make %(total)s per cent together: at most 100.",
                total=percent(policy.share_bp + policy.threshold_bp),
            )
        }
    return {}


def who_problems(kinds: Iterable[str], members_min: int, budget_min: Money, budget_max: Money) -> Problems:
    """What is wrong with the rules on who may answer."""
    problems: Problems = {}
    if not list(kinds):
        problems["proposer_kinds"] = Refusal("Choose who can take part: informal groups, constituted bodies or both.")
    if members_min < 1:
        problems["members_min"] = Refusal("A group has at least one member.")
    if budget_min <= ZERO:
        problems["budget_min"] = Refusal("The smallest budget is more than nothing.")
    if budget_max < budget_min:
        problems["budget_max"] = Refusal("The largest budget is below the smallest.")
    return problems


def time_problems(times: Mapping[str, int]) -> Problems:
    """What is wrong with the times of a campaign."""
    problems: Problems = {}
    for name, (_, least, most) in TIMES.items():
        if not least <= times[name] <= most:
            problems[name] = Refusal("Write a number from %(least)s to %(most)s.", least=least, most=most)
    if not problems:
        needed = times["constitution_days"] + times["extension_days"] + times["grace_days"]
        if times["last_charge_days"] < needed:
            problems["last_charge_days"] = Refusal(
                "Constitution, extension and grace window make %(days)s days: the last charge cannot come earlier.",
                days=needed,
            )
    return problems


def gift_problems(gift_min: Money, large_pledge: Money) -> Problems:
    """What is wrong with the limits on gifts."""
    problems: Problems = {}
    if gift_min < euros("0.50"):
        problems["gift_min"] = Refusal("Cards cannot be charged less than 0.50 €.")
    if large_pledge <= gift_min:
        problems["large_pledge"] = Refusal("A large gift is more than the smallest one.")
    return problems


def problems_of(section: Section, data: Mapping[str, Any]) -> Problems:
    """What is wrong with one section of the terms, in its frozen form."""
    match section:
        case Section.MATCH:
            return match_problems(MatchPolicy.from_dict(data))
        case Section.WHO:
            return who_problems(
                data["proposer_kinds"], data["members_min"], Money(data["budget_min"]), Money(data["budget_max"])
            )
        case Section.CRITERIA:
            return criteria_problems([Criterion(**one) for one in data["criteria"]], data["score_min"])
        case Section.TRANCHES:
            return tranche_problems([TranchePlan(TrancheKind(one["kind"]), one["bp"]) for one in data["tranches"]])
        case Section.TIMES:
            return time_problems(data)
        case Section.GIFTS:
            return gift_problems(Money(data["gift_min"]), Money(data["large_pledge"]))


def missing(draft: Mapping[str, Any]) -> list[Section]:
    """The sections of the terms that nobody has filled yet."""
    return [section for section in Section if section.value not in draft]


def date_problems(opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> Problems:
    """What is wrong with the dates of a call about to be published."""
    problems: Problems = {}
    if opens_at is None:
        problems["opens_at"] = Refusal("Write when the call opens.")
    if closes_at is None:
        problems["closes_at"] = Refusal("Write when the call closes.")
    elif closes_at <= now:
        problems["closes_at"] = Refusal("This date has passed. Write a date in the future.")
    elif opens_at is not None and closes_at <= opens_at:
        problems["closes_at"] = Refusal("The call closes before it opens.")
    return problems


def envelope_problems(envelope: Money, terms: Terms) -> Problems:
    """An envelope that could not pay even the smallest project is a mistake."""
    least = ceiling(terms.budget_min, terms.match)
    if envelope < least:
        return {
            "envelope": Refusal(
                "The fund does not cover even the smallest project, which needs %(least)s.", least=least
            )
        }
    return {}


def accepts(state: State, opens_at: datetime, closes_at: datetime, now: datetime) -> bool:
    """Whether proposals may be sent at this moment: the deadline itself is too late."""
    return state is State.OPEN and opens_at <= now < closes_at


def percent(bp: int) -> str:
    """A rate as people write it, without needless zeros: 6000 is 60, 4050 is 40.5."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


# What an empty form proposes where no call was published before: the rules of Milan’s 2020–21 edition for the money,
# our own defaults for the rest.
SUGGESTED = Terms(
    match=MatchPolicy(share_bp=6_000, threshold_bp=4_000, cap=euros("60000")),
    budget_min=euros("2000"),
    budget_max=euros("100000"),
    criteria=(
        Criterion("need", "Bisogno del quartiere", "Need of the neighbourhood", 30),
        Criterion("idea", "Qualità dell’idea", "Quality of the idea", 25),
        Criterion("people", "Persone coinvolte", "People involved", 20),
        Criterion("plan", "Piano e preventivo", "Plan and budget", 15),
        Criterion("after", "Che cosa resta dopo", "What stays afterwards", 10),
    ),
    score_min=60,
    tranches=(TranchePlan(TrancheKind.ADVANCE, 5_000), TranchePlan(TrancheKind.BALANCE, 5_000)),
)
