"""Ratio, fixed and tiered matches in euros; over-funding, people, caps per donor; the frozen form of it all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.money import ZERO, Money, euros, total
from app.matching.rules import (
    Base,
    Cohort,
    Crowd,
    Funding,
    Gift,
    Kind,
    Layer,
    MatchPolicy,
    Mode,
    Order,
    Outcome,
    Overfunding,
    Sentence,
    Tier,
    Window,
    ceiling,
    crowd,
    effect,
    match_due,
    most_gifts,
    people,
    reached,
    room_left,
    settled,
    threshold,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BUDGET = euros("12000")
RATIO = MatchPolicy(mode=Mode.RATIO, ratio_bp=10_000, share_bp=5000, threshold_bp=2500, cap=euros("4000"))
FIXED = MatchPolicy(mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000)
STEPS = (Tier(2500, 1000), Tier(4000, 2500), Tier(6000, 4000))
TIERED = MatchPolicy(mode=Mode.TIERED, tiers=STEPS, share_bp=4000, threshold_bp=2500, cap=euros("4500"))
QUADRATIC = MatchPolicy(mode=Mode.QUADRATIC, share_bp=10_000, threshold_bp=1)


@pytest.mark.parametrize(
    ("policy", "gifts", "city"),
    [
        (RATIO, "2999.99", "0"),
        (RATIO, "3000", "3000"),
        (RATIO, "3999.99", "3999.99"),
        (RATIO, "4000.01", "4000"),  # the cap
        (RATIO, "8000.01", "3999.99"),  # then each euro takes the place of one of the city
        (RATIO, "12000", "0"),
        (FIXED, "5999.99", "0"),
        (FIXED, "6000", "3000"),
        (FIXED, "9000", "3000"),
        (FIXED, "9000.01", "2999.99"),
        (TIERED, "2999.99", "0"),
        (TIERED, "3000", "1200"),
        (TIERED, "4799.99", "1200"),
        (TIERED, "4800", "3000"),
        (TIERED, "7199.99", "3000"),
        (TIERED, "7200", "4500"),  # forty per cent are 4,800: the cap binds
        (TIERED, "7500.01", "4499.99"),
    ],
)
def test_what_each_mode_adds(policy: MatchPolicy, gifts: str, city: str) -> None:
    assert match_due(euros(gifts), BUDGET, ZERO, policy) == euros(city)


@pytest.mark.parametrize(
    ("overfunding", "gifts", "city", "stops"),
    [
        (Overfunding.REDUCE, "10000", "2000", "12000"),
        (Overfunding.KEEP, "10000", "3000", "12000"),
        (Overfunding.CAP, "9000", "3000", "9000"),
    ],
)
def test_gifts_beyond_the_need_do_what_the_terms_say(
    overfunding: Overfunding, gifts: str, city: str, stops: str
) -> None:
    policy = MatchPolicy(
        mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000, overfunding=overfunding
    )
    assert match_due(euros(gifts), BUDGET, ZERO, policy) == euros(city)
    assert most_gifts(BUDGET, ZERO, policy) == euros(stops)
    assert room_left(euros(stops), BUDGET, ZERO, policy) == ZERO


@pytest.mark.parametrize(
    ("policy", "collected", "outcome", "match"),
    [
        (RATIO, "3000", Outcome.CONFIRMED, "3000"),
        (RATIO, "2999.99", Outcome.SHRUNK, "2999.99"),
        (RATIO, "2850", Outcome.SHRUNK, "2850"),
        (RATIO, "2849.99", Outcome.RELEASED, "0"),
        (FIXED, "6000", Outcome.CONFIRMED, "3000"),
        (FIXED, "5999.99", Outcome.SHRUNK, "2999.99"),  # 2,999.995 rounded down
        (FIXED, "5699.99", Outcome.RELEASED, "0"),
        (TIERED, "4799.99", Outcome.CONFIRMED, "1200"),  # below its second step, not below its threshold
        (TIERED, "2970", Outcome.SHRUNK, "1188"),
        (TIERED, "2849.99", Outcome.RELEASED, "0"),
    ],
)
def test_every_mode_is_settled_on_the_money_really_collected(
    policy: MatchPolicy, collected: str, outcome: Outcome, match: str
) -> None:
    result = settled(euros(collected), BUDGET, ZERO, policy)
    assert (result.outcome, result.match) == (outcome, euros(match))
    assert result.match + result.back == ceiling(BUDGET, policy)


def test_a_quadratic_match_is_never_decided_for_one_campaign_alone() -> None:
    with pytest.raises(ValueError, match="round"):
        match_due(euros("100"), BUDGET, ZERO, QUADRATIC)


@pytest.mark.parametrize(
    ("policy", "gift", "promised", "city", "sentence"),
    [
        (RATIO, "50", "0", "50", Sentence.TOWARDS),
        (RATIO, "50", "2950", "50", Sentence.CROSSES),
        (RATIO, "50", "3000", "50", Sentence.BRINGS),
        (RATIO, "50", "3980", "20", Sentence.BRINGS),
        (RATIO, "50", "4000", "0", Sentence.ADDS),
        (RATIO, "50", "8000", "-50", Sentence.REPLACES),
        (FIXED, "50", "0", "25", Sentence.TOWARDS),
        (FIXED, "50", "5950", "25", Sentence.CROSSES),
        (FIXED, "50", "6000", "0", Sentence.ADDS),
        (TIERED, "50", "0", "20", Sentence.TOWARDS),
        (TIERED, "50", "4700", "0", Sentence.ADDS),
        (TIERED, "100", "4700", "1800", Sentence.BRINGS),  # it reaches the second step
    ],
)
def test_a_gift_says_what_it_brings_in_each_mode(
    policy: MatchPolicy, gift: str, promised: str, city: str, sentence: Sentence
) -> None:
    told = effect(euros(gift), euros(promised), BUDGET, ZERO, policy)
    assert (told.city, told.sentence) == (euros(city), sentence)


def test_a_gift_in_a_window_brings_the_windows_ratio() -> None:
    policy = MatchPolicy(
        mode=Mode.RATIO,
        ratio_bp=10_000,
        windows=(Window(NOON, NOON + timedelta(days=1), 20_000),),
        share_bp=5000,
        threshold_bp=2500,
    )
    at = {moment: effect(euros("50"), ZERO, BUDGET, ZERO, policy, at=moment).city for moment in (NOON, None)}
    assert at == {NOON: euros("100"), None: euros("50")}


def test_a_persons_gifts_beyond_the_cap_count_but_bring_nothing_more() -> None:
    policy = MatchPolicy(mode=Mode.RATIO, ratio_bp=5_000, share_bp=5000, threshold_bp=2500, donor_cap=euros("200"))
    gifts = [Gift(euros("150"), NOON, 1), Gift(euros("150"), NOON, 1), Gift(euros("150"), NOON, 2), Gift(euros("500"))]
    gave = crowd(gifts, policy)
    assert (gave.counted, gave.followed, gave.weighted, gave.donors) == (
        euros("950"),
        euros("550"),  # 150 and 50 of the first, 150 of the second, 200 of one nobody can tell apart
        euros("275"),
        3,
    )
    assert effect(euros("150"), ZERO, BUDGET, ZERO, policy, already=euros("150")).city == euros("25")
    assert effect(euros("150"), ZERO, BUDGET, ZERO, policy, already=euros("300")).city == ZERO


def test_enough_money_of_too_few_people_earns_nothing_at_the_close_but_is_forgiven_after_it() -> None:
    policy = MatchPolicy(share_bp=6000, threshold_bp=4000, donors_min=3)
    two = crowd([Gift(euros("4000"), NOON, 1), Gift(euros("800"), NOON, 2)], policy)
    three = crowd([Gift(euros("4000"), NOON, 1), Gift(euros("799.99"), NOON, 2), Gift(euros("0.01"), NOON, 3)], policy)
    assert (match_due(two, BUDGET, ZERO, policy), match_due(three, BUDGET, ZERO, policy)) == (ZERO, euros("7200"))
    assert settled(two, BUDGET, ZERO, policy).match == euros("7200")
    assert effect(euros("800"), euros("4000"), BUDGET, ZERO, policy).city == euros("1200")


def test_gifts_of_members_other_bodies_and_those_left_out_do_not_count() -> None:
    policy = MatchPolicy(share_bp=6000, threshold_bp=4000)
    gifts = [
        Gift(euros("4800"), NOON, 1),
        Gift(euros("100"), NOON, 2, Kind.OWN),
        Gift(euros("200"), NOON, 3, Kind.PUBLIC),
        Gift(euros("400"), NOON, 4, left_out=True),
    ]
    gave = crowd(gifts, policy)
    assert (gave.counted, gave.others, gave.donors) == (euros("4800"), euros("300"), 1)
    assert match_due(gave, BUDGET, ZERO, policy) == euros("6900")  # what members give, the city need not
    with_own = MatchPolicy(share_bp=6000, threshold_bp=4000, counts=frozenset({Kind.DONATION, Kind.OWN}))
    assert crowd(gifts, with_own).counted == euros("4900")


@pytest.mark.parametrize(
    ("marks", "same"),
    [
        ([("a", "1"), ("b", "2")], [0, 1]),
        ([("a", "1"), ("a", "2")], [0, 0]),  # one address, two cards
        ([("a", "1"), ("b", "1")], [0, 0]),  # two addresses, one card
        ([("a", "1"), ("b", "2"), ("b", "1"), ("c", "2")], [0, 0, 0, 0]),  # joined by others
        ([("a", ""), ("b", "")], [0, 1]),  # no card known: nothing in common
        ([], []),
    ],
)
def test_who_shares_an_address_or_a_card_is_one_person(marks: list[tuple[str, str]], same: list[int]) -> None:
    assert people(marks) == same


NEW = MatchPolicy(
    mode=Mode.RATIO,
    share_bp=5000,
    threshold_bp=2000,
    base=Base.REST,
    ratio_bp=5_000,
    windows=(Window(NOON, NOON + timedelta(hours=24), 15_000),),
    donors_min=40,
    donor_cap=euros("500"),
    overfunding=Overfunding.CAP,
    counts=frozenset({Kind.DONATION}),
    funding=Funding.KEEP_IT,
    order=Order.PRO_RATA,
    layers=(Layer("Fondazione", 3000, euros("1000"), euros("9000")), Layer("Comune")),
    cohorts=(Cohort("spring", NOON, NOON + timedelta(days=45), euros("20000")),),
)


@pytest.mark.parametrize("policy", [RATIO, FIXED, TIERED, QUADRATIC, NEW])
def test_every_parameter_survives_the_frozen_form(policy: MatchPolicy) -> None:
    assert MatchPolicy.from_dict(policy.to_dict()) == policy


def test_terms_frozen_before_there_were_modes_still_read_as_they_did() -> None:
    old = {"mode": "completion", "share_bp": 6000, "threshold_bp": 4000, "cap": 6_000_000, "shrink_from_bp": 9500}
    assert MatchPolicy.from_dict(old) == MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000"))
    with pytest.raises(ValueError, match="version 3"):
        MatchPolicy.from_dict({**old, "version": 3})


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": Mode.RATIO},
        {"mode": Mode.RATIO, "ratio_bp": 100_001},
        {"mode": Mode.FIXED},
        {"mode": Mode.TIERED},
        {"mode": Mode.TIERED, "tiers": (Tier(5000, 1000),)},  # the first step is not the threshold
        {"mode": Mode.TIERED, "tiers": (Tier(4000, 1000), Tier(4000, 2000))},
        {"mode": Mode.TIERED, "tiers": (Tier(4000, 2000), Tier(5000, 1000))},
        {"cap": ZERO},
        {"donors_min": -1},
        {
            "mode": Mode.RATIO,
            "ratio_bp": 1,
            "windows": (Window(NOON, NOON + timedelta(2), 1), Window(NOON + timedelta(1), NOON + timedelta(3), 2)),
        },
    ],
)
def test_a_policy_that_means_nothing_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        MatchPolicy(share_bp=6000, threshold_bp=4000, **wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Window(NOON, NOON, 1),
        lambda: Window(NOON, NOON + timedelta(1), -1),
        lambda: Tier(0, 1),
        lambda: Tier(1, 10_001),
        lambda: Layer("x", 0),
        lambda: Layer("x", pool=Money(-1)),
    ],
)
def test_nor_can_a_part_of_one(make) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


moments = st.integers(0, 5 * 24 * 60).map(lambda minutes: NOON - timedelta(days=2) + timedelta(minutes=minutes))
gifts_made = st.lists(
    st.builds(Gift, amount=st.integers(1, 300_000).map(Money), at=moments, who=st.integers(1, 6)), max_size=14
)
limits = st.none() | st.integers(1, 1_000_000).map(Money)
overfundings = st.sampled_from(Overfunding)
ratios = st.builds(
    lambda ratio, inside, share, threshold_bp, cap, donor_cap, over: MatchPolicy(
        mode=Mode.RATIO,
        ratio_bp=ratio,
        windows=(Window(NOON, NOON + timedelta(days=1), inside),),
        share_bp=share,
        threshold_bp=threshold_bp,
        cap=cap,
        donor_cap=donor_cap,
        overfunding=over,
    ),
    st.integers(1, 40_000),
    st.integers(0, 40_000),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
    limits,
    limits,
    overfundings,
)
fixed = st.builds(
    lambda sum_, share, threshold_bp, over: MatchPolicy(
        mode=Mode.FIXED, fixed=sum_, share_bp=share, threshold_bp=threshold_bp, overfunding=over
    ),
    st.integers(1, 2_000_000).map(Money),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
    overfundings,
)


@st.composite
def tiers(draw):
    froms = sorted(draw(st.sets(st.integers(1, 10_000), min_size=1, max_size=4)))
    shares = sorted(draw(st.lists(st.integers(1, 10_000), min_size=len(froms), max_size=len(froms))))
    steps = tuple(Tier(*step) for step in zip(froms, shares, strict=True))
    return MatchPolicy(mode=Mode.TIERED, tiers=steps, share_bp=10_000, threshold_bp=froms[0], cap=draw(limits))


policies = ratios | fixed | tiers()
budgets = st.integers(2, 3_000_000).map(Money)
stretches = st.integers(0, 500_000).map(Money)


@settings(deadline=None)
@given(policies, budgets, stretches, gifts_made)
def test_no_mode_gives_more_than_its_ceiling_nor_fills_a_budget_twice(policy, budget, stretch, gifts) -> None:
    gave = crowd(gifts, policy)
    for match in (match_due(gave, budget, stretch, policy), settled(gave, budget, stretch, policy).match):
        assert ZERO <= match <= ceiling(budget, policy)
        if match and policy.overfunding is not Overfunding.KEEP:
            assert gave.all + match <= budget + stretch


@settings(deadline=None)
@given(policies, budgets, gifts_made)
def test_more_gifts_never_earn_less_while_the_budget_has_room(policy, budget, gifts) -> None:
    before = ZERO
    for n in range(len(gifts) + 1):
        gave = crowd(gifts[:n], policy)
        if gave.counted + ceiling(budget, policy) > budget:
            break
        match = match_due(gave, budget, ZERO, policy)
        assert match >= before
        before = match


@settings(deadline=None)
@given(policies, st.integers(2, 2_000_000).map(Money), gifts_made)
def test_what_is_told_to_each_donor_adds_up_to_the_match(policy, budget, gifts) -> None:
    """Gift by gift as the giving page tells it, at its moment and after what the same person gave before."""
    taken: list[Gift] = []
    told = ZERO
    for gift in gifts:
        before = crowd(taken, policy)
        already = total(one.amount for one in taken if one.who == gift.who)
        try:
            brings = effect(gift.amount, before, budget, ZERO, policy, at=gift.at, already=already)
        except Invalid:
            continue
        told += brings.city
        taken.append(gift)
    gave = crowd(taken, policy)
    if reached(gave, budget, policy):
        assert told == match_due(gave, budget, ZERO, policy)
    elif policy.mode is not Mode.RATIO:
        assert told <= match_due(threshold(budget, policy), budget, ZERO, policy)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("12345")), max_size=12))
def test_people_are_told_apart_the_same_way_in_any_order(marks) -> None:
    def groups(rows):
        return {frozenset(mark for mark, one in zip(rows, people(rows), strict=True) if one == key)
                for key in people(rows)}  # fmt: skip

    assert groups(marks) == groups(marks[::-1])


def test_a_bare_sum_is_a_crowd_of_enough_people_at_the_usual_ratio() -> None:
    gave = Crowd(euros("3500"), 0, euros("3500"), euros("3500"))
    assert match_due(gave, BUDGET, ZERO, RATIO) == match_due(euros("3500"), BUDGET, ZERO, RATIO)
