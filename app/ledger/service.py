"""The only writer of the ledger."""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import db
from app.ledger.rules import Account, Journal, unbalanced

_OPEN = text(
    """
    insert into ledger_account (book, owner, name, floor)
    select * from unnest(
        cast(:books as text[]), cast(:owners as text[]), cast(:names as text[]), cast(:floors as boolean[])
    )
    order by 1, 2, 3
    on conflict (book, owner, name) do nothing
    """
)

# One statement: journals and entries together. Entries go in account order, or two posts would deadlock. A leg on an
# account that nobody opened finds none, fails on NOT NULL, and nothing is posted.
_POST = text(
    """
    with asked as (
        select * from unnest(
            cast(:keys as text[]), cast(:kinds as text[]), cast(:subjects as text[]), cast(:memos as text[]),
            cast(:ats as timestamptz[]), cast(:reverses as text[])
        ) as t(key, kind, subject, memo, at, reverses)
    ), made as (
        insert into ledger_journal (key, kind, subject, memo, at, reverses_id)
        select key, kind, subject, memo, at,
            case when reverses <> '' then coalesce((select j.id from ledger_journal j where j.key = reverses), -1) end
        from asked order by key
        on conflict (key) do nothing
        returning id, key
    ), legs as (
        select * from unnest(
            cast(:leg_keys as text[]), cast(:books as text[]), cast(:owners as text[]), cast(:names as text[]),
            cast(:cents as bigint[])
        ) as t(key, book, owner, name, cents)
    ), posted as (
        insert into ledger_entry (journal_id, account_id, cents)
        select made.id, account.id, legs.cents
        from made
        join legs on legs.key = made.key
        left join ledger_account account
            on account.book = legs.book and account.owner = legs.owner and account.name = legs.name
        order by account.id, made.id
        returning 1
    )
    select count(*) from made
    """
)


def open_accounts(*accounts: Account) -> None:
    """Make sure that the accounts exist; an account keeps the floor it was opened with."""
    if not accounts:
        return
    db.session.execute(
        _OPEN,
        {
            "books": [str(account.book) for account in accounts],
            "owners": [account.owner for account in accounts],
            "names": [account.name for account in accounts],
            "floors": [account.floor for account in accounts],
        },
    )


def post(*journals: Journal) -> int:
    """Post the journals in one SQL statement; a key already posted is a no-op. Returns how many were new.

    Raises ValueError for a journal that does not balance, IntegrityError where an account's floor would break or
    an account was never opened.
    """
    if not journals:
        return 0
    for journal in journals:
        if (book := unbalanced(journal)) or not journal.legs:
            raise ValueError(f"journal {journal.key} does not balance in {book or 'any book: it is empty'}")
    legs = [(journal.key, leg) for journal in journals for leg in journal.legs if leg.amount]
    made = db.session.execute(
        _POST,
        {
            "keys": [journal.key for journal in journals],
            "kinds": [journal.kind for journal in journals],
            "subjects": [journal.subject for journal in journals],
            "memos": [journal.memo for journal in journals],
            "ats": [journal.at for journal in journals],
            "reverses": [journal.reverses for journal in journals],
            "leg_keys": [key for key, _ in legs],
            "books": [str(leg.book) for _, leg in legs],
            "owners": [leg.owner for _, leg in legs],
            "names": [leg.name for _, leg in legs],
            "cents": [leg.amount.cents for _, leg in legs],
        },
    ).scalar_one()
    return int(made)
