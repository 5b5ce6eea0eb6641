"""Money: typed amounts by our own grammar, shares and splits to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import AmountError, Money, euros, parse, plain, split, total


@pytest.mark.parametrize(
    ("typed", "locale", "cents"),
    [
        ("1.234,50", "it", 123450),
        ("1234.50", "it", 123450),
        ("1234,5", "it", 123450),
        ("12", "it", 1200),
        ("1.000", "it", 100000),
        ("0,01", "it", 1),
        (" 25 € ", "it", 2500),
        ("€ 25,00", "it", 2500),
        ("12.345.678,90", "it", 1234567890),
        ("1,234.50", "en", 123450),
        ("1234.5", "en", 123450),
        ("1234,50", "en", 123450),
        ("1,000", "en", 100000),
    ],
)
def test_an_amount_is_read(typed, locale, cents):
    assert parse(typed, locale) == Money(cents)


@pytest.mark.parametrize(
    "typed",
    ["1,5e3", "NaN", "-5", "0", "0,00", "1.000.00", "", " ", "12,345", "1_000", "١٢", "１２", "Infinity", "1e400",
     "1.00.000", ",50", "5,", "5.", "1.5", "--1", "+5", "5 000,00.", "99999999999", "12 euro"],
)  # fmt: skip
def test_an_amount_that_could_mean_something_else_is_refused_with_a_sentence(typed):
    with pytest.raises(AmountError) as refused:
        parse(typed, "it")
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("typed", ["1.000", "1.234,50", "1,00,000"])
def test_english_does_not_guess_at_italian_thousands(typed):
    with pytest.raises(AmountError):
        parse(typed, "en")


@pytest.mark.parametrize(
    ("whole", "bp", "down", "up"),
    [("12000.00", 4000, "4800.00", "4800.00"), ("0.01", 4000, "0.00", "0.01"), ("100.01", 3333, "33.33", "33.34")],
)
def test_shares_round_down_for_grants_and_up_for_thresholds(whole, bp, down, up):
    assert euros(whole).share(bp) == euros(down)
    assert euros(whole).share_up(bp) == euros(up)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(sum))
def test_a_split_always_adds_up(cents, weights):
    parts = split(Money(cents), weights)
    assert total(parts) == Money(cents)
    assert all(
        abs(part.cents * sum(weights) - cents * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


def test_money_takes_integers_only():
    for wrong in (1.5, "1", True):
        with pytest.raises(TypeError):
            Money(wrong)  # type: ignore[arg-type]


def test_plain_and_constants_agree():
    for text in ("1234.50", "-0.05", "0.00"):
        assert plain(euros(text)) == text
