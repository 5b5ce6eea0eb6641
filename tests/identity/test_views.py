"""Pages of accounts, as a browser meets them; and what an attacker meets."""

import re
from datetime import date

import pytest

from app.core import clock as time
from app.core.db import db, transaction
from app.identity import queries, service
from app.outbox import queries as outbox
from tests.make.identity import PASSWORD, person, tax_code, token_in

BORN = date(1988, 5, 17)


def answers(**changes):
    return {
        "name": "Ada Alberti",
        "email": "ada@example.org",
        "password": PASSWORD,
        "born_on": BORN.isoformat(),
        "tax_code": tax_code(BORN),
        **changes,
    }


def enter(client, email, password=PASSWORD, **more):
    return client.post("/it/sign-in", data={"email": email, "password": password, **more})


def seen(answer):
    """What of an answer a stranger can compare: status, place and words, without the random parts."""
    words = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.get_data(as_text=True))
    return answer.status_code, answer.headers.get("Location"), words


def test_a_citizen_registers_confirms_and_is_signed_in(client, app):
    answer = client.post("/en/register", data=answers())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/en/register/sent")
    assert "We have sent an e-mail" in client.get("/en/register/sent").text
    message = outbox.latest(1)[0]
    assert message.language == "en"
    page = client.get(f"/en/confirm/{token_in(message)}")
    assert "ada@example.org" in page.text
    assert queries.by_email("ada@example.org") is None, "opening the link alone confirms nothing"
    wrong = client.post(f"/en/confirm/{token_in(message)}", data={"password": "non questa parola"})
    assert wrong.status_code == 422
    answer = client.post(f"/en/confirm/{token_in(message)}", data={"password": PASSWORD})
    assert answer.headers["Location"] == "/en/account"
    assert "ada@example.org" in client.get("/en/account").text
    again = client.get(f"/en/confirm/{token_in(message)}")
    assert again.status_code == 410
    assert "already confirmed" in again.text


def test_wrong_answers_keep_what_was_typed_and_say_how_to_write_it(client, app):
    page = client.post("/it/register", data=answers(name="A", email="ada", tax_code="RSSMRA", password="corta"))
    assert page.status_code == 422
    for words in (
        "Manca la chiocciola",
        "Scrivi nome e cognome",
        "almeno 12 caratteri",
        "carattere sbagliato",
        "Error",
    ):
        assert words in page.text or words == "Error"
    assert 'value="RSSMRA"' in page.text
    assert 'value="1988-05-17"' in page.text
    assert "corta" not in page.text, "a password is never written back"


def test_registering_a_known_and_an_unknown_address_look_the_same(client, app):
    ada = person("Ada Alberti")
    known = seen(client.post("/it/register", data=answers(email=ada.email)))
    unknown = seen(client.post("/it/register", data=answers(email="nuova@example.org")))
    assert known == unknown


def test_asking_for_a_password_for_a_known_and_an_unknown_address_looks_the_same(client, app):
    ada = person("Ada Alberti")
    assert seen(client.post("/it/reset", data={"email": ada.email})) == seen(
        client.post("/it/reset", data={"email": "nessuno@example.org"})
    )


def test_a_wrong_password_and_an_unknown_address_look_the_same(client, app):
    ada = person("Ada Alberti")
    known = seen(enter(client, ada.email, "non questa parola"))
    unknown = seen(enter(client, "nessuno@example.org", "non questa parola"))
    assert known[0] == unknown[0] == 422
    assert known[2].replace(ada.email, "") == unknown[2].replace("nessuno@example.org", "")


def test_signing_in_goes_on_to_the_page_that_was_asked_for(client, app):
    ada = person("Ada Alberti")
    asked = client.get("/it/account/password")
    assert asked.headers["Location"] == "/it/sign-in?next=/it/account/password"
    assert 'value="/it/account/password"' in client.get(asked.headers["Location"]).text
    assert enter(client, ada.email, next="/it/account/password").headers["Location"] == "/it/account/password"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_never_goes_on_to_another_site(client, app, target):
    ada = person("Ada Alberti")
    page = client.get("/it/sign-in", query_string={"next": target})
    assert not re.search(r'name="next" value="[^"]', page.text)
    assert not re.search(r'(href|action)="(https?:)?[/\\]*evil', page.text)
    assert enter(client, ada.email, next=target).headers["Location"] == "/it/desk"


def test_signing_in_replaces_whatever_session_the_browser_carried(client, app):
    """Session fixation: a value planted before sign-in is worth nothing after it."""
    mallory, ada = person("Mallory Brenna"), person("Ada Alberti")
    with transaction():
        planted = service.open_session(mallory, now=time.now())
    with client.session_transaction() as carried:
        carried["sid"] = planted
        carried["csrf_token"] = "planted"
    enter(client, ada.email)
    with client.session_transaction() as carried:
        assert carried["sid"] != planted
        assert carried.get("csrf_token") != "planted"
    assert queries.person_of_session(planted, time.now()) is None, "the session it carried before has ended"
    assert ada.email in client.get("/it/account").text


def test_a_signed_out_session_is_dead_even_if_its_cookie_was_copied(client, app):
    enter(client, person("Ada Alberti").email)
    thief = app.test_client()
    with client.session_transaction() as carried:
        copied = carried["sid"]
    with thief.session_transaction() as carried:
        carried["sid"] = copied
    assert thief.get("/it/account").status_code == 200
    assert client.post("/it/sign-out").status_code == 303
    assert thief.get("/it/account").status_code == 303
    assert client.get("/it/account").status_code == 303
    assert client.post("/it/sign-out").status_code == 303, "doing it twice does no harm"


def test_a_new_password_signs_out_the_thief_and_gives_the_owner_a_fresh_session(client, app):
    ada = person("Ada Alberti")
    thief = app.test_client()
    enter(client, ada.email)
    enter(thief, ada.email)
    with client.session_transaction() as carried:
        before = carried["sid"]
    answer = client.post("/it/account/password", data={"old": PASSWORD, "new": "tre gatti sul Naviglio 9"})
    assert answer.status_code == 303
    with client.session_transaction() as carried:
        assert carried["sid"] != before
    assert client.get("/it/account").status_code == 200
    assert thief.get("/it/account").status_code == 303


def test_a_person_sees_and_ends_only_their_own_sessions(client, app):
    ada, bruno = person("Ada Alberti"), person("Bruno Brenna")
    other = app.test_client()
    enter(client, ada.email)
    enter(other, bruno.email)
    theirs = queries.sessions(bruno.id, time.now())[0].ref
    assert theirs not in client.get("/it/account").text
    assert client.post(f"/it/account/sessions/{theirs}/end").status_code == 404
    assert other.get("/it/account").status_code == 200
    second = app.test_client()
    enter(second, ada.email)
    assert client.post("/it/account/sessions/end-others").status_code == 303
    assert second.get("/it/account").status_code == 303
    assert client.get("/it/account").status_code == 200


def test_a_role_that_ends_stops_working_at_the_next_request(client, app):
    chief, ivo = person("Sara Colombo", roles=["administrator"]), person("Ivo Brenna", roles=["administrator"])
    enter(client, ivo.email)
    assert client.get("/it/people").status_code == 200
    with transaction():
        service.end_role(ivo, "administrator", by=chief, now=time.now())
    assert client.get("/it/people").status_code == 403


def test_a_session_grows_idle_unless_it_is_used(client, app, clock):
    enter(client, person("Ada Alberti").email)
    for _ in range(4):
        clock.move(hours=11)
        assert client.get("/it/account").status_code == 200
    clock.move(hours=12)
    assert client.get("/it/account").status_code == 303


def test_using_a_session_is_not_written_down_at_every_request(client, app, clock, count_sql):
    enter(client, person("Ada Alberti").email)
    client.get("/it/account")
    clock.move(minutes=4)
    with count_sql() as statements:
        client.get("/it/account")
    assert not [sql for sql in statements if sql.lstrip().lower().startswith("update")]
    clock.move(minutes=2)
    with count_sql() as statements:
        client.get("/it/account")
    assert [sql for sql in statements if "update identity_session" in sql.lower()]


def test_guessing_is_answered_with_429_and_a_sentence(client, app):
    ada = person("Ada Alberti")
    for _ in range(5):
        assert enter(client, ada.email, "non questa parola").status_code == 422
    page = enter(client, ada.email)
    assert page.status_code == 429
    assert "Aspetta 15 min" in page.text
    assert f'value="{ada.email}"' in page.text


def test_a_cookie_is_kept_from_scripts_and_other_sites(client, app):
    cookie = enter(client, person("Ada Alberti").email).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_pages_of_accounts_are_not_kept_by_caches(client, app):
    enter(client, person("Ada Alberti").email)
    for path in ("/it/account", "/it/account/password"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_name_is_shown_as_words_never_as_markup(client, app):
    enter(client, person("Ada Alberti").email)
    for typed in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "Ada' onmouseover='x"):
        page = client.post("/it/account", data={"name": typed, "language": "it"}, follow_redirects=True)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "onmouseover='x" not in page.text


def test_name_and_language_change_and_nothing_else_does(client, app):
    ada = person("Ada Alberti")
    enter(client, ada.email)
    more = {"email": "evil@example.org", "ref": "x", "roles": "administrator", "born_on": "1950-01-01"}
    answer = client.post("/it/account", data={"name": "Ada Bianchi", "language": "en", **more})
    assert answer.headers["Location"] == "/en/account"
    db.session.refresh(ada)
    assert (ada.name, ada.language, ada.born_on) == ("Ada Bianchi", "en", BORN)
    assert ada.email != "evil@example.org"
    assert queries.roles(ada.id, time.now()) == frozenset()
    assert client.post("/it/account", data={"name": "Ada", "language": "xx"}).status_code == 422


def test_the_tax_code_is_never_shown_whole(client, app):
    ada = person("Ada Alberti")
    enter(client, ada.email)
    page = client.get("/it/account").text
    assert queries.tax_code_of(ada) not in page
    assert queries.tax_code_of(ada)[-4:] in page


def test_a_forgotten_password_is_set_anew_by_the_link(client, app):
    ada = person("Ada Alberti")
    client.post("/it/reset", data={"email": ada.email})
    token = token_in(outbox.latest(1, recipient=ada.email)[0])
    assert client.get(f"/it/reset/{token}").status_code == 200
    assert client.post(f"/it/reset/{token}", data={"password": "corta"}).status_code == 422
    answer = client.post(f"/it/reset/{token}", data={"password": "tre gatti sul Naviglio 9"})
    assert answer.headers["Location"] == "/it/sign-in"
    assert enter(client, ada.email, "tre gatti sul Naviglio 9").status_code == 303
    assert client.get(f"/it/reset/{token}").status_code == 410
    assert client.get("/it/reset/invented").status_code == 404


def test_an_administrator_gives_and_ends_roles_but_not_their_own(client, app):
    chief, ivo = person("Sara Colombo", roles=["administrator"]), person("Ivo Brenna")
    enter(client, chief.email)
    assert "Ivo Brenna" in client.get("/it/people?view=all&q=brenna").text
    assert "Ivo Brenna" not in client.get("/it/people?view=all&q=100%25").text
    assert client.post(f"/it/people/{ivo.ref}/grant", data={"role": "officer"}).status_code == 303
    assert "istruttore" in client.get(f"/it/people/{ivo.ref}").text
    assert [message.template for message in outbox.latest(recipient=ivo.email)] == ["identity/role_given"]
    assert "Ivo Brenna" in client.get("/it/people?view=officer").text
    client.post(f"/it/people/{ivo.ref}/end-role", data={"role": "officer"})
    assert queries.roles(ivo.id, time.now()) == frozenset()
    assert client.post(f"/it/people/{chief.ref}/grant", data={"role": "finance"}).status_code == 403
    assert client.post(f"/it/people/{chief.ref}/end-role", data={"role": "administrator"}).status_code == 403
    assert queries.roles(chief.id, time.now()) == {"administrator"}
    assert client.post(f"/it/people/{ivo.ref}/grant", data={"role": "mayor"}).status_code == 303
    assert client.get("/it/people/per_nobody").status_code == 404


@pytest.mark.parametrize("role", ["officer", "evaluator", "responsible", "finance"])
def test_other_roles_do_not_come_to_the_page_of_roles(client, app, role):
    other, ivo = person("Ivo Brenna"), person("Lia Erba", roles=[role])
    enter(client, ivo.email)
    assert client.get("/it/people").status_code == 403
    assert client.get(f"/it/people/{other.ref}").status_code == 403
    assert client.post(f"/it/people/{ivo.ref}/grant", data={"role": "administrator"}).status_code == 403
    assert queries.roles(ivo.id, time.now()) == {role}


@pytest.mark.parametrize(
    "path", ["register", "register/sent", "sign-in", "reset", "reset/sent", "account", "account/password", "people"]
)
def test_every_page_has_one_heading_and_its_own_title_in_both_languages(client, app, path):
    enter(client, person("Sara Colombo", roles=["administrator"]).email)
    titles = set()
    visitor = app.test_client()
    for lang in ("it", "en"):
        page = (visitor if path == "sign-in" else client).get(f"/{lang}/{path}")
        assert page.status_code == 200
        assert page.text.count("<h1") == 1
        titles.add(re.search(r"<title>(.*?)</title>", page.text)[1])
    assert len(titles) == 2, "the title is translated"
