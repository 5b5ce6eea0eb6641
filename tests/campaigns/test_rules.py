"""A campaign's life, its days, and what it must have before it opens."""

from datetime import UTC, datetime, timedelta

import pytest

from app.campaigns.rules import (
    MOVES,
    Act,
    Impact,
    State,
    chosen_first,
    days_left,
    free_until,
    last_charge_at,
    missing,
    presets,
    takes_pledges,
)
from app.core.errors import Conflict
from app.core.money import euros
from app.core.moves import move

CLOSES = datetime(2026, 12, 9, 23, 0, tzinfo=UTC)  # midnight in Rome: the last day is the 9th


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_only_the_moves_of_the_table_are_possible(state, act):
    if (state, act) in MOVES:
        assert move(MOVES, state, act) in State
    else:
        with pytest.raises(Conflict):
            move(MOVES, state, act)


def test_a_closed_campaign_never_opens_again():
    assert {MOVES[key] for key in MOVES if key[0] is State.CLOSED} == {State.CLOSED}


@pytest.mark.parametrize(
    ("state", "now", "taken"),
    [
        (State.LIVE, CLOSES - timedelta(seconds=1), True),
        (State.LIVE, CLOSES, False),
        (State.CLOSED, CLOSES - timedelta(days=1), False),
        (State.ASKED, CLOSES - timedelta(days=1), False),
    ],
)
def test_pledges_are_taken_while_it_is_live_and_not_one_instant_longer(state, now, taken):
    assert takes_pledges(state, CLOSES, now) is taken


@pytest.mark.parametrize(("hours", "days"), [(1, 1), (24, 1), (25, 2), (0, 0), (-5, 0)])
def test_days_are_counted_with_the_last_one(hours, days):
    assert days_left(CLOSES, CLOSES - timedelta(hours=hours)) == days


def test_the_times_that_the_consent_names():
    assert free_until(CLOSES, 24) == datetime(2026, 12, 8, 23, 0, tzinfo=UTC)
    assert last_charge_at(CLOSES, 60) == datetime(2027, 2, 7, 23, 0, tzinfo=UTC)


def test_the_amounts_offered_are_the_groups_own_or_ours():
    own = [Impact(euros("5"), "un caffè"), Impact(euros("20"), "un libro")]
    assert [each.amount for each in presets(own, euros("1"))] == [euros("5"), euros("20")]
    assert [each.amount for each in presets([], euros("1"))] == [euros("10"), euros("25"), euros("50"), euros("100")]
    assert [each.amount for each in presets(own, euros("10"))] == [euros("20")]
    assert chosen_first(presets([], euros("1"))) == euros("50")
    assert chosen_first([]) is None


def test_english_words_are_the_italian_ones_where_there_are_none():
    assert Impact(euros("5"), "un caffè").said("en") == "un caffè"
    assert Impact(euros("5"), "un caffè", "a coffee").said("en") == "a coffee"


@pytest.mark.parametrize(
    ("summary", "story", "lacks"),
    [
        ("", "", ["summary", "story"]),
        ("Una frase.", "corta", ["story"]),
        ("Una frase.", "x" * 200, []),
        (" ", "x" * 200, ["summary"]),
    ],
)
def test_what_is_missing_before_it_opens(summary, story, lacks):
    assert list(missing(summary=summary, story=story)) == lacks
