"""A page that only looks asks each question once; whoever writes asks anew; several questions make one trip."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import BigInteger, Date, LargeBinary, Text, literal, null, select, text, union_all

from app.core import once
from app.core.db import Cents, Named, UTCDateTime, db, transaction
from app.core.money import euros
from app.core.together import Ask, together
from app.ledger.rules import Book


@pytest.fixture(autouse=True)
def _forgotten(app):
    yield
    once.done()


def _counter():
    asked = []

    @once.once
    def read(what: str) -> str:
        asked.append(what)
        return f"{what} {len(asked)}"

    return read, asked


def test_without_a_page_each_question_is_asked(app):
    read, asked = _counter()
    assert [read("a"), read("a")] == ["a 1", "a 2"]
    assert asked == ["a", "a"]


def test_a_page_that_looks_asks_once_for_each_thing(app):
    read, _ = _counter()
    once.look()
    assert [read("a"), read("a"), read("b")] == ["a 1", "a 1", "b 2"]
    once.done()
    assert read("a") == "a 3"


def test_who_writes_asks_anew_inside_and_afterwards(app):
    read, _ = _counter()
    once.look()
    assert read("a") == "a 1"
    with transaction():
        assert read("a") == "a 2"
        assert read("a") == "a 3"
    assert [read("a"), read("a")] == ["a 4", "a 4"]


def test_a_transaction_that_failed_is_forgotten_too(app):
    read, _ = _counter()
    once.look()
    assert read("a") == "a 1"
    with pytest.raises(RuntimeError), transaction():
        raise RuntimeError
    assert read("a") == "a 2"


def test_a_session_that_ends_takes_everything_along(app):
    read, _ = _counter()
    once.look()
    assert read("a") == "a 1"
    db.session.remove()
    assert read("a") == "a 2"


def test_nothing_read_for_one_request_is_told_to_the_next(app, client):
    read, _ = _counter()
    app.view_functions["machines.healthz"], kept = lambda: read("who looks"), app.view_functions["machines.healthz"]
    app.view_functions["machines.healthz"].guard = lambda: None
    try:
        first, second = client.get("/healthz"), client.get("/healthz")
    finally:
        app.view_functions["machines.healthz"] = kept
    assert (first.text, second.text) == ("who looks 1", "who looks 2")


def test_several_questions_make_one_trip_and_every_kind_of_value_comes_back(app, count_sql):
    moment = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
    values = select(
        literal(euros("12.34"), Cents).label("amount"),
        literal(moment, UTCDateTime).label("at"),
        literal(date(2026, 3, 2), Date).label("on"),
        literal(Book.CASH, Named(Book)).label("book"),
        literal(2**60, BigInteger).label("number"),
        literal("perché “no”\n", Text).label("words"),
        null().label("nothing"),
    )
    numbers = union_all(select(literal(2).label("n")), select(literal(1).label("n"))).subquery()
    ordered = select(numbers.c.n).order_by(numbers.c.n)
    with count_sql() as seen:
        found = together(
            [
                Ask(values, lambda row: (row.amount, row.at, row.on, row.book, row.number, row.words, row.nothing)),
                Ask(ordered, lambda row: row.n),
                Ask(ordered, lambda row: None),
                Ask(select(literal(1).label("n")).where(text("false")), lambda row: row.n),
            ]
        )
    assert found == [(euros("12.34"), moment, date(2026, 3, 2), Book.CASH, 2**60, "perché “no”\n", None), 1, 2]
    assert len(seen) == 1
    assert together([]) == []


def test_a_kind_of_value_that_json_would_change_is_refused(app):
    with pytest.raises(TypeError, match="LargeBinary"):
        together([Ask(select(literal(b"x", LargeBinary).label("raw")), lambda row: row.raw)])
