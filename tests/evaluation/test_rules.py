"""Scores become places, places become money, in order and to the cent."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from app.core.money import ZERO, euros
from app.evaluation.rules import Candidate, Outcome, act_number, draw_line, mean, milli, rank, weighted

WEIGHTS = {"need": 30, "idea": 25, "people": 20, "plan": 15, "after": 10}
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def sheet(*points: int) -> dict[str, int]:
    return dict(zip(WEIGHTS, points, strict=True))


def candidate(number: int, *sheets: dict[str, int], hours: int = 0) -> Candidate:
    return Candidate(number, euros("7200"), T0 + timedelta(hours=hours), sheets)


@pytest.mark.parametrize(
    ("points", "tenths"),
    [((10, 10, 10, 10, 10), 1000), ((0, 0, 0, 0, 0), 0), ((8, 7, 6, 9, 5), 720), ((10, 0, 0, 0, 0), 300)],
)
def test_points_out_of_ten_times_weights_make_a_score_out_of_100(points, tenths):
    assert weighted(sheet(*points), WEIGHTS) == tenths


def test_the_score_is_the_exact_mean_of_the_evaluators():
    three = [sheet(8, 7, 6, 9, 5), sheet(9, 7, 6, 9, 5), sheet(9, 7, 6, 9, 6)]
    assert mean(three, WEIGHTS) == Fraction(72 + 75 + 76) / 3
    assert milli(mean(three, WEIGHTS)) == 74333  # 74.333… rounded down


def test_the_highest_mean_comes_first():
    found = rank([candidate(1, sheet(6, 6, 6, 6, 6)), candidate(2, sheet(8, 8, 8, 8, 8))], WEIGHTS, 60)
    assert [(row.candidate.id, row.position, row.score_milli) for row in found] == [(2, 1, 80000), (1, 2, 60000)]


def test_a_tie_goes_to_the_better_first_criterion():
    weights = {"need": 50, "idea": 50}
    early = Candidate(1, ZERO, T0, [{"need": 6, "idea": 8}])
    late = Candidate(2, ZERO, T0 + timedelta(days=1), [{"need": 8, "idea": 6}])
    assert [row.candidate.id for row in rank([early, late], weights, 60)] == [2, 1]


def test_a_tie_on_the_first_criterion_too_goes_to_the_earlier_submission():
    even = sheet(7, 7, 7, 7, 7)
    found = rank([candidate(1, even, hours=2), candidate(2, even, hours=1), candidate(3, even, hours=3)], WEIGHTS, 60)
    assert [row.candidate.id for row in found] == [2, 1, 3]


def test_a_mean_of_more_sheets_is_not_rounded_into_a_tie():
    weights = {"need": 99, "idea": 1}
    third = Candidate(1, ZERO, T0, [{"need": 6, "idea": 0}, {"need": 6, "idea": 0}, {"need": 6, "idea": 1}])
    none = Candidate(2, ZERO, T0 - timedelta(days=1), [{"need": 6, "idea": 0}])
    assert [row.candidate.id for row in rank([none, third], weights, 50)] == [1, 2]


@pytest.mark.parametrize(("points", "passes"), [((6, 6, 6, 6, 6), True), ((6, 6, 6, 6, 5), False)])
def test_the_minimum_score_is_reached_exactly_or_missed(points, passes):
    assert rank([candidate(1, sheet(*points))], WEIGHTS, 60)[0].passes is passes


def test_the_minimum_is_not_reached_by_rounding():
    almost = [sheet(6, 6, 6, 6, 6), sheet(6, 6, 6, 6, 6), sheet(6, 6, 6, 6, 5)]
    assert rank([candidate(1, *almost)], WEIGHTS, 60)[0].passes is False


def rows(*ceilings: str, below: int = 0) -> list[tuple[int, object, bool]]:
    last = len(ceilings) - below
    return [(n, euros(ceiling), n <= last) for n, ceiling in enumerate(ceilings, start=1)]


def test_the_fund_of_the_drawn_page_covers_six_of_nine():
    asked = rows("9000", "7200", "7200", "6600", "6000", "5400", "4800", "4200", "5000", below=1)
    found = draw_line(asked, euros("45000"))
    assert [row.outcome for row in found] == [Outcome.FUNDED] * 6 + [Outcome.RESERVE] * 2 + [Outcome.BELOW]
    assert [row.fund_after for row in found[:6]] == [
        euros(sum_) for sum_ in ("36000", "28800", "21600", "15000", "9000", "3600")
    ]
    assert found[-1].fund_after == euros("3600")


def test_a_smaller_proposal_does_not_jump_over_the_line():
    found = draw_line(rows("4000", "7000", "1000"), euros("6000"))
    assert [row.outcome for row in found] == [Outcome.FUNDED, Outcome.RESERVE, Outcome.RESERVE]


def test_a_fund_can_be_spent_to_the_last_cent():
    found = draw_line(rows("7200", "7200", "0.01"), euros("14400"))
    assert [row.outcome for row in found] == [Outcome.FUNDED, Outcome.FUNDED, Outcome.RESERVE]
    assert found[1].fund_after == ZERO


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("DD 1234/2026", "DD 1234/2026"),
        (" dd  4471/2026 ", "DD 4471/2026"),
        ("DGC 12/2026", "DGC 12/2026"),
        ("DD 4471", ""),
        ("1234/2026", ""),
        ("DD 1234/26", ""),
        ("", ""),
    ],
)
def test_an_act_has_a_number_and_a_year(typed, number):
    assert act_number(typed) == number
