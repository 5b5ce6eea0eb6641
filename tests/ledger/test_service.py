"""The ledger keeps its promises, also against SQL typed by hand."""

from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import db, transaction
from app.core.money import ZERO, Money, euros
from app.ledger import queries, service
from app.ledger.rules import Account, Journal, Leg, flow, reversing

AT = datetime(2026, 3, 2, tzinfo=UTC)
SOURCE = Account("budget", "source:1", "endowed", floor=False)
GRANTED = Account("budget", "source:1", "granted")
RELEASED = Account("budget", "source:1", "released")


def granted(key="source:1:granted", amount="100.00"):
    return Journal(key, "granted", AT, flow("budget", ("source:1", "endowed"), ("source:1", "granted"), euros(amount)))


@pytest.fixture
def books(app):
    with transaction():
        service.open_accounts(SOURCE, GRANTED, RELEASED)
    return app


def test_a_post_moves_both_balances_and_says_it_is_new(books):
    with transaction():
        assert service.post(granted()) == 1
    assert queries.balances("budget", "source:1") == {
        "endowed": euros("-100.00"),
        "granted": euros("100.00"),
        "released": ZERO,
    }


def test_the_same_key_posted_twice_changes_nothing(books):
    for expected in (1, 0):
        with transaction():
            assert service.post(granted()) == expected
    assert queries.balance("budget", "source:1", "granted") == euros("100.00")


def test_a_list_is_one_statement_and_a_floor_is_held_entry_by_entry(books, count_sql):
    with transaction():
        service.post(granted())
    with transaction(), count_sql() as seen:
        service.post(granted("a", "1.00"), granted("b", "2.00"), granted("c", "3.00"))
    assert len(seen) == 1
    assert queries.balance("budget", "source:1", "granted") == euros("106.00")


def test_an_account_with_a_floor_never_goes_below_zero(books):
    with transaction():
        service.post(granted())
    with pytest.raises(IntegrityError, match="floor_held"), transaction():
        service.post(
            Journal(
                "r", "released", AT, flow("budget", ("source:1", "granted"), ("source:1", "released"), Money(10_001))
            )
        )
    assert queries.balance("budget", "source:1", "granted") == euros("100.00")


def test_a_leg_on_an_account_that_nobody_opened_is_refused_whole(books):
    with pytest.raises(DBAPIError), transaction():
        service.post(Journal("x", "x", AT, flow("budget", ("source:1", "endowed"), ("source:1", "typo"), Money(5))))
    assert queries.counts()["journals"] == 0


def test_a_journal_that_does_not_balance_never_reaches_the_database(books):
    with pytest.raises(ValueError, match="does not balance"), transaction():
        service.post(Journal("x", "x", AT, [Leg("budget", "source:1", "granted", Money(5))]))


@pytest.mark.parametrize(
    "sql",
    [
        "update ledger_entry set cents = 1",
        "delete from ledger_entry",
        "truncate ledger_entry",
        "update ledger_journal set kind = 'x'",
        "delete from ledger_journal",
        "update ledger_account set balance = 0",
        "delete from ledger_account",
    ],
)
def test_the_application_role_cannot_rewrite_the_books(books, sql):
    with transaction():
        service.post(granted())
    with pytest.raises(DBAPIError, match="permission denied"), transaction():
        db.session.execute(text(sql))


def test_even_the_owner_meets_the_append_only_trigger(books, database):
    with transaction():
        service.post(granted())
    url = database.cluster.owner_url(database.name, driver="postgresql")
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="append only")
    with psycopg.connect(url) as owner, refused:
        owner.execute("delete from ledger_entry")


def test_an_entry_cannot_be_added_to_a_journal_of_an_earlier_transaction(books):
    with transaction():
        service.post(granted())
    with pytest.raises(IntegrityError, match=r"balance|sealed"), transaction():
        db.session.execute(
            text(
                "insert into ledger_entry (journal_id, account_id, cents) select j.id, a.id, x.cents"
                " from ledger_journal j,"
                " (values ('released', 5), ('endowed', -5)) x(name, cents) join ledger_account a using (name)"
                " where x.name = 'released'"
            )
        )


def test_an_empty_journal_is_refused_at_commit(books):
    with pytest.raises(IntegrityError, match="empty"), transaction():
        db.session.execute(
            text("insert into ledger_journal (key, kind, subject, memo, at) values ('e', 'e', '', '', now())")
        )


def test_an_account_cannot_open_with_money_in_it(books):
    with pytest.raises(IntegrityError, match="opens at zero"), transaction():
        db.session.execute(
            text("insert into ledger_account (book, owner, name, floor, balance) values ('cash', 'x', 'y', false, 5)")
        )


def test_verify_finds_the_books_in_order(books):
    with transaction():
        service.post(granted())
    assert all(check.holds for check in queries.checks())


def test_a_reversing_journal_turns_each_entry_round_once(books):
    first = granted()
    back = reversing(first, "source:1:granted:back", "granted back", AT)
    with transaction():
        service.post(first)
    with transaction():
        service.post(back)
    assert queries.balance("budget", "source:1", "granted") == ZERO
    with pytest.raises(IntegrityError, match="reverses_id"), transaction():
        service.post(reversing(first, "again", "granted back", AT))


def test_a_reversing_journal_that_differs_by_a_cent_or_reverses_nothing_is_refused(books):
    with transaction():
        service.post(granted())
    crooked = granted("crooked", "99.99")
    legs = [Leg(leg.book, leg.owner, leg.name, -leg.amount) for leg in crooked.legs]
    for reverses in ("source:1:granted", "never posted"):
        with pytest.raises(IntegrityError), transaction():
            service.post(Journal("back", "back", AT, legs, reverses=reverses))
