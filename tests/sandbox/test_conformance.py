import re
from pathlib import Path
from typing import Any, get_args

import pytest
import stripe

import sandbox
from sandbox.api.routes import ROUTES
from sandbox.conformance import Nonconforming, check, known_routes
from sandbox.forms import BadForm, nest
from tests.sandbox.conftest import Box

INTENT = ("POST", "/v1/payment_intents")
SESSION = ("POST", "/v1/checkout/sessions")

REFUSED = [
    (INTENT, {"amount": "5000", "curency": "eur"}, "curency"),
    (INTENT, {"amount": "5000"}, "currency"),
    (INTENT, {"amount": "25.00", "currency": "eur"}, "amount"),
    (INTENT, {"amount": "1e3", "currency": "eur"}, "amount"),
    (INTENT, {"amount": "5000", "currency": "eur", "off_session": "yes"}, "off_session"),
    (INTENT, {"amount": "5000", "currency": "eur", "capture_method": "later"}, "capture_method"),
    (INTENT, {"amount": "5000", "currency": "eur", "confirm": "1"}, "confirm"),
    (INTENT, {"amount": "5000", "currency": "eur", "payment_method_types[0]": "card"}, "payment_method_types"),
    (
        INTENT,
        {"amount": "5000", "currency": "eur", "allowed_payment_method_types": "card"},
        "allowed_payment_method_types",
    ),
    (INTENT, {"amount": "5000", "currency": "eur", "transfer_data[dest]": "acct_1"}, "transfer_data[dest]"),
    (INTENT, {"amount": "5000", "currency": "eur", "transfer_data[amount]": "1"}, "transfer_data[destination]"),
    (INTENT, {"amount": "5000", "currency": "eur", "idempotency_key": "x"}, "idempotency_key"),
    (INTENT, {"amount": "5000", "currency": "eur", f"metadata[{'k' * 41}]": "x"}, "metadata[" + "k" * 41 + "]"),
    (INTENT, {"amount": "5000", "currency": "eur", "metadata[a]": "x" * 501}, "metadata[a]"),
    (INTENT, {"amount": "5000", "currency": "eur"} | {f"metadata[k{i}]": "x" for i in range(51)}, "metadata"),
    (SESSION, {"mode": "set up"}, "mode"),
    (SESSION, {"mode": "setup", "locale": "italian"}, "locale"),
    (SESSION, {"mode": "setup", "payment_method_types[0]": "card"}, "payment_method_types"),
    (SESSION, {"line_items[0][price_data][currency]": "eur", "line_items[0][price_data][unit_amount]": "9.5"}, None),
    (SESSION, {"custom_text[submit][text]": "hello"}, None),
    (("POST", "/v1/refunds"), {"charge": "ch_1", "reason": "campaign_failed"}, "reason"),
    (("POST", "/v1/payment_intents/{intent}/cancel"), {"cancellation_reason": "bored"}, "cancellation_reason"),
    (("POST", "/v1/account_links"), {"account": "acct_1", "type": "onboarding"}, "type"),
    (("GET", "/v1/events"), {"created[since]": "1"}, None),
    (("GET", "/v1/charges"), {"limit": "many"}, "limit"),
]


@pytest.mark.parametrize(("route", "form", "param"), REFUSED)
def test_what_the_request_types_do_not_have_is_refused(
    route: tuple[str, str], form: dict[str, str], param: str | None
) -> None:
    with pytest.raises(Nonconforming) as caught:
        check(*route, nest(form.items()))
    assert param is None or caught.value.param == param


def test_what_they_have_comes_back_typed() -> None:
    form = {
        "amount": "5000",
        "currency": "eur",
        "confirm": "true",
        "off_session": "true",
        "allowed_payment_method_types[0]": "card",
        "transfer_data[destination]": "acct_1",
        "metadata[0]": "kept as a key",
        "description": "",
        "expand[]": "latest_charge",
        "setup_future_usage": "off_session",
    }
    assert check(*INTENT, nest(form.items())) == {
        "amount": 5000,
        "currency": "eur",
        "confirm": True,
        "off_session": True,
        "allowed_payment_method_types": ["card"],
        "transfer_data": {"destination": "acct_1"},
        "metadata": {"0": "kept as a key"},
        "description": "",
        "expand": ["latest_charge"],
        "setup_future_usage": "off_session",
    }


def test_an_interval_and_a_moment_are_both_taken() -> None:
    assert check("GET", "/v1/events", nest([("created[gte]", "5")])) == {"created": {"gte": 5}}
    assert check("GET", "/v1/events", nest([("created", "5")])) == {"created": 5}


@pytest.mark.parametrize("pairs", [[("a[b", "1")], [("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a", "2")]])
def test_a_form_that_does_not_nest_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadForm):
        nest(pairs)


def test_every_route_of_the_sandbox_is_one_of_stripe_s() -> None:
    unknown = [(method, path) for method, path, _ in ROUTES if (method, path) not in known_routes()]
    assert unknown == []
    assert len(known_routes()) > 500


def test_a_refused_request_is_counted_with_its_reason(box: Box) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.payment_intents.create(params={"amount": 25.0, "currency": "eur"})
    assert (caught.value.http_status, caught.value.param) == (400, "amount")
    with pytest.raises(stripe.InvalidRequestError):
        box.v1.customers.create(params={"emial": "a@example.org"})
    found = box.stats()["nonconforming"]
    assert found["count"] == 2
    assert found["details"][0] == {
        "at": found["details"][0]["at"],
        "method": "POST",
        "path": "/v1/customers",
        "problem": "Received unknown parameter: emial",
    }


def test_a_path_that_is_not_stripe_s_is_refused_and_counted(box: Box) -> None:
    for method, path in (
        ("POST", "/v1/pledges"),
        ("PUT", "/v1/customers"),
        ("GET", "/v2/core/events"),
        ("GET", "/v1/prices"),
    ):
        answer = box.raw(path, method=method)
        assert answer.status_code == 404
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert "Unrecognized request URL" in answer.json()["error"]["message"]
    assert box.stats()["nonconforming"]["count"] == 4


def test_another_api_version_is_refused(box: Box) -> None:
    assert box.raw("/v1/customers", {}, **{"Stripe-Version": "2019-01-01"}).status_code == 400
    assert box.raw("/v1/customers", {}, **{"Stripe-Version": stripe.api_version}).status_code == 200


def test_json_and_query_parameters_are_refused_on_a_post(box: Box) -> None:
    assert box.raw("/v1/customers", "{}", **{"Content-Type": "application/json"}).status_code == 400
    assert box.raw("/v1/customers?email=a@example.org", {}).status_code == 400


@pytest.mark.parametrize("key", [None, "pk_test_x", "sk_live_x", "nonsense"])
def test_a_missing_or_wrong_key_is_unauthorised(box: Box, key: str | None) -> None:
    answer = box.raw("/v1/customers", {}, key=key)
    assert answer.status_code == 401
    assert box.stats()["customers"] == 0
    if key:
        assert key not in answer.text or len(key) < 12


def test_a_missing_object_is_told_as_stripe_tells_it(box: Box) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.payment_intents.retrieve("pi_nothing")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_what_cannot_be_expanded_is_refused(box: Box) -> None:
    customer = box.customer().id
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        box.v1.customers.retrieve(customer, params={"expand": ["pledges"]})


# --- answers ----------------------------------------------------------------------------------------------------------


def fields_of(cls: Any) -> set[str]:
    return {name for name in cls.__annotations__ if name != "OBJECT_NAME"}


def test_every_object_has_the_fields_of_the_sdk_s_class(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100)
    session = box.payment_session()
    box.control(f"checkout/{session.id}/complete")
    box.v1.refunds.create(
        params={"payment_intent": intent.id, "amount": 100, "reverse_transfer": True, "refund_application_fee": True}
    )
    box.control("disputes", charge=intent.latest_charge)
    seen = {
        stripe.Account: box.v1.accounts.list().data[0],
        stripe.ApplicationFee: box.v1.application_fees.list().data[0],
        stripe.BalanceTransaction: box.v1.balance_transactions.list().data[0],
        stripe.Charge: box.v1.charges.retrieve(intent.latest_charge),
        stripe.checkout.Session: box.v1.checkout.sessions.list().data[0],
        stripe.Customer: box.v1.customers.list().data[0],
        stripe.Dispute: box.v1.disputes.list().data[0],
        stripe.Event: box.v1.events.list().data[0],
        stripe.PaymentIntent: box.v1.payment_intents.retrieve(intent.id),
        stripe.PaymentMethod: box.v1.payment_methods.list().data[0],
        stripe.Refund: box.v1.refunds.list().data[0],
        stripe.SetupIntent: box.v1.setup_intents.list().data[0],
        stripe.Transfer: box.v1.transfers.list().data[0],
        stripe.TransferReversal: box.v1.transfers.reversals.list(box.charges()[0]["transfer"]).data[0],
    }
    for cls, thing in seen.items():
        keys = set(thing.to_dict())
        assert keys <= fields_of(cls), (cls, keys - fields_of(cls))
        required = {n for n, hint in cls.__annotations__.items() if type(None) not in get_args(hint)} - {"OBJECT_NAME"}
        assert required <= keys, (cls, required - keys)


def test_every_event_type_is_one_of_stripe_s() -> None:
    source = "".join(path.read_text() for path in Path(sandbox.__file__).parent.rglob("*.py"))
    named = set(re.findall(r'announce\(\s*"([a-z_.]+)"', source)) | {"transfer.reversed", "transfer.updated"}
    assert len(named) > 30
    assert named <= set(re.findall(r"'([a-z_.0-9]+)'", str(stripe.Event.__annotations__["type"])))
