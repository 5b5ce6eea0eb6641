"""Shared pages: nobody's own things come to others; an expired page is built once; nothing stays unbounded."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import g, session

from app.web import sharing
from app.web.shelf import Page, Shelf
from tests.make import campaigns, identity

pytestmark = pytest.mark.usefixtures("shared")


@pytest.fixture
def shared(app):
    """Sharing as in production, but for longer than any test lasts."""
    shelf = app.extensions["sharing"].shelf
    shelf.seconds = app.config["SHARED_SECONDS"] = 60.0
    shelf.clear()
    yield shelf
    shelf.seconds = app.config["SHARED_SECONDS"] = 0.0
    shelf.clear()


@pytest.fixture
def anna(app, sign_in):
    return sign_in(app.test_client(), identity.person(name="Anna L'Oro"))


def test_a_page_is_built_once_and_told_to_everybody(client, count_sql, shared):
    first = client.get("/it/pages/privacy")
    with count_sql() as seen:
        again = client.get("/it/pages/privacy")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.data == first.data
    assert seen == []
    assert len(shared) == 1
    assert sharing._MARK.encode() not in first.data


def test_its_headers_are_whole_and_say_what_may_be_kept(client):
    client.get("/it/")
    page = client.get("/it/")
    assert page.headers["Cache-Control"] == "public, no-cache", "with a clock that can be moved, nothing may be kept"
    assert page.headers["Vary"] == "Cookie, Accept-Encoding"
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"):
        assert len(page.headers.getlist(name)) == 1
    assert "Set-Cookie" not in page.headers
    assert int(page.headers["Content-Length"]) == len(page.data)
    same = client.get("/it/", headers={"If-None-Match": page.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert client.get("/it/", headers={"If-None-Match": '"another"'}).status_code == 200
    small = client.get("/it/", headers={"Accept-Encoding": "br, gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == page.data
    head = client.head("/it/")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == page.headers["Content-Length"]


def test_in_production_it_may_be_kept_for_the_second_that_it_lives(app, client, shared):
    from app.core.clock import SystemClock

    app.extensions["clock"] = SystemClock()
    shared.seconds = 1.0
    assert client.get("/it/pages/terms").headers["Cache-Control"] == "public, max-age=1"


def test_nobody_sees_the_name_or_the_secret_of_another(client, anna, app, sign_in):
    stranger_before = client.get("/it/pages/terms")
    hers = anna.get("/it/pages/terms")
    assert "Anna L&#39;Oro" in hers.text
    assert "csrf_token" in hers.text
    assert hers.headers["Cache-Control"] == "no-store"
    assert "ETag" not in hers.headers
    assert sharing._MARK not in hers.text
    other = sign_in(app.test_client(), identity.person(name="Bruno Neri", roles=["officer"]))
    his = other.get("/it/pages/terms")
    assert "Bruno Neri" in his.text
    assert "Anna" not in his.text
    assert secret(his.text) != secret(hers.text)
    for page in (client.get("/it/pages/terms"), app.test_client().get("/it/pages/terms")):
        assert page.data == stranger_before.data
        assert "Anna" not in page.text
        assert "csrf_token" not in page.text
        assert "Set-Cookie" not in page.headers


def secret(source):
    return source.split('name="csrf_token" value="')[1].split('"')[0]


def test_the_page_of_one_who_is_signed_in_is_the_same_as_without_sharing(app, anna, shared):
    anna.get("/it/pages/terms")  # the first page of a session gives its cookie what forms need
    hers = anna.get("/it/pages/terms")
    assert len(shared) == 1
    shared.seconds = 0.0
    whole = anna.get("/it/pages/terms")
    assert hers.text.replace(secret(hers.text), "") == whole.text.replace(secret(whole.text), "")
    assert {name for name, _ in hers.headers} == {name for name, _ in whole.headers}
    assert hers.headers["Content-Security-Policy"] == whole.headers["Content-Security-Policy"]


def quick(app, anna, path="/it/pages/terms"):
    """Once everything is ready, what she gets without Flask's doing."""
    for _ in range(3):  # her session is noted, her header is drawn
        anna.get(path)
    sent = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: sent.append(path))
    try:
        answer = anna.get(path)
    finally:
        del app.before_request_funcs[None][0]
    return answer, not sent


def test_somebody_signed_in_gets_the_page_of_all_without_flask_and_can_send_her_form(app, anna, count_sql):
    answer, without = quick(app, anna)
    assert without
    assert "Anna L&#39;Oro" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Cookie"
    assert {"ETag", "Set-Cookie"}.isdisjoint(name for name, _ in answer.headers)
    with count_sql() as seen:
        anna.get("/it/pages/terms")
    assert len(seen) == 1, "her session is read each time"
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        out = anna.post("/it/sign-out", data={"csrf_token": secret(answer.text)})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert out.status_code == 303
    assert "Anna" not in anna.get("/it/pages/terms").text


def test_a_role_that_ends_changes_the_quick_header_at_once(app, sign_in):
    chief = identity.person(name="Capo", roles=["administrator"])
    one = sign_in(app.test_client(), identity.person(name="Ivo", roles=["officer"]))
    answer, without = quick(app, one)
    assert without
    assert "Scrivania" in answer.text
    from app.core import clock
    from app.core.db import transaction
    from app.identity import queries as people
    from app.identity import service

    ivo = next(each for each in people.with_role("officer", clock.now()) if each.name == "Ivo")
    with transaction():
        service.end_role(ivo, "officer", by=chief, now=clock.now())
    assert "Scrivania" not in one.get("/it/pages/terms").text


def test_what_flask_must_see_to_is_left_to_it(app, anna):
    quick(app, anna)
    with anna.session_transaction() as carried:
        carried["_flashes"] = [("done", "Solo per Anna")]
    assert "Solo per Anna" in anna.get("/it/pages/terms").text
    answer, without = quick(app, anna)
    assert without
    assert "Solo per Anna" not in answer.text
    app.extensions["flood"].most, kept = 0, app.extensions["flood"].most
    try:
        assert anna.get("/it/pages/terms").status_code == 429
    finally:
        app.extensions["flood"].most = kept


def test_a_forged_or_foreign_cookie_never_takes_the_quick_way(app, client, anna):
    quick(app, anna)
    plain = client.get("/it/pages/terms").data
    for cookie in ("cofonda=forged", "cofonda=eyJzaWQiOiJ4In0.x.y", 'cofonda="', "cofonda=.eJwrTk0sSs0BAA.x.y"):
        assert app.test_client().get("/it/pages/terms", headers={"Cookie": cookie}).data == plain


def test_an_ended_session_ends_at_once(app, anna):
    from app.core import clock
    from app.core.db import transaction
    from app.identity import service

    assert "Anna" in anna.get("/it/pages/terms").text
    with anna.session_transaction() as carried:
        raw = carried["sid"]
    with transaction():
        service.sign_out(raw, now=clock.now())
    after = anna.get("/it/pages/terms").text
    assert "Anna" not in after
    assert "csrf_token" not in after


def test_a_message_for_one_is_not_told_to_others(app, client, anna):
    client.get("/it/pages/terms")
    with anna.session_transaction() as carried:
        carried["_flashes"] = [("done", "Solo per Anna")]
    assert "Solo per Anna" in anna.get("/it/pages/terms").text
    assert "Solo per Anna" not in anna.get("/it/pages/terms").text
    assert "Solo per Anna" not in client.get("/it/pages/terms").text


def test_who_has_just_acted_sees_her_own_work(app, anna, client, count_sql):
    client.get("/it/pages/terms")
    anna.post("/it/pages/terms")
    anna.post("/it/register", data={})
    with anna.session_transaction() as carried:
        assert carried["acted"]
    with count_sql() as seen:
        anna.get("/it/pages/terms")
    assert len(seen) > 1, "built for her, not taken from the shelf"


def test_a_cookie_that_is_nobodys_session_changes_nothing(app, client):
    plain = client.get("/it/pages/terms")
    for cookie in ("cofonda=forged", "cofonda=", "other=1", "x=1; cofonda=eyJzaWQiOiJ4In0.x.y"):
        page = app.test_client().get("/it/pages/terms", headers={"Cookie": cookie})
        assert page.status_code == 200
        assert page.data == plain.data


def test_languages_hosts_and_schemes_do_not_mix(app, client):
    pages = {client.get(f"/{tongue}/pages/terms").data for tongue in ("it", "en")}
    assert len(pages) == 2
    evil = client.get("/it/pages/terms", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in client.get("/it/pages/terms").text
    assert "evil.example" not in evil.text
    secure = client.get("/it/pages/terms", base_url="https://localhost")
    assert secure.status_code == 200
    english = client.get("/it/pages/terms", headers={"Accept-Language": "en", "Accept": "application/json"})
    assert english.data == client.get("/it/pages/terms").data


def test_queries_are_known_keys_in_one_order(client, shared):
    one = client.get("/it/projects/?theme=verde&q=orto&utm_source=evil-words&theme=fare")
    many = len(shared)
    two = client.get("/it/projects/?q=orto&theme=fare&fbclid=1&theme=verde&theme=verde")
    assert len(shared) == many
    assert one.data == two.data
    assert "evil-words" not in one.text
    assert client.get("/it/projects/?q=ortica").data != one.data
    many = len(shared)
    client.get("/it/projects/?q=" + "x" * 500)
    assert len(shared) == many, "a very long question is answered, not kept"
    signed = client.get("/it/projects/?evil=%3Cscript%3E", headers={"Cookie": "cofonda=x"})
    assert "evil" not in signed.text


def test_errors_redirects_and_posts_are_never_kept(client, shared):
    assert client.get("/it/projects/nowhere").status_code == 404
    assert client.get("/it/projects/nowhere", headers={"Accept": "application/json"}).json["status"] == 404
    assert client.get("/it/pages/nothing").status_code == 404
    assert client.get("/it").status_code in (301, 308)
    assert client.get("/").status_code == 302
    assert client.post("/it/pages/terms").status_code == 405
    assert client.get("/it/sign-in").status_code == 200
    assert len(shared) == 0


def test_moved_time_shows_no_page_of_before(app, client, clock, shared):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}"
    before = client.get(address).text
    clock.move(days=20)
    after = client.get(address).text
    assert before != after


def test_a_view_says_that_its_page_can_be_shared_and_a_closed_one_cannot(app):
    from app.web import gates

    shared_views = {name for name, view in app.view_functions.items() if getattr(view, "shared", None) is not None}
    assert {"web.home", "campaigns.index", "campaigns.show"} <= shared_views
    assert not any(name.startswith(("identity.", "pledges.")) for name in shared_views)
    for name in shared_views:
        assert app.view_functions[name].gate == "public"
    with pytest.raises(RuntimeError, match="not public"):
        gates.shared()(gates.signed_in(lambda: ""))


def test_a_page_that_asks_who_looks_is_not_shared(client, anna, shared):
    client.get("/it/pages/propose")
    assert "Anna" in anna.get("/it/pages/propose").text
    assert len(shared) == 0


def test_reading_a_key_that_is_not_declared_is_loud(app):
    with app.test_request_context("/it/?x=1"):
        declared = sharing.Declared({"x": "1", "q": "2"}, frozenset(["q"]))
        assert declared.get("q") == "2"
        for read in (lambda: declared.get("x"), lambda: declared["x"], lambda: declared.getlist("x")):
            with pytest.raises(RuntimeError, match="does not declare"):
                read()


def test_what_is_one_persons_does_not_come_into_the_build(app, anna, client, monkeypatch):
    """The build of a page for all happens inside the request of somebody: it must see none of her context."""
    found = []

    def look():
        found.append((dict(session), "looker" in g, "person" in g))
        return "ok"

    view = app.view_functions["web.page"]
    monkeypatch.setitem(app.view_functions, "web.page", spied(view, look))
    anna.get("/it/pages/terms")
    assert found[0] == ({}, False, False)


def spied(view, look):
    def around(**values):
        look()
        return view(**values)

    around.gate, around.guard, around.shared = view.gate, view.guard, view.shared
    return around


# --- the shelf itself ------------------------------------------------------------------------------------------------


def a_page(words=b"x"):
    return Page(b"<", words, b">", [("Content-Type", "text/html")])


def test_an_expired_page_is_built_by_one_while_the_others_wait_or_take_the_last():
    shelf, built, gate = Shelf(60.0), [], threading.Event()

    def build():
        built.append(1)
        assert gate.wait(10)
        return a_page()

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shelf.fetch, "key", build) for _ in range(8)]
        gate.set()
        pages = {id(each.result(10)) for each in asked}
    assert len(built) == 1
    assert len(pages) == 1


def test_a_build_that_fails_leaves_nobody_waiting():
    shelf = Shelf(60.0)

    def fail():
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        shelf.fetch("key", fail)
    assert shelf.fetch("key", lambda: None) is None
    assert shelf.fetch("key", a_page) is not None


def test_the_shelf_is_bounded_in_pages_and_in_bytes():
    shelf = Shelf(60.0, most=3)
    for number in range(10):
        shelf.fetch(number, a_page)
    assert len(shelf) == 3
    assert shelf.fresh(9)
    assert not shelf.fresh(0)
    small = Shelf(60.0, most_bytes=1_000)
    for number in range(10):
        small.fetch(number, lambda: a_page(b"y" * 400))
    assert len(small) == 2
