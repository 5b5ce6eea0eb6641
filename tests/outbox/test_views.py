"""The log of letters: filters, both parts without secrets, sending again; and what was sent to me."""

import pytest

from app.core.db import db, transaction
from app.outbox import queries, service
from app.outbox.rules import State
from tests.make import identity
from tests.outbox.server import MailServer


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, identity.person(roles=["administrator"]))


def letter(clock, to="ada@example.org", template="pledges/link", **context):
    with transaction():
        return service.send(
            to,
            template,
            language="it",
            now=clock.now(),
            **{"token": "T" * 43, "amount": None, "title": "Officina", "name": "Ada", **context},
        )


def test_the_log_is_searched_by_state_address_kind_and_day(admin, clock):
    letter(clock)
    for asked, found in [
        ("q=ada%40", True),
        ("q=nobody", False),
        ("state=waiting", True),
        ("state=sent", False),
        ("kind=pledges%2Flink", True),
        ("kind=pledges%2Fcharged", False),
        (f"day={clock.now().date()}", True),
        ("day=2020-01-01", False),
        ("day=never&state=odd", True),
    ]:
        page = admin.get(f"/it/letters?{asked}").text
        assert ("ada@example.org</td>" in page) is found, asked


def test_the_preview_shows_both_parts_and_no_secret(admin, clock):
    message = letter(clock)
    page = admin.get(f"/it/letters/{message.ref}")
    assert "••••••" in page.text
    assert "T" * 43 not in page.text
    assert f'src="/it/letters/{message.ref}/html"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    drawn = admin.get(f"/it/letters/{message.ref}/html")
    assert "T" * 43 not in drawn.text
    assert "script-src" not in drawn.headers["Content-Security-Policy"]
    assert "default-src 'none'" in drawn.headers["Content-Security-Policy"]


def test_a_code_in_a_subject_is_hidden_in_every_list(admin, clock):
    message = letter(clock, template="identity/code", code="135792", about="")
    for path in ("", f"/{message.ref}", f"/{message.ref}/again"):
        page = admin.get(f"/it/letters{path}").text
        assert "135792" not in page
        assert "••••••" in page


def test_send_again_asks_first_and_says_why_not(admin, clock):
    message = letter(clock)
    page = admin.post(f"/it/letters/{message.ref}/again")
    assert page.status_code == 409
    assert "aspetta ancora" in page.text
    with transaction():
        service.failed(db.session.merge(message), "550 no such person", for_good=True, now=clock.now())
    assert "550 no such person" in admin.get(f"/it/letters/{message.ref}").text
    assert admin.get(f"/it/letters/{message.ref}/again").status_code == 200
    assert queries.by_ref(message.ref).state is State.FAILED
    assert admin.post(f"/it/letters/{message.ref}/again").status_code == 303
    assert queries.by_ref(message.ref).state is State.WAITING


def test_i_see_what_was_sent_to_me_and_nothing_else(client, sign_in, clock):
    person = identity.person(name="Ada Neri")
    letter(clock, to=person.email, title="La mia officina", amount=None)
    letter(clock, to="other@example.org", template="identity/code", code="975310", about="")
    page = sign_in(client, person).get("/it/letters/mine").text
    assert "Il link alla tua promessa" in page
    assert "marzo" in page
    assert "T" * 43 not in page
    assert "codice" not in page.split("<h1>")[1].split("</main>")[0]


def test_no_request_speaks_with_the_mail_server(app, client, clock, run_jobs):
    server = MailServer()
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{server.port}/?tls=no"
    try:
        person = identity.person(name="Ada Neri")
        assert client.post("/it/reset", data={"email": person.email}).status_code == 303
        assert server.calls == 0
        assert len(queries.sent_to(person.email)) >= 1
        run_jobs()
        assert [str(mail["To"]) for mail in server.kept][-1] == person.email
    finally:
        app.config["MAIL_URL"] = ""
        server.stop()


@pytest.mark.parametrize("how", ["closed port", "hanging server"])
def test_the_site_works_while_the_mail_server_is_down(app, client, clock, run_jobs, how):
    server = MailServer()
    server.silent = True
    port = 1 if how == "closed port" else server.port
    app.config["MAIL_URL"], app.config["MAIL_TIMEOUT"] = f"smtp://127.0.0.1:{port}/?tls=no", 0.3
    try:
        person = identity.person(name="Ada Neri")
        assert client.post("/it/reset", data={"email": person.email}).status_code == 303
        run_jobs("outbox.deliver")
        waiting = queries.sent_to(person.email)[0]
        assert waiting.state is State.WAITING
        assert client.get("/it/").status_code == 200
        assert client.get("/healthz").status_code == 200
    finally:
        app.config["MAIL_URL"], app.config["MAIL_TIMEOUT"] = "", 20
        server.stop()
