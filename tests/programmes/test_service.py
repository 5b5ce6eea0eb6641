"""Programmes are set up with valid codes, and release only what they were granted."""

from dataclasses import replace
from datetime import date

import pytest

from app.core.db import transaction
from app.core.errors import Invalid
from app.core.money import ZERO, euros
from app.journal import queries as journal
from app.programmes import queries, service
from app.programmes.rules import Progress, programme_code
from tests.make import programmes

HUB = Progress(euros("2093886.13"), euros("2093886.13"), euros("2018684.44"), euros("1809333.57"))
STORE = Progress(euros("198000.01"), euros("109429.37"), euros("109429.37"), euros("108524.66"))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("MI3.3.1.d", "MI3.3.1.d"),
        (" mi3.3.1.D ", "MI3.3.1.d"),
        ("MI4.2.1.c", "MI4.2.1.c"),
        ("MI3.3.1", "MI3.3.1"),
        ("3.3.1.d", ""),
        ("MI", ""),
        ("MI3.3.1.dd", ""),
        ("", ""),
    ],
)
def test_the_code_of_a_programme_is_axis_action_letter(typed, code):
    assert programme_code(typed) == code


def test_the_progress_card_measures_each_amount_against_the_largest():
    assert [(step.name, step.share_bp) for step in HUB.steps()] == [
        ("planned", 10_000),
        ("admitted", 10_000),
        ("committed", 9640),
        ("disbursed", 8641),
    ]
    assert HUB.out_of_order() == []


def test_a_planned_amount_above_the_admitted_one_is_fine_and_the_reverse_is_shown():
    assert STORE.out_of_order() == []
    assert Progress(euros("1"), euros("2"), euros("1"), ZERO).out_of_order() == [("planned", "admitted")]


def test_a_programme_is_set_up_and_the_journal_says_so(app, clock):
    made = programmes.programme()
    assert (made.code, made.cups) == ("MI3.3.1.d", ["B49D16010990006"])
    assert [entry.what for entry in journal.history(f"programme:{made.id}")] == ["programmes.set_up"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cups": ("B49D1601099000",)}, "cups"),
        ({"cups": ("B49D16010990006", "49D16010990006B")}, "cups"),
        ({"cups": ()}, "cups"),
        ({"code": "3.3.1.d"}, "code"),
        ({"title": " "}, "title"),
        ({"ends_on": date(2025, 12, 31)}, "ends_on"),
    ],
)
def test_a_card_with_a_mistake_is_refused_at_its_field(app, clock, changes, field):
    with pytest.raises(Invalid) as refused, transaction():
        service.set_up(replace(programmes.card(), **changes), by=None, now=clock.now())
    assert set(refused.value.errors) == {field}


def test_a_programme_may_carry_two_cups(app, clock):
    cups = ("B42G19000230006", "B44H14000230004")
    assert programmes.programme("MI4.2.1.c", cups=cups).cups == list(cups)


def test_a_code_is_used_once(app, clock):
    programmes.programme()
    with pytest.raises(Invalid), transaction():
        service.set_up(programmes.card(), by=None, now=clock.now())


def test_a_source_is_granted_whole_and_released_in_parts(app, clock):
    source = programmes.source(total=euros("5000000"), released=euros("1300000"))
    assert queries.standing(source.id) == queries.Standing(euros("5000000"), euros("1300000"), euros("1300000"))
    assert queries.standing(source.id).blocked == euros("3700000")
    with pytest.raises(Invalid), transaction():
        service.release(
            source, amount=euros("3700000.01"), act="DD 2/2026", on=date(2026, 3, 2), by=None, now=clock.now()
        )
    with transaction():
        service.release(source, amount=euros("3700000"), act="DD 3/2026", on=date(2026, 3, 2), by=None, now=clock.now())
    assert queries.standing(source.id).blocked == ZERO
    assert all(check.holds for check in queries.checks())


def test_a_release_needs_its_act(app, clock):
    source = programmes.source(released=ZERO)
    with pytest.raises(Invalid) as refused, transaction():
        service.release(source, amount=euros("1"), act=" ", on=date(2026, 3, 2), by=None, now=clock.now())
    assert set(refused.value.errors) == {"act"}


def test_progress_is_recorded_once_a_day(app, clock):
    made = programmes.programme()
    with transaction():
        service.record_progress(made, HUB, as_of=date(2021, 12, 1), source_note="Scheda", by=None, now=clock.now())
    assert queries.latest_progress(made).figures() == HUB
    with pytest.raises(Invalid), transaction():
        service.record_progress(made, HUB, as_of=date(2021, 12, 1), source_note="Scheda", by=None, now=clock.now())
