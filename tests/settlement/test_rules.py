"""How a campaign ends, in euros and dates."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import Conflict
from app.core.money import ZERO, euros
from app.core.moves import move
from app.matching.rules import Crowd, MatchPolicy, Mode, as_crowd
from app.settlement.rules import (
    ENDED,
    MOVES,
    Act,
    Outcome,
    State,
    Why,
    days_after,
    decide,
    grace_until,
    missing,
    result,
)

ROME = ZoneInfo("Europe/Rome")
MILAN = MatchPolicy(mode=Mode.COMPLETION, share_bp=6000, threshold_bp=4000, cap=euros("60000"))


def gave(collected: str, counted: str) -> Crowd:
    """All that came in, and what of it counts."""
    return replace(as_crowd(euros(counted), MILAN), others=euros(collected) - euros(counted))


@pytest.mark.parametrize(
    ("counted", "outcome", "lacks"),
    [
        ("4799.99", Outcome.LOST, "0.01"),
        ("4800.00", Outcome.WON, "0.00"),
        ("4800.01", Outcome.WON, "0.00"),
        ("0.00", Outcome.LOST, "4800.00"),
        ("12000.00", Outcome.WON, "0.00"),
    ],
)
def test_the_threshold_is_exact_to_the_cent(counted: str, outcome: Outcome, lacks: str) -> None:
    assert decide(euros(counted), euros("4800")) is outcome
    assert missing(euros(counted), euros("4800")) == euros(lacks)


@pytest.mark.parametrize(
    ("collected", "counted", "match", "why"),
    [
        ("4830.00", "4830.00", "7170.00", Why.WHOLE),
        ("4800.00", "4800.00", "7200.00", Why.WHOLE),
        ("4799.99", "4799.99", "7199.98", Why.SHRUNK),
        ("4780.00", "4780.00", "7170.00", Why.SHRUNK),
        ("4560.00", "4560.00", "6840.00", Why.SHRUNK),
        ("6000.00", "6000.00", "6000.00", Why.WHOLE),
        ("6000.00", "4800.00", "6000.00", Why.WHOLE),
        ("12000.00", "12000.00", "0.00", Why.WHOLE),
    ],
)
def test_what_collected_money_earns_on_a_budget_of_twelve_thousand(
    collected: str, counted: str, match: str, why: Why
) -> None:
    found = result(gave(collected, counted), euros("12000"), ZERO, MILAN)
    assert (found.confirmed, found.match, found.why) == (True, euros(match), why)


@pytest.mark.parametrize(("collected", "counted"), [("4559.99", "4559.99"), ("5000.00", "4559.99"), ("0.00", "0.00")])
def test_below_ninety_five_percent_of_the_threshold_the_match_is_released(collected: str, counted: str) -> None:
    found = result(gave(collected, counted), euros("12000"), ZERO, MILAN)
    assert (found.confirmed, found.match, found.why) == (False, ZERO, Why.NOT_COLLECTED)


def test_gifts_beyond_the_budget_never_make_the_match_negative() -> None:
    assert result(gave("12500", "12000"), euros("12000"), ZERO, MILAN).match == ZERO


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (datetime(2026, 2, 15, 22, 59, 59, tzinfo=UTC), 60, datetime(2026, 4, 16, 21, 59, 59, tzinfo=UTC)),
        (datetime(2026, 10, 1, 21, 59, 59, tzinfo=UTC), 30, datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)),
        (datetime(2026, 6, 1, 10, 0, tzinfo=UTC), 3, datetime(2026, 6, 4, 10, 0, tzinfo=UTC)),
    ],
)
def test_summer_time_never_moves_a_deadline_to_another_day(start: datetime, days: int, end: datetime) -> None:
    assert days_after(start, days, ROME) == end


@pytest.mark.parametrize(
    ("started", "until"),
    [
        (datetime(2026, 6, 4, 10, tzinfo=UTC), datetime(2026, 6, 18, 10, tzinfo=UTC)),
        (datetime(2026, 7, 25, 10, tzinfo=UTC), datetime(2026, 7, 31, 10, tzinfo=UTC)),
    ],
)
def test_the_grace_window_ends_at_the_last_charge_day_of_the_consent(started: datetime, until: datetime) -> None:
    closed = datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert grace_until(started, closed, grace=14, last_charge=60, zone=ROME) == until


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_a_case_only_makes_the_moves_of_the_table(state: State, act: Act) -> None:
    if (state, act) in MOVES:
        assert move(MOVES, state, act) is MOVES[state, act]
    else:
        with pytest.raises(Conflict):
            move(MOVES, state, act)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_case_never_moves_again(state: State) -> None:
    assert not [act for act in Act if (state, act) in MOVES]
