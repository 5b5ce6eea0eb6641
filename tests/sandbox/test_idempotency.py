import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe

from tests.sandbox.conftest import KEY, Box, client_for, until


def keyed(key: str) -> dict[str, str]:
    return {"idempotency_key": key}


def test_the_same_key_gives_the_same_answer_and_does_nothing_twice(box: Box) -> None:
    customer, method = box.stored_card()
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    params |= {"confirm": True, "off_session": True}
    first = box.v1.payment_intents.create(params=params, options=keyed("pledge:1"))
    second = box.v1.payment_intents.create(params=params, options=keyed("pledge:1"))
    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.body == first.last_response.body
    assert second.last_response.headers["Request-Id"] == first.last_response.headers["Request-Id"]
    assert len(box.charges()) == 1
    assert box.stats()["replayed"] == 1


def test_a_decline_is_an_answer_too(box: Box) -> None:
    customer, method = box.stored_card("4000000000000341")
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    params |= {"confirm": True, "off_session": True}
    ids = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            box.v1.payment_intents.create(params=params, options=keyed("pledge:1:attempt:1"))
        ids.append(caught.value.json_body["error"]["payment_intent"]["id"])
    assert ids[0] == ids[1]
    assert len(box.charges()) == 1


def test_a_refusal_while_executing_is_kept(box: Box) -> None:
    intent = box.charge(5000)
    box.v1.refunds.create(params={"payment_intent": intent.id})
    bodies = []
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            box.v1.refunds.create(params={"payment_intent": intent.id}, options=keyed("refund:2"))
        bodies.append(caught.value.http_body)
    assert bodies[0] == bodies[1]
    assert box.stats()["replayed"] == 1


def test_other_parameters_under_a_used_key_are_refused(box: Box) -> None:
    box.v1.customers.create(params={"email": "a@example.org"}, options=keyed("one"))
    with pytest.raises(stripe.IdempotencyError) as caught:
        box.v1.customers.create(params={"email": "b@example.org"}, options=keyed("one"))
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        box.v1.setup_intents.create(params={}, options=keyed("one"))
    assert box.stats()["customers"] == 1


def test_a_request_that_failed_validation_leaves_the_key_unused(box: Box) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        box.v1.customers.create(params={"emial": "a@example.org"}, options=keyed("one"))
    assert box.v1.customers.create(params={"email": "a@example.org"}, options=keyed("one")).email == "a@example.org"


def test_two_at_the_same_time_are_a_conflict(box: Box) -> None:
    box.control("faults", delay_ms=400)
    url, headers = f"{box.url}/v1/customers", {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "one"}
    barrier = threading.Barrier(2)

    def send(_: int) -> int:
        barrier.wait()
        return requests.post(url, data={"email": "a@example.org"}, headers=headers, timeout=5).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == [200, 409]
    assert box.stats()["customers"] == 1


def test_a_lost_answer_is_found_again_by_the_sdk(box: Box) -> None:
    customer, method = box.stored_card()
    box.control("faults", lose_answer_next=1)
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    intent = box.v1.payment_intents.create(
        params=params | {"confirm": True, "off_session": True}, options=keyed("pledge:1")
    )
    assert intent.status == "succeeded"
    assert len(box.charges()) == 1
    assert (box.stats()["answers_lost"], box.stats()["replayed"]) == (1, 1)


@pytest.mark.parametrize("how", ["drop", "500"])
def test_without_retries_a_lost_answer_leaves_a_charge_nobody_knows_of(box: Box, how: str) -> None:
    customer, method = box.stored_card()
    box.control("faults", lose_answer_next=1, lose_answer_how=how)
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
        client_for(box.url, retries=0).v1.payment_intents.create(
            params=params | {"confirm": True, "off_session": True},  # type: ignore[arg-type]
            options={"idempotency_key": "pledge:1"},
        )
    until(lambda: len(box.charges()) == 1)


def test_a_failed_request_is_not_processed_and_its_key_stays_free(box: Box) -> None:
    box.control("faults", fail_next=1)
    with pytest.raises(stripe.APIError):
        client_for(box.url, retries=0).v1.customers.create(
            params={"email": "a@example.org"}, options={"idempotency_key": "a"}
        )
    assert box.stats()["customers"] == 0
    assert box.v1.customers.create(params={"email": "a@example.org"}, options=keyed("a")).id


def test_a_rate_limit_is_told_as_stripe_tells_it(box: Box) -> None:
    box.control("faults", rate_limit=3)
    customer = box.customer().id
    for _ in range(2):
        box.v1.customers.retrieve(customer)
    with pytest.raises(stripe.RateLimitError):
        box.v1.customers.retrieve(customer)


def test_get_requests_ignore_the_key(box: Box) -> None:
    first, second = box.customer().id, box.customer().id
    assert box.v1.customers.retrieve(first, options=keyed("k")).id == first
    assert box.v1.customers.retrieve(second, options=keyed("k")).id == second


def test_a_key_has_at_most_255_characters(box: Box) -> None:
    with pytest.raises(stripe.IdempotencyError):
        box.v1.customers.create(params={}, options=keyed("k" * 256))
    assert box.v1.customers.create(params={}, options=keyed("k" * 255)).id
