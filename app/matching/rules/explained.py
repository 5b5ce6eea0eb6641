"""A match told step by step: each line of the arithmetic as a sentence with its euros."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import Refusal
from app.core.money import WHOLE, ZERO, Money, Rate
from app.matching.rules.crowd import Crowd
from app.matching.rules.match import (
    Outcome,
    ceiling,
    earned,
    match_due,
    room,
    settled,
    shrunk,
    threshold,
    tier_reached,
)
from app.matching.rules.policy import Base, MatchPolicy, Mode, Overfunding


@dataclass(frozen=True)
class Step:
    """One line: a sentence to translate, and the sum at which it arrives."""

    key: str
    said: Refusal
    amount: Money


@dataclass(frozen=True)
class Explanation:
    """How a match comes about; the last step is the match."""

    steps: tuple[Step, ...]
    match: Money


def explain(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy, *, collected: bool) -> Explanation:
    """Each step from the budget to the match, on promises or on the money really collected."""
    match = settled(gave, budget, stretch, policy).match if collected else match_due(gave, budget, stretch, policy)
    steps = [
        *_need(budget, stretch, policy),
        *_gifts(gave, policy),
        *_measured(gave, budget, stretch, policy, collected=collected),
        Step("match", Refusal("So the city adds %(sum)s.", sum=match), match),
    ]
    return Explanation(tuple(steps), match)


def _need(budget: Money, stretch: Money, policy: MatchPolicy) -> Iterator[Step]:
    needed, most = threshold(budget, policy), ceiling(budget, policy)
    yield Step("budget", Refusal("The budget of the project is %(sum)s.", sum=budget), budget)
    if stretch:
        yield Step("stretch", Refusal("Further lines, if more money comes, make %(sum)s.", sum=stretch), stretch)
    share = budget.share(policy.share_bp)
    yield Step(
        "share",
        Refusal("The city adds at most %(rate)s of the budget: %(sum)s.", rate=Rate(policy.share_bp), sum=share),
        share,
    )
    if policy.mode is Mode.FIXED and policy.fixed is not None:
        said = Refusal("The terms promise a fixed sum: %(sum)s.", sum=policy.fixed)
        yield Step("fixed", said, policy.fixed)
    if policy.cap is not None:
        said = Refusal("For one project it is never more than %(sum)s.", sum=policy.cap)
        yield Step("cap", said, policy.cap)
    if most != share:
        yield Step("ceiling", Refusal("The least of these holds: at most %(sum)s.", sum=most), most)
    rate = Rate(policy.threshold_bp)
    if policy.base is Base.BUDGET:
        said = Refusal(
            "Donors must raise %(rate)s of the budget, rounded up to the cent: %(sum)s.", rate=rate, sum=needed
        )
    else:
        said = Refusal(
            "Donors must raise %(rate)s of what the city’s part leaves open: %(sum)s.", rate=rate, sum=needed
        )
    yield Step("threshold", said, needed)


def _gifts(gave: Crowd, policy: MatchPolicy) -> Iterator[Step]:
    said = Refusal("The gifts that count make %(sum)s.", sum=gave.counted)
    yield Step("counted", said, gave.counted)
    if gave.others:
        said = Refusal("Gifts that do not count, such as those of the group’s members, make %(sum)s.", sum=gave.others)
        yield Step("others", said, gave.others)


def _measured(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy, *, collected: bool) -> Iterator[Step]:
    needed = threshold(budget, policy)
    if gave.counted < needed:
        short = needed - gave.counted
        yield Step("short", Refusal("They are %(sum)s below the threshold.", sum=short), short)
        if not collected or settled(gave, budget, stretch, policy).outcome is Outcome.RELEASED:
            said = Refusal("Below the threshold the city adds nothing.")
            if collected:
                said = Refusal("That is more than the terms forgive: the city’s part goes back to the fund.")
            yield Step("nothing", said, ZERO)
            return
        if policy.shrink_from_bp < WHOLE:
            least = needed.share_up(policy.shrink_from_bp)
            said = Refusal(
                "Where cards are refused, the terms forgive it down to %(rate)s of the threshold: %(sum)s.",
                rate=Rate(policy.shrink_from_bp),
                sum=least,
            )
            yield Step("forgiven", said, least)
    if not collected and gave.donors < policy.donors_min:
        said = Refusal(
            "At least %(least)s people must give; so far they are %(have)s: the city adds nothing yet.",
            least=policy.donors_min,
            have=gave.donors,
        )
        yield Step("people", said, ZERO)
        return
    yield from _mode(gave, budget, stretch, policy)
    yield from _over(gave, budget, stretch, policy)


def _mode(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy) -> Iterator[Step]:
    most, needed = ceiling(budget, policy), threshold(budget, policy)
    if policy.mode is Mode.RATIO:
        yield from _ratio(gave, most)
    elif gave.counted < needed:
        part = shrunk(gave, budget, stretch, policy)
        whole = match_due(needed, budget, stretch, policy)
        said = Refusal(
            "At the threshold the city would add %(whole)s; it shrinks in proportion: %(whole)s × %(counted)s ÷"
            " %(needed)s, rounded down to the cent, is %(sum)s.",
            whole=whole,
            counted=gave.counted,
            needed=needed,
            sum=part,
        )
        yield Step("shrunk", said, part)
    elif policy.mode is Mode.TIERED:
        step, part = tier_reached(gave.counted, budget, policy), earned(gave, budget, policy)
        if step is not None:
            said = Refusal(
                "The gifts have reached the step of %(from_rate)s of the budget: there the city adds %(rate)s of it,"
                " at most %(most)s: %(sum)s.",
                from_rate=Rate(step.from_bp),
                rate=Rate(step.share_bp),
                most=most,
                sum=part,
            )
            yield Step("tier", said, part)
    elif policy.mode is Mode.FIXED:
        yield Step("earned", Refusal("The threshold is reached: the city adds its sum, %(sum)s.", sum=most), most)
    else:
        said = Refusal("The threshold is reached: the city adds the rest, at most %(sum)s.", sum=most)
        yield Step("earned", said, most)


def _ratio(gave: Crowd, most: Money) -> Iterator[Step]:
    beyond = gave.counted - gave.followed
    if beyond:
        said = Refusal("Of these the city’s part does not follow %(sum)s, above the cap for one person.", sum=beyond)
        yield Step("beyond", said, beyond)
    for ratio, given, adds in gave.windowed:
        said = Refusal(
            "For each euro the city adds %(each)s: for %(given)s, each gift rounded down to the cent, that is %(sum)s.",
            each=Money(ratio // 100),
            given=given,
            sum=adds,
        )
        yield Step("ratio", said, adds)
    if gave.weighted > most:
        said = Refusal("Together that is %(whole)s; the most is %(sum)s.", whole=gave.weighted, sum=most)
        yield Step("limited", said, most)


def _over(gave: Crowd, budget: Money, stretch: Money, policy: MatchPolicy) -> Iterator[Step]:
    left = room(gave, budget, stretch, policy)
    part = earned(gave, budget, policy) if gave.counted >= threshold(budget, policy) else ZERO
    if policy.overfunding is not Overfunding.KEEP and part > left:
        said = Refusal(
            "Gifts and the city’s part together never exceed %(whole)s: after gifts of %(gifts)s, %(sum)s are left.",
            whole=budget + stretch,
            gifts=gave.all,
            sum=left,
        )
        yield Step("left", said, left)
