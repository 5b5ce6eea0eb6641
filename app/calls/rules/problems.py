"""What is wrong with the terms, dates and fund of a call, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.calls.rules.terms import TIMES, Criterion, Section, Terms, TrancheKind, TranchePlan, percent
from app.core.errors import Refusal
from app.core.money import ZERO, Money, euros
from app.matching.rules import COUNTED, WHOLE, Base, Funding, MatchPolicy, Mode, Order, ceiling

Problems = dict[str, Refusal | str]


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


# What a call can promise today, from the form to the last receipt. The others are arithmetic that the simulator shows:
# a quadratic match is settled for a whole round of campaigns, a call settles one campaign at a time.
OFFERED = (Mode.COMPLETION, Mode.RATIO, Mode.FIXED, Mode.TIERED)


def match_problems(policy: MatchPolicy) -> Problems:
    """What is wrong with a match policy."""
    if policy.mode not in OFFERED or policy.layers or policy.cohorts or policy.order is not Order.RANKING:
        return {"mode": Refusal("A call cannot be settled by these rules yet: only the simulator reckons with them.")}
    if policy.funding is not Funding.ALL_OR_NOTHING or policy.counts != COUNTED:
        return {"mode": Refusal("A call cannot be settled by these rules yet: only the simulator reckons with them.")}
    if policy.mode is Mode.TIERED:
        return _step_problems(policy)
    if policy.base is Base.REST:
        if policy.share_bp == WHOLE:
            return {"share": Refusal("The city cannot pay the whole where donors raise what it leaves open.")}
        return {}
    if policy.share_bp + policy.threshold_bp > WHOLE:
        return {
            "share": Refusal(
                "The donors’ part and the city’s part make %(total)s per cent together: at most 100.",
                total=percent(policy.share_bp + policy.threshold_bp),
            )
        }
    return {}


def _step_problems(policy: MatchPolicy) -> Problems:
    problems: Problems = {}
    for n, step in enumerate(policy.tiers, start=1):
        if step.share_bp > policy.share_bp:
            problems[f"tier_share_{n}"] = Refusal("This is more than the city’s share at most.")
        elif step.from_bp + step.share_bp > WHOLE:
            problems[f"tier_share_{n}"] = Refusal(
                "The donors’ part and the city’s part make %(total)s per cent together: at most 100.",
                total=percent(step.from_bp + step.share_bp),
            )
    return problems


def who_problems(
    kinds: Iterable[str], members_min: int, budget_min: Money, budget_max: Money, project_months: int
) -> Problems:
    """What is wrong with the rules on who may answer."""
    problems: Problems = {}
    if not list(kinds):
        problems["proposer_kinds"] = Refusal("Choose who can take part: informal groups, constituted bodies or both.")
    if members_min < 1:
        problems["members_min"] = Refusal("A group has at least one member.")
    if not 1 <= project_months <= 60:
        problems["project_months"] = Refusal("Write a number from %(least)s to %(most)s.", least=1, most=60)
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
                data["proposer_kinds"],
                data["members_min"],
                Money(data["budget_min"]),
                Money(data["budget_max"]),
                data["project_months"],
            )
        case Section.CRITERIA:
            return criteria_problems([Criterion(**one) for one in data["criteria"]], data["score_min"])
        case Section.TRANCHES:
            return tranche_problems([TranchePlan(TrancheKind(one["kind"]), one["bp"]) for one in data["tranches"]])
        case Section.TIMES:
            return time_problems(data)
        case Section.GIFTS:
            return gift_problems(Money(data["gift_min"]), Money(data["large_pledge"]))


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
