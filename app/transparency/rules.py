"""What a project's money page tells: its stage, its movements, and what each single gift paid. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.money import N_, ZERO, Money, split, table, total
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
    OWED = "owed"
    GIVEN_BACK = "given_back"


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


# --- what one gift paid -----------------------------------------------------------------------------------------------


class Milestone(StrEnum):
    """A point in a project's life at which every donor is told what the gift does."""

    MATCH = "match"
    ADVANCE = "advance"
    EXPENSES = "expenses"
    ACCOUNTS = "accounts"


RULE = N_(
    "Each euro given carries the same share of the city’s money, and each gift pays the same share of every accepted"
    " receipt; cents that are left over go to the largest remainders."
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one gift did: the city's money beside it, and what both together paid of each accepted receipt."""

    gift: Money
    city: Money
    paid: tuple[Money, ...]

    @property
    def spent(self) -> Money:
        """What gift and city's part together have paid."""
        return total(self.paid)

    @property
    def left(self) -> Money:
        """What of both is not spent yet."""
        return self.gift + self.city - self.spent


def attribute(
    gifts: Sequence[Money], city: Money, receipts: Sequence[Money], counts: Sequence[bool] | None = None
) -> list[Part]:
    """Which part of the accepted receipts each gift paid, with its share of the city's money, to the cent.

    Each euro given carries the same share of the city's money (a gift that does not count towards the threshold carries
    none), and each gift pays the same share of every receipt; left-over cents go to the largest remainders. All parts
    together are the receipts exactly; receipts beyond gifts and city's money were paid by the group.
    """
    if not gifts:
        return []
    beside = _beside(gifts, city, counts)
    whole = [gift + part for gift, part in zip(gifts, beside, strict=True)]
    spent = min(total(receipts), total(whole))
    if not spent:
        return [Part(gift, part, tuple(ZERO for _ in receipts)) for gift, part in zip(gifts, beside, strict=True)]
    columns = split(spent, [receipt.cents for receipt in receipts])
    rows = split(spent, [each.cents for each in whole])
    cells = table([row.cents for row in rows], [column.cents for column in columns])
    return [
        Part(gift, part, tuple(Money(cents) for cents in paid))
        for gift, part, paid in zip(gifts, beside, cells, strict=True)
    ]


def _beside(gifts: Sequence[Money], city: Money, counts: Sequence[bool] | None) -> list[Money]:
    counted = [gift.cents if counts is None or counts[n] else 0 for n, gift in enumerate(gifts)]
    weights = counted if sum(counted) else [gift.cents for gift in gifts]
    return split(city, weights) if sum(weights) else [ZERO for _ in gifts]
