"""The journal keeps facts as plain data, and nobody can change them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import db, transaction
from app.core.money import euros
from app.identity.rules import Role
from app.journal import queries
from app.journal.rules import plain_value
from app.journal.service import record
from tests.make.identity import person


def test_an_entry_says_who_did_what_to_which_thing(app, clock):
    ada = person("Ada Alberti")
    with transaction():
        record(
            "calls.publish",
            subject="call:1",
            by=ada,
            now=clock.now(),
            envelope=euros("60000"),
            closes_on=date(2026, 5, 1),
        )
        record("calls.close", subject="call:1", by=None, now=clock.now() + timedelta(days=60))
    first, second = queries.history("call:1")
    assert (first.what, first.person_id, first.person_name) == ("calls.publish", ada.id, "Ada Alberti")
    assert first.data == {"envelope": "60000.00", "closes_on": "2026-05-01"}
    assert (second.person_id, second.person_name, second.data) == (None, None, {})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (euros("-0.05"), "-0.05"),
        (Role.OFFICER, "officer"),
        (b"\x00\xff", "00ff"),
        ({"a": (1, None)}, {"a": [1, None]}),
        (True, True),
    ],
)
def test_values_are_kept_plain(value, kept):
    assert plain_value(value) == kept


def test_a_value_without_a_plain_form_is_refused():
    with pytest.raises(TypeError, match="object"):
        plain_value(object())


@pytest.mark.parametrize(
    "act", ["update journal_entry set what = 'x'", "delete from journal_entry", "truncate journal_entry"]
)
def test_the_application_cannot_change_or_remove_entries(app, clock, act):
    with transaction():
        record("a.b", subject="c:1", by=None, now=clock.now())
    with pytest.raises(ProgrammingError, match="permission denied"), transaction():
        db.session.execute(text(act))
    assert len(queries.history("c:1")) == 1


def test_an_action_that_fails_leaves_no_entry(app, clock):
    def fail():
        with transaction():
            record("a.b", subject="c:2", by=None, now=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert queries.history("c:2") == []
