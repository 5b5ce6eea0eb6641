"""No page asks the database more than twelve times, whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import db
from app.web import gates
from tests.house.city import City
from tests.house.places import PLACES, VISITOR, address, methods, routes
from tests.ui.city import looking
from tests.ui.findings import SQL

Count = Callable[[], Any]
# Pages that still ask more often, and how often at most: they may ask less, never more; no page may join them.
STILL_OVER = {
    "calls.basics": 13,
    "calls.show": 13,
    "campaigns.preview": 15,
    "campaigns.readiness": 13,
    "campaigns.show": 24,
    "evaluation.assess": 15,
    "evaluation.manage": 28,
    "grants.decide": 24,
    "grants.order": 27,
    "grants.report": 30,
    "grants.show": 22,
    "grants.sign": 18,
    "groups.constitution": 15,
    "groups.public": 13,
    "groups.show": 15,
    "groups.verify": 16,
    "pledges.give": 18,
    "pledges.mine": 15,
    "pledges.returned": 15,
    "programmes.dossier": 15,
    "programmes.index": 23,
    "programmes.show": 27,
    "proposals.done": 21,
    "proposals.dossier": 24,
    "proposals.mine": 32,
    "proposals.part": 26,
    "proposals.review": 23,
    "proposals.sign": 13,
    "proposals.tasks": 17,
    "proposals.withdraw": 13,
    "transparency.index": 19,
    "transparency.movements": 14,
    "transparency.project": 16,
    "web.desk": 53,
    "web.home": 14,
}


def statements(browser: FlaskClient, path: str, count_sql: Count) -> list[str]:
    """What the page asks the database."""
    with count_sql() as seen:
        browser.get(path)
    return [each for each in seen if not each.lstrip().upper().startswith(("SAVEPOINT", "RELEASE", "SET "))]


def test_no_page_asks_the_database_more_than_twelve_times(
    city: City, app: Flask, sign_in: Callable[..., FlaskClient], count_sql: Count
) -> None:
    browsers: dict[str, FlaskClient] = {VISITOR: app.test_client()}
    over: dict[str, dict[str, int]] = {}
    tried = 0
    for endpoint in sorted(PLACES):
        place = PLACES[endpoint]
        for rule in routes(app)[endpoint]:
            if "GET" not in methods(rule) or "batch" in place.at.values():
                continue
            for who, name in looking(place).items():
                if name not in browsers:
                    browsers[name] = sign_in(app.test_client(), city.person(name))
                count = len(statements(browsers[name], address(city, rule, place.at), count_sql))
                tried += 1
                if count > STILL_OVER.get(endpoint, SQL):
                    over.setdefault(endpoint, {})[who] = count
    assert tried > 100
    assert over == {}, "\n".join(f"{endpoint}: {seen}" for endpoint, seen in over.items())


def test_the_pages_that_still_ask_more_are_pages() -> None:
    assert sorted(set(STILL_OVER) - set(PLACES)) == []
    assert min(STILL_OVER.values(), default=SQL + 1) > SQL


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
