"""What a ledger posting is: pure shapes, checked before the database is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.money import Money, total


class Book(StrEnum):
    """The three books; each journal sums to zero in each of them."""

    PROMISES = "promises"
    CASH = "cash"
    BUDGET = "budget"


@dataclass(frozen=True, order=True)
class Account:
    """A named place for money, such as (budget, call:3, available); with a floor it may not go below zero."""

    book: str
    owner: str
    name: str
    floor: bool = True


@dataclass(frozen=True)
class Leg:
    """One entry: this much into (positive) or out of (negative) that account."""

    book: str
    owner: str
    name: str
    amount: Money


@dataclass(frozen=True)
class Journal:
    """One fact about money; the key is its identity, and a second post of the same key changes nothing."""

    key: str
    kind: str
    at: datetime
    legs: Sequence[Leg]
    subject: str = ""
    memo: str = ""
    reverses: str = ""  # the key of the journal that this one turns round, entry by entry


@dataclass(frozen=True)
class Check:
    """A figure that must equal a ledger balance: what it is, what the room's rows say, what the ledger says."""

    name: str
    expected: Money
    found: Money

    @property
    def holds(self) -> bool:
        """Whether the two agree to the cent."""
        return self.expected == self.found


def unbalanced(journal: Journal) -> str | None:
    """The book in which the journal does not sum to zero, if any."""
    for book in Book:
        if total(leg.amount for leg in journal.legs if leg.book == book):
            return str(book)
    return None


def reversing(journal: Journal, key: str, kind: str, at: datetime) -> Journal:
    """The journal that turns another round; the database refuses a second one, and one that differs by a cent."""
    legs = [Leg(leg.book, leg.owner, leg.name, -leg.amount) for leg in journal.legs]
    return Journal(key=key, kind=kind, at=at, legs=legs, subject=journal.subject, reverses=journal.key)


def flow(book: str, frm: tuple[str, str], to: tuple[str, str], amount: Money) -> list[Leg]:
    """Two legs that move a positive amount from one account to another: accounts as (owner, name)."""
    if amount.cents <= 0:
        raise ValueError("a flow moves a positive amount")
    return [Leg(book, *frm, -amount), Leg(book, *to, amount)]
