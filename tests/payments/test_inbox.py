"""The inbox: a message is stored once, handed on once, and kept as it came."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.payments.models import EventRow
from tests.payments.test_gateway import event, signed

HEADER = "Stripe-Signature"


def post(client, body, signature=None):
    return client.post("/webhooks/stripe", data=body, headers={HEADER: signature or signed(body)})


def waiting(name):
    return db.session.execute(
        text("select count(*) from procrastinate_jobs where task_name = :name"), {"name": name}
    ).scalar_one()


def test_a_message_is_stored_once_however_often_it_comes(client):
    body = event()
    answers = [post(client, body) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert [each.json["fresh"] for each in answers] == [True, False, False]
    assert len(db.session.scalars(select(EventRow)).all()) == 1
    assert waiting("pledges.apply_event") == 1


def test_news_of_accounts_goes_to_the_groups(client):
    assert post(client, event("account.updated")).status_code == 200
    assert waiting("groups.apply_account") == 1


def test_news_that_nobody_needs_is_kept_and_done_with(client):
    assert post(client, event("product.created")).status_code == 200
    assert db.session.scalars(select(EventRow)).one().applied_at is not None


def test_a_forged_message_leaves_no_trace(client):
    answer = client.post("/webhooks/stripe", data=event(), headers={HEADER: "t=1,v1=00"})
    assert answer.status_code == 400
    assert client.post("/webhooks/stripe", data=event()).status_code == 400
    assert db.session.scalars(select(EventRow)).all() == []


def test_a_message_is_evidence_and_does_not_change(client):
    post(client, event())
    for change in ("delete from payments_event", "update payments_event set payload = '{}'"):
        with pytest.raises(IntegrityError):
            db.session.execute(text(change))
        db.session.rollback()


def test_a_message_without_an_object_is_refused(client):
    body = json.dumps({"id": "evt_9", "type": "x", "created": 1, "livemode": False, "data": {}}).encode()
    assert post(client, body).status_code == 400
