"""The arithmetic of a match, sentence by sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from app.core.money import ZERO, Money, euros
from app.matching.rules import (
    Base,
    Gift,
    Kind,
    MatchPolicy,
    Mode,
    Overfunding,
    Tier,
    Window,
    crowd,
    explain,
    match_due,
    settled,
)
from tests.matching.test_modes import budgets, gifts_made, policies, stretches

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BUDGET = euros("12000")
MILAN = MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000"))


def keys(policy: MatchPolicy, *gifts: Gift, collected: bool = False) -> list[str]:
    told = explain(crowd(gifts, policy), BUDGET, ZERO, policy, collected=collected)
    return [step.key for step in told.steps]


def test_the_story_of_a_completed_budget_is_told_from_the_budget_to_the_match() -> None:
    told = explain(crowd([Gift(euros("5000")), Gift(euros("10"), kind=Kind.OWN)], MILAN), BUDGET, ZERO, MILAN,
                   collected=False)  # fmt: skip
    assert [(step.key, step.amount) for step in told.steps] == [
        ("budget", euros("12000")),
        ("share", euros("7200")),
        ("cap", euros("60000")),
        ("threshold", euros("4800")),
        ("counted", euros("5000")),
        ("others", euros("10")),
        ("earned", euros("7200")),
        ("left", euros("6990")),
        ("match", euros("6990")),
    ]
    assert told.match == euros("6990")
    assert all(str(step.said) for step in told.steps)


@pytest.mark.parametrize(
    ("policy", "amount", "collected", "tail"),
    [
        (MILAN, "4799.99", False, ["short", "nothing", "match"]),
        (MILAN, "4780", True, ["short", "forgiven", "shrunk", "match"]),
        (MILAN, "4559.99", True, ["short", "nothing", "match"]),
        (MatchPolicy(share_bp=6000, threshold_bp=4000, donors_min=2), "4800", False, ["people", "match"]),
        (
            MatchPolicy(mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000),
            "6000",
            False,
            ["earned", "match"],
        ),
        (
            MatchPolicy(mode=Mode.TIERED, tiers=(Tier(2500, 1000), Tier(4000, 2500)), share_bp=4000, threshold_bp=2500),
            "4800",
            False,
            ["tier", "match"],
        ),
        (
            MatchPolicy(mode=Mode.RATIO, ratio_bp=20_000, share_bp=1000, threshold_bp=2500, donor_cap=euros("700")),
            "4000",
            False,
            ["beyond", "ratio", "limited", "match"],
        ),
        (
            MatchPolicy(share_bp=6000, threshold_bp=4000, overfunding=Overfunding.KEEP),
            "9000",
            False,
            ["earned", "match"],
        ),
    ],
)
def test_each_turn_has_its_own_line(policy: MatchPolicy, amount: str, collected: bool, tail: list[str]) -> None:
    assert keys(policy, Gift(euros(amount)), collected=collected)[-len(tail) :] == tail


def test_caps_bases_fixed_sums_and_stretch_lines_are_said() -> None:
    rest = MatchPolicy(share_bp=5000, threshold_bp=10_000, base=Base.REST, cap=euros("5000"))
    assert keys(rest)[:4] == ["budget", "share", "cap", "ceiling"]
    fixed = MatchPolicy(mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000)
    assert keys(fixed)[:4] == ["budget", "share", "fixed", "ceiling"]
    told = explain(crowd([], MILAN), BUDGET, euros("800"), MILAN, collected=False)
    assert (told.steps[1].key, told.steps[1].amount) == ("stretch", euros("800"))


def test_a_window_has_a_line_of_its_own() -> None:
    policy = MatchPolicy(
        mode=Mode.RATIO,
        ratio_bp=10_000,
        windows=(Window(NOON, NOON + timedelta(days=1), 20_000),),
        share_bp=5000,
        threshold_bp=100,
    )
    told = explain(crowd([Gift(euros("100")), Gift(euros("50"), NOON)], policy), BUDGET, ZERO, policy, collected=False)
    lines = [(step.said.params["each"], step.amount) for step in told.steps if step.key == "ratio"]
    assert lines == [(euros("1"), euros("100")), (euros("2"), euros("100"))]


@settings(deadline=None)
@given(policies, budgets, stretches, gifts_made)
def test_the_last_line_is_the_match_itself(policy, budget: Money, stretch: Money, gifts) -> None:
    gave = crowd(gifts, policy)
    promised, collected = (explain(gave, budget, stretch, policy, collected=each) for each in (False, True))
    assert promised.steps[-1].amount == promised.match == match_due(gave, budget, stretch, policy)
    assert collected.steps[-1].amount == collected.match == settled(gave, budget, stretch, policy).match
