"""What the terms of a call are, and their frozen form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.money import Money, euros
from app.matching.rules import MatchPolicy


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


def missing(draft: Mapping[str, Any]) -> list[Section]:
    """The sections of the terms that nobody has filled yet."""
    return [section for section in Section if section.value not in draft]


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
