"""A short envelope given out, cohort by cohort, and each cent of a match laid at the door of the fund that paid it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.money import ZERO, Money, euros, split, total
from app.matching.rules import (
    Claim,
    Cohort,
    Layer,
    Order,
    by_gift,
    first_come,
    share_out,
    share_out_cohorts,
    stack,
    stack_all,
)

DAY = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C = (
    Claim("a", euros("4000"), 1, DAY + timedelta(days=9), "one"),
    Claim("b", euros("5000"), 2, DAY + timedelta(days=2), "one"),
    Claim("c", euros("1000"), 3, None, "two"),
)


def given_to(pool: str, order: Order, *, partly: bool = False) -> list[Money]:
    given_ = share_out(euros(pool), [C, A, B], order, partly=partly)
    return [given_[key] for key in "abc"]


def sums(*amounts: str) -> list[Money]:
    return [euros(amount) for amount in amounts]


@pytest.mark.parametrize(
    ("pool", "order", "partly", "abc"),
    [
        ("10000", Order.RANKING, False, sums("4000", "5000", "1000")),
        ("9999.99", Order.RANKING, False, sums("4000", "5000", "0")),
        ("8999.99", Order.RANKING, False, sums("4000", "0", "0")),  # the third does not jump the queue
        ("8999.99", Order.RANKING, True, sums("4000", "4999.99", "0")),
        ("5500", Order.FIRST, False, sums("0", "5000", "0")),
        ("5500", Order.FIRST, True, sums("500", "5000", "0")),
        ("10000", Order.FIRST, False, sums("4000", "5000", "0")),  # the third never reached its threshold
        ("5000", Order.PRO_RATA, False, sums("2000", "2500", "500")),
        ("0.01", Order.PRO_RATA, False, sums("0", "0.01", "0")),
        ("20000", Order.PRO_RATA, False, sums("4000", "5000", "1000")),
    ],
)
def test_a_short_envelope_is_given_out_in_the_order_of_the_terms(
    pool: str, order: Order, partly: bool, abc: list[Money]
) -> None:
    assert given_to(pool, order, partly=partly) == abc


def test_what_a_cohort_leaves_goes_to_the_next() -> None:
    ends = DAY + timedelta(days=45)
    cohorts = [Cohort("one", DAY, ends, euros("8000")), Cohort("two", DAY, ends, euros("500"))]
    given_ = share_out_cohorts(euros("9000"), cohorts, [A, B, C], Order.RANKING)
    assert given_ == {"a": euros("4000"), "b": ZERO, "c": euros("1000")}  # 500 of its own and 4,000 left by the first
    alone = share_out_cohorts(euros("9000"), [cohorts[1]], [A, B, C], Order.RANKING)
    assert alone == dict.fromkeys("abc", ZERO)
    last = share_out_cohorts(euros("4400"), [cohorts[0], Cohort("two", DAY, ends)], [A, C], Order.RANKING)
    assert last == {"a": euros("4000"), "c": ZERO}


SPONSOR, CITY = Layer("Fondazione", 3000, euros("1000"), euros("1500")), Layer("Comune")


@pytest.mark.parametrize(
    ("match", "paid"),
    [
        ("3000", ("900", "2100")),
        ("3333.33", ("999.99", "2333.34")),
        ("3333.34", ("1000", "2333.34")),
        ("7200", ("1000", "6200")),  # its cap for one project
        ("0", ("0", "0")),
    ],
)
def test_funds_pay_a_match_in_their_stated_order(match: str, paid: tuple[str, str]) -> None:
    parts = stack(euros(match), [SPONSOR, CITY])
    assert [part.name for part in parts] == ["Fondazione", "Comune"]
    assert [part.amount for part in parts] == sums(*paid)


def test_a_funds_pool_goes_down_from_project_to_project() -> None:
    stacked = stack_all({"a": euros("7200"), "b": euros("7200"), "c": euros("7200")}, [SPONSOR, CITY])
    assert [parts[0].amount for parts in stacked.values()] == sums("1000", "500", "0")
    assert all(total(part.amount for part in parts) == euros("7200") for parts in stacked.values())


def test_funds_that_cannot_carry_a_match_pay_what_they_have() -> None:
    stacked = stack_all({"a": euros("100"), "b": euros("100")}, [Layer("Comune", pool=euros("150"))])
    assert [parts[0].amount for parts in stacked.values()] == sums("100", "50")


def test_each_cent_beside_each_gift_has_its_fund() -> None:
    parts = stack(euros("10.01"), [SPONSOR, CITY])
    rows = by_gift(parts, sums("5", "5", "0.01"))
    assert [total(row) for row in rows] == sums("5", "5", "0.01")
    assert [total(column) for column in zip(*rows, strict=True)] == [part.amount for part in parts]
    assert by_gift(stack(ZERO, [CITY]), sums("0", "0")) == [(ZERO,), (ZERO,)]
    with pytest.raises(ValueError, match="same match"):
        by_gift(parts, sums("5"))


amounts = st.integers(0, 1_000_000).map(Money)
claims = st.lists(st.tuples(amounts, st.none() | st.integers(0, 60)), max_size=9).map(
    lambda rows: [
        Claim(str(n), wanted, n, None if day is None else DAY + timedelta(days=day))
        for n, (wanted, day) in enumerate(rows)
    ]
)


@settings(deadline=None)
@given(amounts, claims, st.sampled_from(Order), st.booleans())
def test_an_envelope_is_never_given_twice_and_nobody_gets_more_than_she_asks(pool, asked, order, partly) -> None:
    given_ = share_out(pool, asked, order, partly=partly)
    assert total(given_.values()) <= pool
    assert all(ZERO <= given_[one.key] <= one.wanted for one in asked)
    if order is Order.PRO_RATA:
        assert total(given_.values()) == min(pool, total(one.wanted for one in asked))


@settings(deadline=None)
@given(amounts, st.lists(st.tuples(st.sampled_from("xy"), amounts), max_size=12), amounts, amounts)
def test_real_time_matching_stays_within_pool_and_limits(pool, asks, x, y) -> None:
    parts = first_come(pool, asks, {"x": x, "y": y})
    assert total(parts) <= pool
    for key, limit in (("x", x), ("y", y)):
        assert total(part for (own, _), part in zip(asks, parts, strict=True) if own == key) <= limit


layers = st.lists(
    st.builds(Layer, st.just("f"), st.integers(1, 10_000), st.none() | amounts, st.none() | amounts), max_size=4
)


@settings(deadline=None)
@given(st.lists(amounts, max_size=5), layers)
def test_no_fund_pays_more_than_its_limits_and_the_parts_are_the_match_where_the_last_has_none(matches, funds) -> None:
    funds = [*funds, Layer("rest")]
    stacked = stack_all({str(n): match for n, match in enumerate(matches)}, funds)
    for match, parts in zip(matches, stacked.values(), strict=True):
        assert total(part.amount for part in parts) == match
    for n, fund in enumerate(funds):
        paid = [parts[n].amount for parts in stacked.values()]
        assert fund.pool is None or total(paid) <= fund.pool
        assert all(fund.cap is None or one <= fund.cap for one in paid)


@settings(deadline=None)
@given(st.lists(st.integers(1, 100_000).map(Money), min_size=1, max_size=8), st.integers(1, 500_000).map(Money), layers)
def test_gifts_and_funds_add_up_both_ways(gifts, match, funds) -> None:
    brought = split(match, [gift.cents for gift in gifts])
    parts = stack(match, [*funds, Layer("rest")])
    rows = by_gift(parts, brought)
    assert [total(row) for row in rows] == brought
    assert [total(column) for column in zip(*rows, strict=True)] == [part.amount for part in parts]
