"""The match in euros: the rules of Milan's four editions and the reference figures of the story."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Conflict, Invalid
from app.core.money import ZERO, Money, euros
from app.core.moves import move
from app.matching.rules import (
    MOVES,
    Act,
    MatchPolicy,
    Outcome,
    Sentence,
    State,
    ceiling,
    effect,
    examples,
    final_grant,
    match_due,
    room_left,
    settled,
    threshold,
)

EDITION_1 = MatchPolicy(share_bp=5000, threshold_bp=5000, cap=euros("50000"))
EDITION_2 = MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000"))
EDITION_3 = MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("48000"))
EDITION_4 = MatchPolicy(share_bp=5000, threshold_bp=5000, cap=euros("50000"))

BUDGET = euros("12000")


@pytest.mark.parametrize(
    ("policy", "budget", "needs", "city"),
    [
        (EDITION_2, "12000", "4800", "7200"),
        (EDITION_1, "100000", "50000", "50000"),
        (EDITION_1, "140000", "70000", "50000"),  # the cap binds
        (EDITION_2, "100000", "40000", "60000"),
        (EDITION_2, "70000", "28000", "42000"),
        (EDITION_3, "80000", "32000", "48000"),
        (EDITION_3, "20000", "8000", "12000"),
        (EDITION_4, "100000", "50000", "50000"),
        (EDITION_4, "20000", "10000", "10000"),
        (EDITION_2, "100.01", "40.01", "60.00"),  # 40.004 up, 60.006 down
        (EDITION_2, "0.01", "0.01", "0"),
        (EDITION_4, "33.33", "16.67", "16.66"),
    ],
)
def test_threshold_rounds_up_and_ceiling_rounds_down(policy: MatchPolicy, budget: str, needs: str, city: str) -> None:
    assert threshold(euros(budget), policy) == euros(needs)
    assert ceiling(euros(budget), policy) == euros(city)


@pytest.mark.parametrize(
    ("policy", "budget", "gifts", "city"),
    [
        (EDITION_2, "100000", "40000", "60000"),
        (EDITION_2, "100000", "39999.99", "0"),
        (EDITION_2, "70000", "28000", "42000"),
        (EDITION_2, "70000", "27999.99", "0"),
        (EDITION_3, "80000", "32000", "48000"),
        (EDITION_3, "80000", "31999.99", "0"),
        (EDITION_4, "100000", "50000", "50000"),
        (EDITION_4, "100000", "49999.99", "0"),
        (EDITION_1, "100000", "50000", "50000"),
        (EDITION_2, "12000", "4800", "7200"),
        (EDITION_2, "12000", "4800.01", "7199.99"),
        (EDITION_2, "12000", "6000", "6000"),
        (EDITION_2, "12000", "12000", "0"),
        (EDITION_2, "12000", "13000", "0"),
    ],
)
def test_the_city_adds_what_is_missing_once_the_threshold_is_reached(
    policy: MatchPolicy, budget: str, gifts: str, city: str
) -> None:
    assert match_due(euros(gifts), euros(budget), ZERO, policy) == euros(city)


def test_stretch_lines_let_gifts_grow_before_the_citys_part_shrinks() -> None:
    assert match_due(euros("6000"), BUDGET, euros("1000"), EDITION_2) == euros("7000")
    assert match_due(euros("5800"), BUDGET, euros("1000"), EDITION_2) == euros("7200")


@pytest.mark.parametrize(
    ("collected", "outcome", "match", "back"),
    [
        ("4830", Outcome.CONFIRMED, "7170", "30"),  # 12,000 less the gifts
        ("4800", Outcome.CONFIRMED, "7200", "0"),
        ("4799.99", Outcome.SHRUNK, "7199.98", "0.02"),  # 7,199.985 rounded down
        ("4780", Outcome.SHRUNK, "7170", "30"),
        ("4560", Outcome.SHRUNK, "6840", "360"),
        ("4559.99", Outcome.RELEASED, "0", "7200"),
        ("0", Outcome.RELEASED, "0", "7200"),
        ("6000", Outcome.CONFIRMED, "6000", "1200"),
    ],
)
def test_the_match_is_settled_on_the_money_really_collected(
    collected: str, outcome: Outcome, match: str, back: str
) -> None:
    result = settled(euros(collected), BUDGET, ZERO, EDITION_2)
    assert (result.outcome, result.match, result.back) == (outcome, euros(match), euros(back))
    assert result.why


@pytest.mark.parametrize(
    ("gift", "promised", "city", "sentence"),
    [
        ("50", "0", "75", Sentence.TOWARDS),
        ("50", "3648", "75", Sentence.TOWARDS),
        ("49.99", "4750", "74.98", Sentence.TOWARDS),
        ("50", "4750", "75", Sentence.CROSSES),
        ("100", "4750", "25", Sentence.CROSSES),  # 75 up to the threshold, then 50 take the place of the city's
        ("3000", "3648", "-120", Sentence.CROSSES),  # 1,728 up to the threshold, then 1,848 in the place of the city's
        ("50", "4800", "-50", Sentence.REPLACES),
        ("7200", "4800", "-7200", Sentence.REPLACES),
    ],
)
def test_a_gift_says_what_it_brings(gift: str, promised: str, city: str, sentence: Sentence) -> None:
    result = effect(euros(gift), euros(promised), BUDGET, ZERO, EDITION_2)
    assert (result.yours, result.city, result.sentence) == (euros(gift), euros(city), sentence)
    assert result.together == euros(gift) + euros(city)
    assert result.replaces == max(ZERO, ZERO - euros(city))


def test_fifty_and_seventy_five_make_one_hundred_and_twenty_five() -> None:
    result = effect(euros("50"), euros("1000"), BUDGET, ZERO, EDITION_2)
    assert (result.yours, result.city, result.together) == (euros("50"), euros("75"), euros("125"))
    assert result.room_left == euros("11000")


def test_a_gift_for_stretch_lines_leaves_the_citys_part_alone() -> None:
    result = effect(euros("500"), euros("4800"), BUDGET, euros("1000"), EDITION_2)
    assert (result.city, result.sentence) == (ZERO, Sentence.ADDS)


@pytest.mark.parametrize(("gift", "promised"), [("12000.01", "0"), ("50.01", "11950"), ("0.01", "12000")])
def test_a_gift_past_the_budget_is_refused(gift: str, promised: str) -> None:
    with pytest.raises(Invalid) as refused:
        effect(euros(gift), euros(promised), BUDGET, ZERO, EDITION_2)
    assert "amount" in refused.value.errors
    assert room_left(euros("11950"), BUDGET, ZERO) == euros("50")


@pytest.mark.parametrize(
    ("confirmed", "accepted", "gifts", "grant"),
    [
        ("7200", "11000", "4800", "6200"),  # min(7,200, 6,600, 6,200)
        ("7200", "12000", "4800", "7200"),
        ("7170", "12000", "4780", "7170"),
        ("7200", "8000", "4800", "3200"),
        ("7200", "4800", "4800", "0"),
        ("7200", "3000", "4800", "0"),
        ("6000", "12000", "6000", "6000"),
        ("7200", "11999.99", "4780", "7199.99"),
    ],
)
def test_the_final_grant_is_the_least_of_match_share_and_rest(
    confirmed: str, accepted: str, gifts: str, grant: str
) -> None:
    assert final_grant(euros(confirmed), 6000, euros(accepted), euros(gifts)) == euros(grant)


def test_examples_explain_a_policy_in_euros() -> None:
    rows = examples(EDITION_2, [euros("12000"), euros("100000")])
    assert [(row.budget, row.threshold, row.ceiling) for row in rows] == [
        (euros("12000"), euros("4800"), euros("7200")),
        (euros("100000"), euros("40000"), euros("60000")),
    ]


@pytest.mark.parametrize("policy", [EDITION_1, EDITION_2, EDITION_3, MatchPolicy(share_bp=6000, threshold_bp=4000)])
def test_a_policy_survives_its_frozen_form(policy: MatchPolicy) -> None:
    assert MatchPolicy.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize("rates", [(0, 4000), (6000, 0), (10001, 4000), (6000, 10001)])
def test_a_policy_refuses_rates_outside_the_whole(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="basis points"):
        MatchPolicy(share_bp=rates[0], threshold_bp=rates[1])


policies = st.builds(
    MatchPolicy,
    share_bp=st.integers(1, 10_000),
    threshold_bp=st.integers(1, 10_000),
    cap=st.none() | st.integers(1, 10_000_000).map(Money),
)
budgets = st.integers(1, 20_000_000).map(Money)


@settings(deadline=None)  # a busy machine is not a counterexample
@given(policies, budgets, st.integers(0, 5_000_000).map(Money), st.integers(0, 25_000_000).map(Money))
def test_the_match_never_exceeds_its_ceiling_nor_the_budget(
    policy: MatchPolicy, budget: Money, stretch: Money, collected: Money
) -> None:
    result = settled(collected, budget, stretch, policy)
    assert ZERO <= result.match <= ceiling(budget, policy)
    assert result.match + result.back == ceiling(budget, policy)
    if result.match:
        assert collected + result.match <= budget + stretch


@settings(deadline=None)  # a busy machine is not a counterexample
@given(policies, st.integers(2, 2_000_000).map(Money), st.lists(st.integers(1, 500_000).map(Money), max_size=12))
def test_the_parts_shown_to_single_donors_add_up_to_the_match(
    policy: MatchPolicy, budget: Money, gifts: list[Money]
) -> None:
    promised = city = ZERO
    for gift in gifts:
        if gift > room_left(promised, budget, ZERO):
            continue
        city += effect(gift, promised, budget, ZERO, policy).city
        promised += gift
    if promised >= threshold(budget, policy):
        assert city == match_due(promised, budget, ZERO, policy)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_every_move_of_a_reservation_is_listed_or_refused(state: State, act: Act) -> None:
    if (state, act) in MOVES:
        assert move(MOVES, state, act) is MOVES[(state, act)]
    else:
        with pytest.raises(Conflict):
            move(MOVES, state, act)
