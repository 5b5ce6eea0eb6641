import json
import time

import pytest
import requests
import stripe

from sandbox.server import start
from tests.sandbox.conftest import SECRET, Box, client_for, until


def test_a_webhook_is_signed_so_that_the_sdk_accepts_it(box: Box) -> None:
    box.charge(5000)
    told = box.control("flush")
    assert (told["failed"], told["pending"]) == (0, 0)
    assert told["delivered"] == len(box.receiver.got) > 0
    for body, header in box.receiver.got:
        event = stripe.Webhook.construct_event(body, header, SECRET)
        assert (event.api_version, event.livemode) == (stripe.api_version, False)
        assert box.v1.events.retrieve(event.id).type == event.type
    body, header = box.receiver.got[0]
    for bad_body, bad_header, secret in [(body + b" ", header, SECRET), (body, header, "whsec_other")]:
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(bad_body, bad_header, secret)


def test_the_signature_has_real_time_and_the_event_the_sandbox_s(box: Box) -> None:
    box.control("clock", now="2031-05-06T07:08:09+00:00")
    session = box.setup_session()
    box.control(f"checkout/{session.id}/complete")
    box.control("flush")
    body, header = box.receiver.got[-1]
    event = stripe.Webhook.construct_event(body, header, SECRET)
    assert abs(event.created - 1935817689) < 30
    assert abs(int(header.split(",")[0][2:]) - time.time()) < 30


def test_only_what_the_endpoint_is_subscribed_to_is_sent(box: Box) -> None:
    box.charge(5000)
    box.control("flush")
    sent = box.receiver.types()
    assert "customer.created" not in sent
    assert {
        "checkout.session.completed",
        "setup_intent.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    } <= set(sent)


def test_a_failed_delivery_is_tried_again_until_it_is_taken(box: Box) -> None:
    box.receiver.answers[:] = [500, 404, 200]
    box.control("faults", hold_webhooks=False)
    session = box.setup_session()
    box.v1.checkout.sessions.expire(session.id)  # two events
    until(lambda: box.stats()["webhooks"]["pending"] == 0)
    assert len(box.receiver.got) == 4
    assert set(box.receiver.types()) == {"checkout.session.expired", "setup_intent.canceled"}
    assert all(stripe.Webhook.construct_event(body, header, SECRET) for body, header in box.receiver.got)


def test_an_event_counts_its_pending_webhooks(box: Box) -> None:
    session = box.setup_session()
    box.control(f"checkout/{session.id}/complete")
    [event] = box.v1.events.list(params={"type": "checkout.session.completed"}).data
    assert event.pending_webhooks == 1
    box.control("flush")
    assert box.v1.events.retrieve(event.id).pending_webhooks == 0


def test_duplicates_on_demand(box: Box) -> None:
    box.control("faults", duplicate_webhooks=1)
    session = box.setup_session()
    box.control(f"checkout/{session.id}/complete")
    box.control("flush")
    ids = [json.loads(body)["id"] for body, _ in box.receiver.got]
    assert len(ids) == 2 * len(set(ids)) == 4


def test_another_order_on_demand(box: Box) -> None:
    box.control("faults", reorder_webhooks=1, seed=4)
    for _ in range(6):
        session = box.setup_session()
        box.control(f"checkout/{session.id}/complete")
    box.control("flush")
    happened = [kind for kind in box.types() if kind in ("setup_intent.succeeded", "checkout.session.completed")]
    assert sorted(happened) == sorted(box.receiver.types())
    assert happened != box.receiver.types()


def test_delay_on_demand(box: Box) -> None:
    box.control("faults", delay_webhooks_ms=400, hold_webhooks=False)
    begun = time.monotonic()
    session = box.setup_session()
    box.control(f"checkout/{session.id}/complete")
    until(lambda: box.receiver.got)
    assert time.monotonic() - begun >= 0.4


def test_an_old_event_can_be_sent_again(box: Box) -> None:
    box.charge(5000)
    box.control("flush")
    event = json.loads(box.receiver.got[0][0])["id"]
    box.receiver.got.clear()
    box.control("webhooks/redeliver", event=event)
    box.control("flush")
    assert [json.loads(body)["id"] for body, _ in box.receiver.got] == [event]


def test_a_test_without_a_listener_takes_the_deliveries_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start(data=tmp_path_factory.mktemp("alone"), webhook_secret=SECRET) as running:
        client = client_for(running.url)
        customer = client.v1.customers.create(params={})
        session = client.v1.checkout.sessions.create(
            params={
                "mode": "setup",
                "customer": customer.id,
                "currency": "eur",
                "success_url": "http://127.0.0.1/",
            }
        )
        requests.post(f"{running.url}/_sandbox/checkout/{session.id}/complete", json={}, timeout=5)
        taken = requests.post(f"{running.url}/_sandbox/webhooks/take", timeout=5).json()["taken"]
        events = [stripe.Webhook.construct_event(one["body"], one["signature"], SECRET) for one in taken]
        assert [event.type for event in events] == ["setup_intent.succeeded", "checkout.session.completed"]
        assert requests.post(f"{running.url}/_sandbox/webhooks/take", timeout=5).json()["taken"] == []


def test_events_are_listed_by_time_and_type(box: Box) -> None:
    box.control("clock", offset_seconds=-1000)
    box.customer()
    box.control("clock", offset_seconds=0)
    box.charge(5000)
    recent = box.v1.events.list(params={"created": {"gte": int(time.time()) - 500}, "limit": 100}).data
    assert [event.type for event in recent][-1] == "customer.created"
    assert len(box.v1.events.list(params={"type": "customer.*"}).data) == 2
    listed = box.v1.events.list(params={"types": ["charge.succeeded", "charge.updated"]}).data
    assert [event.type for event in listed] == ["charge.updated", "charge.succeeded"]
