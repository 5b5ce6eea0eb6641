"""What people type is read by our own grammar, or refused with a sentence beside the field."""

from datetime import UTC, date, datetime

import pytest
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.core.money import euros
from app.core.reading import Reading


def read(value: str, language: str = "it") -> Reading:
    return Reading(MultiDict({"it": value}), language)


@pytest.mark.parametrize(("typed", "value"), [("1.234,50", "1234.50"), ("1234.50", "1234.50"), ("12", "12")])
def test_a_sum_is_read(typed, value):
    assert read(typed).amount("it") == euros(value)


@pytest.mark.parametrize("typed", ["1,5e3", "NaN", "-5", "0", "1.000.00", "", " "])
def test_a_sum_that_cannot_be_read_says_so(typed):
    reading = read(typed)
    reading.amount("it")
    with pytest.raises(Invalid) as refused:
        reading.finish()
    assert set(refused.value.errors) == {"it"}


@pytest.mark.parametrize(
    ("typed", "points"), [("60", 6000), ("37,5", 3750), ("37.5", 3750), ("60 %", 6000), ("0,01", 1), ("100", 10_000)]
)
def test_a_percentage_is_read_in_basis_points(typed, points):
    reading = read(typed)
    assert reading.percent("it") == points
    reading.finish()


@pytest.mark.parametrize("typed", ["100,01", "-1", "1e2", "60,123", "sessanta", "", "٦٠"])
def test_a_percentage_that_cannot_be_read_says_so(typed):
    reading = read(typed)
    reading.percent("it")
    assert "it" in reading.errors


@pytest.mark.parametrize("typed", ["1.5", "-3", "tre", "", "³", "9999999999"])
def test_a_number_that_cannot_be_read_says_so(typed):
    reading = read(typed)
    reading.number("it")
    assert "it" in reading.errors


@pytest.mark.parametrize("typed", ["2026-12-31", "31/12/2026", "31-12-2026"])
def test_a_day_is_read_from_the_field_or_from_hand(typed):
    assert read(typed).day("it") == date(2026, 12, 31)


@pytest.mark.parametrize("typed", ["2026-02-30", "31/13/2026", "domani", ""])
def test_a_day_that_does_not_exist_says_so(typed):
    reading = read(typed)
    reading.day("it")
    assert "it" in reading.errors


def test_a_moment_is_civil_time_in_the_city():
    assert read("2026-12-17T12:00").moment("it") == datetime(2026, 12, 17, 11, 0, tzinfo=UTC)
    assert read("17/07/2026 12:00").moment("it") == datetime(2026, 7, 17, 10, 0, tzinfo=UTC)


def test_only_what_was_offered_is_chosen():
    reading = Reading(MultiDict([("it", "b"), ("it", "x"), ("it", "a")]))
    assert reading.several("it", ["a", "b", "c"]) == ["a", "b"]
    reading.choice("it", ["a"])
    assert "it" in reading.errors


def test_every_sentence_comes_at_once():
    reading = Reading(MultiDict({"one": "", "two": "x"}))
    reading.text("one")
    reading.number("two")
    with pytest.raises(Invalid) as refused:
        reading.finish()
    assert set(refused.value.errors) == {"one", "two"}
