"""What a project's money page tells: at which stage it stands and what a movement was. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.money import Money
from app.settlement.rules import State as CaseState


class Stage(StrEnum):
    """How far a project's money has come."""

    OPEN = "open"
    CLOSING = "closing"
    WAITING = "waiting"
    COLLECTING = "collecting"
    RELEASED = "released"
    CONFIRMED = "confirmed"
    SIGNED = "signed"
    SPENDING = "spending"
    BALANCE = "balance"
    DONE = "done"


_OF_CASE = {
    CaseState.CLOSING: Stage.CLOSING,
    CaseState.CONSTITUTING: Stage.WAITING,
    CaseState.NOTIFIED: Stage.WAITING,
    CaseState.COLLECTING: Stage.COLLECTING,
    CaseState.RELEASED: Stage.RELEASED,
}


def stage(
    *,
    case_state: CaseState | None,
    nothing_due: bool,
    signed: bool,
    advance_paid: bool,
    accounts_closed: bool,
    all_paid: bool,
) -> Stage:
    """Where the money stands, from what has happened; nothing is due where gifts cover the whole budget."""
    if case_state is None:
        return Stage.OPEN
    if case_state in _OF_CASE:
        return _OF_CASE[case_state]
    if accounts_closed:
        return Stage.DONE if all_paid else Stage.BALANCE
    if not signed:
        return Stage.SPENDING if nothing_due else Stage.CONFIRMED
    return Stage.SPENDING if advance_paid else Stage.SIGNED


class What(StrEnum):
    """What a movement was; each has its sentence."""

    RESERVED = "reserved"
    CLOSED = "closed"
    COLLECTED = "collected"
    REFUNDED = "refunded"
    CONFIRMED = "confirmed"
    FREED = "freed"
    RELEASED = "released"
    SIGNED = "signed"
    ADVANCE = "advance"
    ACCEPTED = "accepted"
    ACCEPTED_SO_FAR = "accepted_so_far"
    ECONOMISED = "economised"
    BALANCE = "balance"


ORDER = {what: place for place, what in enumerate(What)}  # for what happened at the same moment


class Whose(StrEnum):
    """Whose money moved: it chooses the colour."""

    DONORS = "don"
    CITY = "city"
    SPENT = "use"


@dataclass(frozen=True, slots=True)
class Step:
    """One movement as the public reads it."""

    at: datetime
    what: What
    amount: Money
    whose: Whose
    act: str = ""
    count: int = 0
