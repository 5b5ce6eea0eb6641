"""Words of strangers on our pages: whatever is stored, no page runs it and no page takes it for its own markup."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.browser import chromium
from tests.house.city import City
from tests.house.places import PLACES, VISITOR, address, methods, routes

SignIn = Callable[[FlaskClient, Any], FlaskClient]
HOSTILE = (
    "\"'><x-ss onx=1>{{7*7}}%(x)s</textarea></title><img src=x onerror=window.ran=1><svg onload=window.ran=1>"
    "<script>window.ran=1</script>\n\n# <b onx=1>\n\n[k](javascript:window.ran=1) ![i](javascript:window.ran=1)"
    " <javascript:window.ran=1> [d](data:text/html,x) [v](vbscript:x)\n\n[r]: javascript:window.ran=1\n[r]"
)
SHORT = "\"'><x-ss onx=1>{{7*7}}"
# Every column that holds what somebody typed.
TYPED = {
    "identity_person": "name",
    "groups_group": "name about",
    "groups_legal_entity": "name register_number bank",
    "groups_item": "reason",
    "groups_constitution": "extension_reason",
    "proposals_proposal": "title summary place need story picture_alt impact",
    "proposals_line": "name",
    "proposals_milestone": "title",
    "proposals_commitment": "name text",
    "proposals_check": "reasons",
    "evaluation_score": "comment",
    "evaluation_conflict": "reason",
    "campaigns_campaign": "title summary returned_why",
    "campaigns_text": "summary story picture_alt",
    "campaigns_update": "title body picture_alt",
    "campaigns_gallery_item": "words",
    "campaigns_document": "title",
    "campaigns_question": "body answer",
    "pledges_pledge": "name why consent_text left_out_why appeal",
    "grants_expense": "supplier supplier_code document_number reason",
    "grants_payment_order": "beneficiary reason",
    "grants_award_record": "act beneficiary tax_code rule office responsible method project",
    "grants_signature": "name",
    "calls_call": "title summary",
    "programmes_programme": "title summary city area action implementing_body responsible_name act",
    "programmes_source": "name",
    "programmes_release": "act",
    "programmes_progress": "source_note",
    "files_file": "name",
    "identity_session": "browser",
    "web_saved_view": "name",
    "journal_entry": "person_name",
}


class Foreign(HTMLParser):
    """Finds in a page what no template of ours writes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.seen = "x-ss" in html
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        facts = given == {"type": "application/ld+json"}  # a data block, which no browser runs
        ours = tag != "script" or facts or given.get("src", "").startswith("/static/")
        targets = [given.get(name, "").strip().lower() for name in ("href", "src", "action", "formaction")]
        if (
            tag == "x-ss"
            or not ours
            or any(name.startswith("on") or name == "style" for name in given)
            or any(target.startswith(("javascript:", "vbscript:", "data:text")) for target in targets)
            or "window.ran" in given.get("src", "")
        ):
            self.found.append(self.get_starttag_text() or tag)


@pytest.fixture
def hostile(city: City, database: Any) -> City:
    """The city in which everything that people typed is an attack, however it came in."""
    with psycopg.connect(database.cluster.admin_url(database.name, driver="postgresql"), autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        for table, columns in TYPED.items():
            for column in columns.split():
                change = f"update {table} set {column} = %s where {column} is not null"  # noqa: S608
                try:
                    owner.execute(change, (HOSTILE,))
                except psycopg.errors.CheckViolation:
                    owner.execute(change, (SHORT,))  # the database itself keeps these short
        owner.execute(
            "update campaigns_text set impact ="
            " jsonb_build_array(jsonb_build_object('amount', 1000, 'it', %s::text, 'en', %s::text))",
            (HOSTILE, HOSTILE),
        )
        owner.execute("update pledges_pledge set show_name = true")
        owner.execute(
            "insert into campaigns_update (ref, campaign_id, title, body, posted_at) select 'upd_x', id, %s, %s, now()"
            " from campaigns_campaign where ref = %s",
            (HOSTILE, HOSTILE, city.refs["live_campaign"]),
        )
        owner.execute("update campaigns_question set answer = %s, answered_at = now()", (HOSTILE,))
    return city


def pages(app: Flask, city: City) -> Iterator[tuple[str, str]]:
    """Every page, with somebody who sees it."""
    for endpoint in sorted(PLACES):
        place = PLACES[endpoint]
        for rule in routes(app)[endpoint]:
            if "GET" in methods(rule) and "batch" not in place.at.values():
                yield address(city, rule, place.at), "officer" if VISITOR in place.enter else min(place.enter)


def test_no_page_takes_words_for_markup(hostile: City, app: Flask, sign_in: SignIn) -> None:
    browsers: dict[str, FlaskClient] = {}
    shown = 0
    for path, who in pages(app, hostile):
        browser = browsers.setdefault(who, app.test_client())
        if len(browsers) and not browser.get_cookie("cofonda"):
            sign_in(browser, hostile.person(who))
        answer = browser.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            page = Foreign(answer.text)
            assert page.found == [], path
            assert "49%" not in answer.text, f"{path} renders what it was given"
            shown += page.seen
    assert shown > 40


# --- and in a real browser, with scripts on ---

IN_THE_BROWSER = (
    ("stranger", "campaigns.show pledges.mine calls.show transparency.project"),
    ("live_member", "groups.show campaigns.prepare"),
    ("written_member", "proposals.review"),
    ("officer", "groups.verify proposals.dossier pledges.large grants.report"),
    ("administrator", "journal.index identity.person"),
)


@pytest.fixture
def address_of_house(hostile: City, app: Flask) -> Iterator[str]:
    """The application on a port of its own, on the test's database."""
    server = make_server("127.0.0.1", 0, app)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join(timeout=10)
    server.server_close()


@pytest.mark.browser
def test_no_page_runs_what_a_stranger_wrote(hostile: City, address_of_house: str, app: Flask, sign_in: SignIn) -> None:
    with chromium() as browser:
        for who, endpoints in IN_THE_BROWSER:
            signed = sign_in(app.test_client(), hostile.person(who)).get_cookie("cofonda")
            assert signed is not None
            context = browser.new_context(reduced_motion="reduce")
            context.add_cookies([{"name": "cofonda", "value": signed.value, "url": address_of_house}])
            for endpoint in endpoints.split():
                _look(context.new_page(), address_of_house, endpoint, app, hostile)
            context.close()


def _look(page: Page, base: str, endpoint: str, app: Flask, city: City) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    rule = next(each for each in routes(app)[endpoint] if "GET" in methods(each))
    answer = page.goto(base + address(city, rule, PLACES[endpoint].at))
    assert answer is not None
    assert answer.status == 200, endpoint
    assert "x-ss" in page.content(), f"{endpoint} shows nobody's words"
    assert page.evaluate("window.ran") is None, endpoint
    assert page.query_selector_all("x-ss, [onx], [onerror], [onload]") == [], endpoint
    assert said == [], endpoint
    page.close()
