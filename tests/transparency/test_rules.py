"""At which stage a project's money stands."""

import pytest

from app.settlement.rules import State
from app.transparency.rules import Stage, stage


@pytest.mark.parametrize(
    ("state", "nothing_due", "signed", "advance", "closed", "all_paid", "found"),
    [
        (None, False, False, False, False, True, Stage.OPEN),
        (State.CLOSING, False, False, False, False, True, Stage.CLOSING),
        (State.CONSTITUTING, False, False, False, False, True, Stage.WAITING),
        (State.NOTIFIED, False, False, False, False, True, Stage.WAITING),
        (State.COLLECTING, False, False, False, False, True, Stage.COLLECTING),
        (State.RELEASED, False, False, False, False, True, Stage.RELEASED),
        (State.CONFIRMED, False, False, False, False, True, Stage.CONFIRMED),
        (State.CONFIRMED, True, False, False, False, True, Stage.SPENDING),
        (State.CONFIRMED, False, True, False, False, False, Stage.SIGNED),
        (State.CONFIRMED, False, True, True, False, False, Stage.SPENDING),
        (State.CONFIRMED, False, True, True, True, False, Stage.BALANCE),
        (State.CONFIRMED, False, True, True, True, True, Stage.DONE),
    ],
)
def test_each_stage_follows_from_what_has_happened(
    state: State | None, nothing_due: bool, signed: bool, advance: bool, closed: bool, all_paid: bool, found: Stage
) -> None:
    said = stage(
        case_state=state,
        nothing_due=nothing_due,
        signed=signed,
        advance_paid=advance,
        accounts_closed=closed,
        all_paid=all_paid,
    )
    assert said is found
