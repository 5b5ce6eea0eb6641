"""Pages ask no more where they have more to tell; the quick judges count what each page asks, whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import db
from app.web import gates
from tests.house.city import City
from tests.house.places import STAFF
from tests.sql import questions
from tests.ui.findings import SQL

Count = Callable[[], Any]
SignIn = Callable[..., FlaskClient]


def statements(browser: FlaskClient, path: str, count_sql: Count) -> list[str]:
    """What the page asks the database, in a session of its own as in production."""
    db.session.remove()
    with count_sql() as seen:
        browser.get(path)
    return questions(seen)


def test_pages_with_more_on_them_ask_no_more(city: City, app: Flask, sign_in: SignIn, count_sql: Count) -> None:
    """The same pages where they have most to tell: every tab, every role in one hand, a project that is paid."""
    everything = city.settle("everything", roles=STAFF)
    paid, visitor = city.person("paid_member"), None
    project, searched = f"/it/desk/projects/{city.refs['paid_proposal']}", "/it/projects/?theme=verde&q="
    asked: list[tuple[Any, str]] = [
        (visitor, "/it/?zone=dergano"),
        (everything, "/it/?zone=dergano"),
        (everything, f"{searched}officina"),
        (everything, f"{searched}oficina+zzzzz"),
        (everything, "/it/desk"),
        (everything, "/it/desk?view=all"),
        (paid, "/it/desk"),
        (paid, "/it/proposals"),
        (paid, f"/it/proposals/{city.refs['paid_proposal']}"),
        (everything, f"/it/proposals/dossier/{city.refs['paid_proposal']}"),
        (everything, f"/it/calls/{city.refs['ranked_call']}/evaluation"),
        (visitor, f"/it/projects/{city.refs['paid_slug']}"),
        (everything, f"/it/money/{city.refs['paid_slug']}"),
        *((everything, f"{project}?tab={tab}") for tab in ("data", "checks", "documents", "messages", "money", "log")),
    ]
    over = {}
    for person, path in asked:
        browser = app.test_client() if person is None else sign_in(app.test_client(), person)
        browser.get("/it/pages/privacy")  # a new session is noted once
        over[path] = len(statements(browser, path, count_sql))
        assert browser.get(path).status_code == 200, path
    assert {path: number for path, number in over.items() if number > SQL} == {}


def test_a_page_of_thirteen_queries_is_seen(app: Flask, count_sql: Count) -> None:
    @gates.public
    def thirteen(**_: str) -> str:
        for number in range(13):
            db.session.execute(text("select :n"), {"n": number})
        return "read"

    app.view_functions["web.page"], kept = thirteen, app.view_functions["web.page"]
    try:
        assert len(statements(app.test_client(), "/it/pages/privacy", count_sql)) > SQL
    finally:
        app.view_functions["web.page"] = kept
