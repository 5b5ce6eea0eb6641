"""The pages of following: double opt-in, brakes, one click to stop."""

import pytest

from app.core.db import db, transaction
from app.followers import queries, service
from app.followers.models import Follow
from app.followers.rules import Pace, Subject
from app.outbox import queries as outbox
from tests.make import campaigns as make


@pytest.fixture
def campaign(app, clock):
    return make.live_campaign()


def ask(client, campaign, email="vera@example.org", pace="now"):
    return client.post(f"/it/follow/project/{campaign.slug}", data={"email": email, "pace": pace})


def confirm_link(email="vera@example.org"):
    return outbox.links_of(outbox.latest(1, recipient=email)[0])[0][1].removeprefix("http://localhost")


def test_from_the_form_to_the_yes(client, campaign):
    page = client.get(f"/it/follow/project/{campaign.slug}")
    assert campaign.title in page.text
    answer = ask(client, campaign)
    assert answer.status_code == 303
    assert "Guarda nella posta" in client.get(answer.location).text
    link = confirm_link()
    assert client.get(link).status_code == 200
    assert db.session.query(Follow).one().confirmed_at is None, "looking at the link says nothing"
    assert "Segui" in client.post(link).text
    db.session.expire_all()
    assert db.session.query(Follow).one().confirmed_at is not None


def test_a_wrong_address_is_said_beside_the_field_and_stays(client, campaign):
    page = ask(client, campaign, "vera.example.org")
    assert page.status_code == 422
    assert "vera.example.org" in page.text
    assert outbox.latest(recipient="vera.example.org") == []


def test_the_answer_does_not_tell_who_follows(client, campaign):
    first = ask(client, campaign)
    client.post(confirm_link())
    assert ask(client, campaign).location == first.location


def test_one_address_is_not_flooded(client, campaign):
    codes = [ask(client, campaign).status_code for _ in range(4)]
    assert codes == [303, 303, 303, 429]
    assert len(outbox.latest(recipient="vera@example.org")) == 3


def test_the_mail_program_stops_it_without_a_session_and_a_looker_does_not(app, client, campaign, clock):
    with transaction():
        row = service.ask(
            "vera@example.org",
            queries.thing(Subject.PROJECT, campaign.slug),
            pace=Pace.NOW,
            language="it",
            now=clock.now(),
        )
    path = f"/it/follow/stop/{queries.secret(row.ref, 'stop')}"
    assert client.get(path).status_code == 200
    assert db.session.query(Follow).count() == 1
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        confirm = client.post(f"/it/follow/confirm/{queries.secret(row.ref, 'now')}")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 200
    assert confirm.status_code == 400, "only stopping is free of the form's token"
    assert db.session.query(Follow).count() == 0
    assert client.post(path).status_code == 200, "twice is once"


@pytest.mark.parametrize("path", ["project/non-esiste", "quarter/atlantide", "call/nessuno", "stop/abc", "confirm/abc"])
def test_what_is_not_there_cannot_be_followed(client, app, clock, path):
    assert client.get(f"/it/follow/{path}").status_code == 404
