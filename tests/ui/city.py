"""The city of tests/house as sheets for the judges: every route, filled, empty, and refused with its errors.

Nothing here lists a page: the routes come from the application, who may enter and what stands there from
tests/house/places.py. A new page is judged as soon as it has its entry there.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from app.core import clock as time
from app.core.db import db, transaction
from app.identity import service as identity
from app.identity.models import Person
from app.web import errors
from app.web.views.home import PAGES
from tests.conftest import Database
from tests.house.city import City
from tests.house.places import ANSWERS, PLACES, VISITOR, Place, address, methods, routes
from tests.make import identity as make_people
from tests.sql import counted, questions
from tests.ui.findings import SQL, Finding, Sheet

LANGUAGES = ("it", "en")
ROLES = ("officer", "evaluator", "responsible", "finance", "administrator")
MEMBER = "group member"
# Statuses of which there is a page of ours.
ERROR_PAGES = (400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503)
COOKIE = "cofonda"
SUMMARY = 'class="cv-errors"'  # the summary of what is wrong, above the form


class Silent(WSGIRequestHandler):
    """Serves without a line for each request."""

    def log_request(self, *_: Any) -> None:
        return


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a port of its own, so that pages find their styles."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join(timeout=10)
        server.server_close()


def looking(place: Place) -> dict[str, str]:
    """Who is shown the page: a person of the city for each kind of reader that it has."""
    found = {VISITOR: VISITOR} if VISITOR in place.enter else {}
    if VISITOR in place.enter:
        found[MEMBER] = "live_member"
    elif members := sorted(place.enter - set(ROLES) - {"stranger", "free_member"}):
        found[MEMBER] = members[0]
    elif "free_member" in place.enter:
        found[MEMBER] = "live_member"
    found |= {role: role for role in ROLES if role in place.enter}
    panel = [name for name in sorted(place.enter) if name.startswith("panelist")]
    if panel and MEMBER in found and found[MEMBER] in panel:
        del found[MEMBER]
        found["evaluator"] = panel[0]
    return found or {"somebody": min(place.enter)}


@dataclass
class Pages:
    """Gives out the pages of one copy of the city, through the application itself."""

    app: Flask
    database: Database
    city: City
    base: str
    only: str = ""
    # Called before what stands behind the pages changes: a browser may still be asking for their pictures.
    settle: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.browsers: dict[str, FlaskClient] = {}

    # --- asking ---------------------------------------------------------------------------------------------

    def browser(self, name: str, person: Person | None = None) -> FlaskClient:
        """A browser of this person, signed in once."""
        if name not in self.browsers:
            self.browsers[name] = made = self.app.test_client()
            if name != VISITOR:
                with transaction():
                    raw = identity.open_session(person or self.city.person(name), now=time.now())
                with made.session_transaction() as carried:
                    carried["sid"] = raw
        return self.browsers[name]

    def sheet(
        self, answer: Any, path: str, who: str, state: str, endpoint: str, browser: FlaskClient | None = None
    ) -> Sheet:
        """The answer as judges take it; what the page asks for is asked as the same person."""
        carried = browser.get_cookie(COOKIE) if browser is not None else None
        cookies = ((COOKIE, carried.value),) if carried is not None else ()
        words = answer.get_data(as_text=True)
        kept = answer.headers.get("Content-Security-Policy")
        headers = (("Content-Security-Policy", kept),) if kept else ()
        return Sheet(self.base + path, words, who, state, endpoint, answer.status_code, headers, cookies)

    def wanted(self, endpoint: str) -> bool:
        """Whether this run looks at the route."""
        return endpoint.startswith(self.only)

    # --- states ---------------------------------------------------------------------------------------------

    def filled(self, languages: tuple[str, ...] = LANGUAGES) -> Iterator[Sheet | Finding]:
        """Every page of every route, as each kind of reader, in each language."""
        for endpoint in sorted(filter(self.wanted, PLACES)):
            place = PLACES[endpoint]
            for rule in routes(self.app)[endpoint]:
                if "GET" not in methods(rule) or "batch" in place.at.values():
                    continue
                for at in [{"name": f"={name}"} for name in PAGES] if endpoint == "web.page" else [place.at]:
                    path = address(self.city, rule, at)
                    for who, name in looking(place).items():
                        for language in languages if path.startswith("/it/") else ("it",):
                            there = path.replace("/it/", f"/{language}/", 1)
                            yield from self._one(self.browser(name), there, who, "filled", endpoint)

    def _one(self, browser: FlaskClient, path: str, who: str, state: str, endpoint: str) -> Iterator[Sheet | Finding]:
        db.session.remove()  # a session of its own, as in production
        with counted() as seen:
            answer = browser.get(path)
        if (asked := len(questions(seen))) > SQL:
            yield Finding("sql", f"{path} [{who}, {state}]", f"{asked} statements, {SQL} are allowed")
        made = self.sheet(answer, path, who, state, endpoint, browser) if answer.mimetype == "text/html" else None
        if answer.status_code not in {200, 302, 303} | ANSWERS.get(endpoint, set()):
            yield Finding("answers", f"{path} [{who}, {state}]", f"answers {answer.status_code}")
        elif made is not None and answer.status_code not in (302, 303):
            yield made

    def refused(self, languages: tuple[str, ...] = LANGUAGES) -> Iterator[Sheet | Finding]:
        """Every form, sent without a word in it: the page that says what is missing."""
        with self.apart(template=self.city.template) as anew:
            for endpoint in sorted(filter(self.wanted, PLACES)):
                place = PLACES[endpoint]
                for rule in routes(self.app)[endpoint] if "batch" not in place.at.values() else []:
                    if "POST" not in methods(rule):
                        continue
                    who, name = next(iter(looking(place).items()))
                    for language in languages:
                        path = address(self.city, rule, place.at).replace("/it/", f"/{language}/", 1)
                        answer = self.browser(name).post(
                            path, data={"file": (BytesIO(b""), "")}, content_type="multipart/form-data"
                        )
                        if answer.status_code < 400:
                            anew()  # nothing had to be said: it is done, and the next form finds the city as it was
                            break
                        if answer.status_code >= 500 and answer.status_code != 503:
                            yield Finding("answers", f"POST {path} [{who}, error]", f"answers {answer.status_code}")
                        elif answer.mimetype == "text/html":
                            if answer.status_code == 422 and SUMMARY not in answer.get_data(as_text=True):
                                yield Finding("answers", f"POST {path} [{who}, error]", "refuses and does not say why")
                            yield self.sheet(answer, path, who, "error", endpoint, self.browser(name))

    @contextmanager
    def apart(self, *, template: str = "") -> Iterator[Callable[[], None]]:
        """A database for a while: a copy of that one, or an empty house. What is given makes it anew."""
        held, kept = self.database.name, dict(self.browsers)

        def anew() -> None:
            self.settle()
            db.session.remove()
            self.browsers.clear()
            if self.database.name != held:
                self.database.drop()
            self.database.name = None
            if template:
                name = f"t_{os.environ['COFONDA_TEST_RUN']}_{self.database.worker}_{next(self.database.numbers)}"
                self.database.cluster.create_database(name, template=template)
                self.database.name = name

        anew()
        try:
            yield anew
        finally:
            self.settle()
            db.session.remove()
            self.database.drop()
            self.database.name = held
            self.browsers.clear()
            self.browsers.update(kept)

    def empty(self, languages: tuple[str, ...] = LANGUAGES) -> Iterator[Sheet | Finding]:
        """Every page that needs no thing at its address, in a city where nothing has happened yet."""
        with self.apart():
            people = {role: make_people.person(roles=(role,)) for role in ROLES} | {MEMBER: make_people.person()}
            for endpoint in sorted(filter(self.wanted, PLACES)):
                place = PLACES[endpoint]
                named = [value for value in place.at.values() if not value.startswith("=")]
                if named or place.hidden:
                    continue
                for rule in routes(self.app)[endpoint]:
                    for who in looking(place) if "GET" in methods(rule) else ():
                        if who in people or who == VISITOR:
                            path, browser = address(self.city, rule, place.at), self.browser(who, people.get(who))
                            yield from self._empty(browser, path, who, endpoint, languages)

    def _empty(
        self, browser: FlaskClient, path: str, who: str, endpoint: str, languages: tuple[str, ...]
    ) -> Iterator[Sheet | Finding]:
        for language in languages if path.startswith("/it/") else ("it",):
            there = path.replace("/it/", f"/{language}/", 1)
            answer = browser.get(there)
            if answer.status_code >= 500 and endpoint not in ANSWERS:
                yield Finding("answers", f"{there} [{who}, empty]", f"answers {answer.status_code}")
            elif answer.mimetype == "text/html" and answer.status_code not in (302, 303):
                yield self.sheet(answer, there, who, "empty", endpoint, browser)

    def errors(self, languages: tuple[str, ...] = LANGUAGES) -> Iterator[Sheet]:
        """The page of every status that says no."""
        for status in ERROR_PAGES if not self.only else ():
            for language in languages:
                path = f"/{language}/this-page-is-not-there"
                with self.app.test_request_context(path):
                    self.app.preprocess_request()
                    answer = self.app.process_response(self.app.make_response(errors.page(status)))
                    yield self.sheet(answer, f"{path}?status={status}", VISITOR, f"status {status}", "error")


def without_secrets(source: str) -> str:
    """A page's own part without what changes from one request to the next."""
    main = re.search(r"<main\b.*</main>", source, re.DOTALL)
    return re.sub(r'name="(csrf_token|form_key)" value="[^"]*"', "", main.group() if main else source)
