"""Balances and statements: what every total shown to anyone comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from app.core.db import db
from app.core.money import ZERO, Money
from app.core.once import once
from app.ledger.models import AccountRow, EntryRow, JournalRow
from app.ledger.rules import Book, Check


def balance(book: str, owner: str, name: str) -> Money:
    """The account's balance; zero where it was never opened."""
    return balances(book, owner).get(name, ZERO)


def balances(book: str, owner: str) -> dict[str, Money]:
    """All balances of one owner in one book, by account name."""
    return books_of(owner)[owner].get(book, {})


def balance_at(book: str, owner: str, name: str, at: datetime) -> Money:
    """What the account held at that moment: the sum of the entries until then."""
    found = db.session.scalar(
        select(func.sum(EntryRow.cents))
        .join(JournalRow, JournalRow.id == EntryRow.journal_id)
        .join(AccountRow, AccountRow.id == EntryRow.account_id)
        .where(AccountRow.book == book, AccountRow.owner == owner, AccountRow.name == name, JournalRow.at <= at)
    )
    return Money(int(found or 0))


@once
def books_of(*owners: str) -> dict[str, dict[str, dict[str, Money]]]:
    """Balances by owner, book and name for many owners, in one query."""
    found: dict[str, dict[str, dict[str, Money]]] = {owner: {} for owner in owners}
    rows = db.session.execute(
        select(AccountRow.owner, AccountRow.book, AccountRow.name, AccountRow.balance).where(
            AccountRow.book.in_(list(Book)),  # the index begins with it
            AccountRow.owner.in_(list(found)),
        )
    )
    for owner, book, name, amount in rows:
        found[owner].setdefault(book, {})[name] = amount
    return found


def balances_of(book: str, owners: Iterable[str]) -> dict[str, dict[str, Money]]:
    """Balances by owner and name for many owners, in one query."""
    found: dict[str, dict[str, Money]] = {owner: {} for owner in owners}
    rows = db.session.execute(
        select(AccountRow.owner, AccountRow.name, AccountRow.balance).where(
            AccountRow.book == book, AccountRow.owner.in_(list(found))
        )
    )
    for owner, name, amount in rows:
        found[owner][name] = amount
    return found


@once
def books_like(owner_prefix: str) -> dict[str, dict[str, Money]]:
    """The sums by book and name over all owners whose name starts so, in one question."""
    rows = db.session.execute(
        text(
            "select book, name, sum(balance) from ledger_account where starts_with(owner, :prefix) group by book, name"
        ),
        {"prefix": owner_prefix},
    )
    found: dict[str, dict[str, Money]] = {}
    for book, name, amount in rows:
        found.setdefault(str(book), {})[str(name)] = Money(int(amount))
    return found


@dataclass(frozen=True)
class Movement:
    """One entry as a person reads it."""

    at: datetime
    kind: str
    memo: str
    key: str
    book: str
    owner: str
    name: str
    amount: Money


def statement(*owners: str) -> Sequence[Movement]:
    """Every entry on the owners' accounts, oldest first."""
    rows = db.session.execute(
        select(
            JournalRow.at,
            JournalRow.kind,
            JournalRow.memo,
            JournalRow.key,
            AccountRow.book,
            AccountRow.owner,
            AccountRow.name,
            EntryRow.cents,
        )
        .join(EntryRow, EntryRow.journal_id == JournalRow.id)
        .join(AccountRow, AccountRow.id == EntryRow.account_id)
        .where(AccountRow.owner.in_(owners))
        .order_by(JournalRow.at, EntryRow.id)
    )
    return [Movement(*row[:7], Money(int(row[7]))) for row in rows]


def counts() -> dict[str, int]:
    """How many accounts, journals and entries there are."""
    return {
        what: int(db.session.execute(text(f"select count(*) from {table}")).scalar_one())  # noqa: S608 - constants
        for what, table in (("accounts", "ledger_account"), ("journals", "ledger_journal"), ("entries", "ledger_entry"))
    }


def checks() -> Iterable[Check]:
    """Each book sums to zero, each account equals its entries, each journal balances."""
    for book, amount in db.session.execute(text("select book, sum(balance) from ledger_account group by book")):
        yield Check(f"book {book} sums to zero", ZERO, Money(int(amount)))
    drifted = db.session.execute(
        text(
            "select a.book, a.owner, a.name, a.balance, coalesce(sum(e.cents), 0) from ledger_account a"
            " left join ledger_entry e on e.account_id = a.id group by a.id"
            " having a.balance <> coalesce(sum(e.cents), 0)"
        )
    )
    for book, owner, name, held, entries in drifted:
        yield Check(f"{book} {owner} {name} equals its entries", Money(int(entries)), Money(int(held)))
    crooked = db.session.execute(
        text(
            "select j.key, e.book, sum(e.cents) from ledger_journal j join ledger_entry e on e.journal_id = j.id"
            " group by j.key, e.book having sum(e.cents) <> 0"
        )
    )
    for key, book, amount in crooked:
        yield Check(f"journal {key} balances in {book}", ZERO, Money(int(amount)))
