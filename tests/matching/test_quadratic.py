"""A pool shared over a round by how many people give: exact to the cent, whatever is typed in."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.money import ZERO, Money, euros, total
from app.matching.rules import Gift, MatchPolicy, Mode, claim, per_person, quadratic


def sums(*amounts: str) -> list[Money]:
    return [euros(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("gifts", "unscaled"),
    [
        (sums(), "0"),
        (sums("500"), "0"),  # one person alone moves nothing, exactly
        (sums("0.02"), "0"),
        (sums("1", "1"), "200"),  # (10 + 10)² − 200 cents
        (sums("1", "4", "9"), "2200"),  # (10 + 20 + 30)² − 1400
        (sums("100", "100", "100"), "60000"),
    ],
)
def test_the_formula_in_cents(gifts: list[Money], unscaled: str) -> None:
    assert claim(gifts) == Decimal(unscaled)


def test_roots_are_taken_to_thirty_digits() -> None:
    # (√2 + √3)² − 5 = 2√6
    assert abs(claim([Money(2), Money(3)]) - 2 * Decimal("2.44948974278317809819728407470589")) < Decimal("1e-27")


def test_many_small_gifts_draw_more_than_one_large_one_of_the_same_sum() -> None:
    round_ = {"many": sums(*["10"] * 100), "few": sums("500", "500"), "one": sums("1000")}
    given_ = quadratic(round_, euros("10000"))
    assert given_ == {"many": euros("9900"), "few": euros("100"), "one": ZERO}  # 99,000 to 1,000 to nothing


def test_what_a_cap_frees_is_shared_again() -> None:
    round_ = {"a": sums(*["1"] * 10), "b": sums(*["1"] * 5), "c": sums(*["1"] * 5)}  # 90, 20, 20
    free = quadratic(round_, euros("130"))
    assert free == {"a": euros("90"), "b": euros("20"), "c": euros("20")}
    assert quadratic(round_, euros("130"), {"a": euros("50")}) == {
        "a": euros("50"),
        "b": euros("40"),
        "c": euros("40"),
    }
    both = quadratic(round_, euros("130"), {"a": euros("50"), "b": euros("30")})
    assert both == {"a": euros("50"), "b": euros("30"), "c": euros("50")}
    everywhere = quadratic(round_, euros("130"), dict.fromkeys("abc", euros("10")))
    assert total(everywhere.values()) == euros("30")


def test_cents_left_over_go_to_the_largest_remainders_the_first_on_a_tie() -> None:
    round_ = {key: sums("1", "1") for key in "abc"}
    assert quadratic(round_, Money(100)) == {"a": Money(34), "b": Money(33), "c": Money(33)}
    assert quadratic(round_, Money(101)) == {"a": Money(34), "b": Money(34), "c": Money(33)}


def test_a_round_in_which_nobody_gives_twice_leaves_its_pool_whole() -> None:
    assert quadratic({"a": sums("5"), "b": sums("0.03"), "c": []}, euros("1000")) == dict.fromkeys("abc", ZERO)
    assert quadratic({}, euros("1000")) == {}


def test_gifts_of_one_person_are_added_up_before_the_root_is_taken() -> None:
    policy = MatchPolicy(mode=Mode.QUADRATIC, share_bp=10_000, threshold_bp=1, donor_cap=euros("50"))
    gifts = [Gift(euros("20"), who=1), Gift(euros("20"), who=1), Gift(euros("80"), who=2), Gift(euros("7"))]
    assert sorted(per_person([*gifts, Gift(euros("9"), who=3, left_out=True)], policy)) == sums("7", "40", "50")


rounds = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.lists(st.integers(1, 1_000_000).map(Money), max_size=8),
    max_size=8,
)
pools = st.integers(0, 50_000_000).map(Money)


@settings(deadline=None)
@given(rounds, pools, st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), pools, max_size=8))
def test_a_round_never_gives_more_than_its_pool_nor_a_campaign_more_than_its_cap(round_, pool, caps) -> None:
    given_ = quadratic(round_, pool, caps)
    assert set(given_) == set(round_)
    assert total(given_.values()) <= pool
    assert all(ZERO <= amount <= caps.get(key, pool) for key, amount in given_.items())
    open_ = [key for key, gifts in round_.items() if len(gifts) > 1 and given_[key] < caps.get(key, pool)]
    if open_:
        assert total(given_.values()) == pool


@settings(deadline=None)
@given(rounds, pools)
def test_each_share_is_within_a_cent_of_the_exact_one(round_, pool) -> None:
    claims = {key: Fraction(claim(gifts)) for key, gifts in round_.items()}
    whole = sum(claims.values())
    for key, amount in quadratic(round_, pool).items():
        exact = pool.cents * claims[key] / whole if whole else 0
        assert abs(amount.cents - exact) < 1


@settings(deadline=None)
@given(rounds, pools, st.integers(1, 100_000).map(Money))
def test_one_more_person_never_costs_her_campaign_anything(round_, pool, gift) -> None:
    for key in round_:
        more = {**round_, key: [*round_[key], gift]}
        assert quadratic(more, pool)[key].cents >= quadratic(round_, pool)[key].cents - 1  # the left-over cent may move
