"""The access matrix: every route, tried by everybody, on things that exist and belong to somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock as time
from app.core.db import db, transaction
from app.grants import queries as grants
from app.grants import service as grant_verbs
from app.identity import service as identity
from tests.conftest import FrozenClock
from tests.house.city import City
from tests.house.places import ACTORS, ANSWERS, PLACES, STAFF, VISITOR, address, methods, routes
from tests.make.grants import TREASURY


class Crowd:
    """Browsers of everybody, each signed in once; machines' answers are short, so refusals come as JSON."""

    def __init__(self, app: Flask, city: City) -> None:
        self.app, self.city = app, city
        self.browsers: dict[str, FlaskClient] = {}

    def __getitem__(self, name: str) -> FlaskClient:
        if name not in self.browsers:
            self.browsers[name] = browser = self.app.test_client()
            if name != VISITOR:
                with transaction():
                    raw = identity.open_session(self.city.person(name), now=time.now())
                with browser.session_transaction() as carried:
                    carried["sid"] = raw
        return self.browsers[name]

    def ask(self, name: str, path: str, method: str = "GET") -> Any:
        """One request whose refusal is short."""
        return self[name].open(path, method=method, headers={"Accept": "application/json"})


@pytest.fixture(scope="module")
def _shared(
    _city: City, _copy: Callable[[], str], _database: Any, _app: Flask, cluster: Any
) -> Iterator[tuple[str, Crowd]]:
    """One copy of the city for all who look or are refused: they change nothing."""
    held, _database.name = _database.name, _copy()
    _database.world.leave()
    name, frozen = _database.name, FrozenClock()
    frozen.at(_city.now)
    _app.extensions["clock"] = frozen
    with _app.app_context():
        there = replace(_city, refs={**_city.refs, "batch": exported(_city)})
        db.session.remove()
    _database.name = held
    yield name, Crowd(_app, there)
    cluster.drop_database(name)


def exported(city: City) -> str:
    """The advance in a file for the bank."""
    order = grants.order_by_ref(city.refs["order"])
    assert order is not None
    with transaction():
        grant_verbs.approve(order, by=city.person("opener"), now=time.now())
    with transaction():
        hand = {"treasury": TREASURY, "execute_on": time.today(), "by": city.person("finance"), "now": time.now()}
        return grant_verbs.export([order], **hand).ref


@pytest.fixture
def crowd(_shared: tuple[str, Crowd], _database: Any, _app: Flask, clock: Any) -> Iterator[Crowd]:
    """Everybody, on the shared copy, for tests that leave it as it is."""
    held, _database.name = _database.name, _shared[0]
    _database.world.leave()  # one copy for many tests, which is nobody's to keep
    clock.at(_shared[1].city.now)
    with _app.app_context():
        yield _shared[1]
        db.session.remove()
    _database.name = held


ENDPOINTS = sorted(PLACES)


def test_every_route_says_who_may_enter(app: Flask) -> None:
    assert sorted(set(routes(app)) - set(PLACES)) == [], "say in PLACES who may enter"
    assert sorted(set(PLACES) - set(routes(app))) == [], "these routes are gone"


def refusal(app: Flask, endpoint: str, actor: str, method: str) -> int:
    """How a refusal must look."""
    gate = str(getattr(app.view_functions[endpoint], "gate", ""))
    if actor == VISITOR and not gate.startswith(("public", "by_token")):
        return 303 if method == "GET" else 403
    if gate.startswith("role:") and actor not in gate.removeprefix("role:").split(","):
        return 403
    return 404 if PLACES[endpoint].hidden else 403


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_nobody_enters_where_she_may_not(crowd: Crowd, endpoint: str) -> None:
    place = PLACES[endpoint]
    refused = [actor for actor in ACTORS if actor not in place.enter]
    for rule in routes(crowd.app)[endpoint]:
        path = address(crowd.city, rule, place.at)
        for actor, method in product(refused, methods(rule)):
            answer = crowd.ask(actor, path, method)
            expected = refusal(crowd.app, endpoint, actor, method)
            assert answer.status_code == expected, f"{actor}: {method} {path} -> {answer.status_code}"
            assert expected != 303 or "/sign-in?next=" in answer.headers["Location"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_whoever_may_look_sees_the_page(crowd: Crowd, endpoint: str) -> None:
    place = PLACES[endpoint]
    looking = sorted(place.enter) if len(place.enter) < len(STAFF) + 2 else ["stranger", "officer"]
    for rule in routes(crowd.app)[endpoint]:
        for actor in looking if "GET" in methods(rule) else []:
            answer = crowd[actor].get(address(crowd.city, rule, place.at))
            welcome = {200, 302, 303} | ANSWERS.get(endpoint, set())
            assert answer.status_code in welcome, f"{actor}: GET {endpoint} -> {answer.status_code}"
            assert "/sign-in" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("endpoint", [name for name in ENDPOINTS if PLACES[name].at])
def test_what_is_not_there_is_not_found(crowd: Crowd, endpoint: str) -> None:
    place = PLACES[endpoint]
    insider = min(place.enter - {VISITOR})
    other_kind = crowd.city.refs["free_group" if "receipt" in place.at.values() else "receipt"]
    for rule in routes(crowd.app)[endpoint]:
        for name, wrong in product(sorted(place.at), ("x", other_kind, "0", "%C3%A8%00%F0%9F%8C%B1", "9" * 300)):
            path = address(crowd.city, rule, {**place.at, name: f"={wrong}"})
            for method in methods(rule):
                answer = crowd.ask(insider, path, method)
                assert answer.status_code in (400, 404, 405), f"{insider}: {method} {path} -> {answer.status_code}"
