import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.conftest import Box


def test_a_card_is_stored_and_nothing_is_charged(box: Box) -> None:
    session = box.setup_session(
        metadata={"pledge": "7"},
        setup_intent_data={"metadata": {"pledge": "7"}, "description": "Promise of 50.00"},
        custom_text={"submit": {"message": "Charged only if the campaign succeeds."}},
    )
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "no_payment_required", None)
    assert session.url.startswith(box.url)

    done = box.control(f"checkout/{session.id}/complete", card="4242424242424242", exp_month=8, exp_year=2031)

    assert done["status"] == "complete"
    assert done["redirect"] == f"{box.receiver.url}/thanks?session={session.id}"
    again = box.v1.checkout.sessions.retrieve(session.id, params={"expand": ["setup_intent.payment_method"]})
    assert (again.status, again.url) == ("complete", None)
    assert again.metadata.to_dict() == {"pledge": "7"}
    intent = again.setup_intent
    assert (intent.status, intent.usage, intent.description) == ("succeeded", "off_session", "Promise of 50.00")
    method = intent.payment_method
    assert (method.card.last4, method.card.exp_month, method.card.exp_year) == ("4242", 8, 2031)
    assert method.customer == session.customer
    assert box.charges() == []
    assert box.types() == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_card_number_has_one_fingerprint(box: Box) -> None:
    methods = [box.v1.payment_methods.retrieve(box.stored_card(number)[1]) for number in ["4242424242424242"] * 2]
    other = box.v1.payment_methods.retrieve(box.stored_card("5555555555554444")[1])
    assert methods[0].id != methods[1].id
    assert methods[0].card.fingerprint == methods[1].card.fingerprint != other.card.fingerprint
    assert other.card.brand == "mastercard"


@pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184"])
def test_three_d_secure_is_asked_when_the_card_is_stored(box: Box, card: str) -> None:
    session = box.setup_session()
    refused = box.control(f"checkout/{session.id}/complete", card=card, authorise=False)
    assert refused["status"] == "open"
    assert refused["error"]["code"] == "setup_intent_authentication_failure"
    intent = box.v1.setup_intents.retrieve(session.setup_intent)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_setup_error.code == "setup_intent_authentication_failure"

    assert box.control(f"checkout/{session.id}/complete", card=card)["status"] == "complete"
    assert "setup_intent.requires_action" in box.types()
    assert "setup_intent.setup_failed" in box.types()


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_a_card_declined_at_once_leaves_the_page_open(box: Box, card: str, code: str, decline: str) -> None:
    session = box.setup_session()
    said = box.control(f"checkout/{session.id}/complete", card=card)
    assert (said["http"], said["status"]) == (200, "open")
    assert (said["error"]["code"], said["error"]["decline_code"]) == (code, decline)
    intent = box.v1.setup_intents.retrieve(session.setup_intent)
    assert intent.last_setup_error.decline_code == decline
    assert box.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert box.types()[-1] == "setup_intent.setup_failed"
    assert box.control(f"checkout/{session.id}/complete")["status"] == "complete"


def test_a_session_is_completed_only_once(box: Box) -> None:
    session = box.setup_session()
    box.control(f"checkout/{session.id}/complete")
    assert box.control(f"checkout/{session.id}/complete")["http"] == 409
    assert box.types().count("checkout.session.completed") == 1
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions"):
        box.v1.checkout.sessions.expire(session.id)


def test_an_expired_session_takes_no_card(box: Box) -> None:
    session = box.setup_session()
    assert box.v1.checkout.sessions.expire(session.id).status == "expired"
    assert box.control(f"checkout/{session.id}/complete")["http"] == 409
    assert requests.get(session.url, timeout=5).status_code == 410
    assert box.v1.setup_intents.retrieve(session.setup_intent).status == "canceled"
    assert box.types()[-1] == "checkout.session.expired"


def test_a_session_expires_by_the_sandbox_clock(box: Box) -> None:
    session = box.setup_session(expires_at=int(time.time()) + 3600)
    box.control("clock", offset_seconds=3601)
    assert box.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert "checkout.session.expired" in box.types()


@pytest.mark.parametrize("seconds", [60, 25 * 3600])
def test_a_session_lasts_from_half_an_hour_to_a_day(box: Box, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.setup_session(expires_at=int(time.time()) + seconds)
    assert caught.value.param == "expires_at"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"success_url": "thanks"}, "success_url"),
        ({"customer_email": "anna@example.org"}, "customer"),
        ({"line_items": [{"price": "price_1"}]}, "line_items"),
        ({"custom_text": {"submit": {"message": "x" * 1201}}}, "custom_text[submit][message]"),
        ({"allowed_payment_method_types": ["ideal"]}, "allowed_payment_method_types"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"customer_creation": "always"}, "customer_creation"),
        ({"payment_intent_data": {"description": "no"}}, "payment_intent_data"),
    ],
)
def test_a_setup_session_refuses_what_does_not_belong(box: Box, more: dict[str, Any], param: str) -> None:
    customer = {"customer": box.customer().id}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.setup_session(**(customer | more))
    assert caught.value.param == param


def test_without_a_currency_the_methods_must_be_named(box: Box) -> None:
    params = {"mode": "setup", "success_url": "https://example.org/", "customer": box.customer().id}
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        box.v1.checkout.sessions.create(params=params)
    assert box.v1.checkout.sessions.create(params=params | {"currency": "eur"}).currency == "eur"


def test_a_detached_card_is_gone_for_good(box: Box) -> None:
    customer, method = box.stored_card()
    assert box.v1.payment_methods.detach(method).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        box.v1.payment_methods.detach(method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        box.v1.payment_methods.attach(method, params={"customer": customer})
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        box.v1.payment_intents.create(
            params={"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method, "confirm": True}
        )
    assert box.v1.customers.payment_methods.list(customer).data == []
    assert box.types()[-1] == "payment_method.detached"


def test_deleting_a_customer_detaches_the_cards(box: Box) -> None:
    customer, method = box.stored_card()
    assert box.v1.customers.delete(customer).deleted is True
    assert box.v1.payment_methods.retrieve(method).customer is None
    assert box.v1.customers.retrieve(customer).deleted is True


def test_sessions_are_listed_newest_first_and_by_status(box: Box) -> None:
    made = [box.setup_session() for _ in range(5)]
    box.control(f"checkout/{made[2].id}/complete")
    listed = box.v1.checkout.sessions.list(params={"limit": 2})
    assert [s.id for s in listed.data] == [made[4].id, made[3].id]
    assert listed.has_more is True
    assert [s.id for s in listed.auto_paging_iter()] == [s.id for s in reversed(made)]
    before = box.v1.checkout.sessions.list(params={"limit": 2, "ending_before": made[0].id})
    assert [s.id for s in before.data] == [made[2].id, made[1].id]
    assert [s.id for s in box.v1.checkout.sessions.list(params={"status": "complete"}).data] == [made[2].id]
    by_customer = box.v1.checkout.sessions.list(params={"customer": made[1].customer})
    assert [s.id for s in by_customer.data] == [made[1].id]


# --- the page ---------------------------------------------------------------------------------------------------------


def typed(number: str, **more: str) -> dict[str, str]:
    year = (datetime.now(UTC) + timedelta(days=800)).year % 100  # noqa: TID251  (the sandbox tells real time here)
    return {"card": number, "expiry": f"12/{year:02d}", "cvc": "123", "email": "anna@example.org"} | more


def post(url: str, **form: str) -> requests.Response:
    return requests.post(url, data=form, allow_redirects=False, timeout=5)


def test_the_page_shows_the_consent_and_leads_back(box: Box) -> None:
    message = "Charged <b>only</b> if **it** succeeds.\nSee [terms](https://example.org/terms)."
    session = box.setup_session(custom_text={"submit": {"message": message}})
    page = requests.get(session.url, timeout=5)
    assert "Salva la tua carta" in page.text
    assert "Charged &lt;b&gt;only&lt;/b&gt; if <strong>it</strong> succeeds.<br>" in page.text
    assert f'href="{box.receiver.url}/campaign"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {box.receiver.url};" in policy
    assert "script" not in page.text

    answer = post(session.url, **typed("4242 4242 4242 4242"))

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{box.receiver.url}/thanks?session={session.id}"
    assert requests.get(session.url, timeout=5).status_code == 200  # says that it was used
    assert post(session.url, **typed("4242424242424242")).status_code == 200
    assert box.types().count("setup_intent.succeeded") == 1


def test_the_page_speaks_english_when_asked(box: Box) -> None:
    assert "Save your card" in requests.get(box.setup_session(locale="en").url, timeout=5).text
    auto = box.setup_session(locale="auto").url
    assert "Salva la tua carta" in requests.get(auto, headers={"Accept-Language": "it"}, timeout=5).text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"card": "4242424242424241"}, "non è valido"),
        ({"card": ""}, "Scrivi il numero"),
        ({"card": "4111111111111111"}, "solo le carte di prova"),
        ({"expiry": "13/40"}, "mese e anno"),
        ({"expiry": "01/20"}, "scaduta"),
        ({"cvc": "12"}, "3 cifre"),
        ({"email": "anna"}, "indirizzo e-mail"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_stays(box: Box, form: dict[str, str], sentence: str) -> None:
    session = box.payment_session()
    given = typed("4242424242424242", name="Anna Neri") | form
    answer = post(session.url, **given)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="Anna Neri"' in answer.text
    assert box.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_three_d_secure_on_the_page(box: Box) -> None:
    session = box.setup_session()
    bank = box.url + post(session.url, **typed("4000002500003155")).headers["Location"]
    assert "finisce con 3155" in requests.get(bank, timeout=5).text

    back = post(bank, decision="refuse")
    assert back.headers["Location"].startswith(f"/c/pay/{session.id}")
    assert "conferma non è riuscita" in requests.get(box.url + back.headers["Location"], timeout=5).text

    bank = box.url + post(session.url, **typed("4000002500003155")).headers["Location"]
    assert post(bank, decision="authorise").headers["Location"].startswith(f"{box.receiver.url}/thanks")
    assert post(bank, decision="authorise").headers["Location"].startswith(f"{box.receiver.url}/thanks")  # double click
    assert box.types().count("checkout.session.completed") == 1


def test_a_declined_card_is_explained_on_the_page(box: Box) -> None:
    session = box.setup_session()
    answer = post(session.url, **typed("4000000000000002"))
    assert answer.status_code == 402
    assert "La banca ha rifiutato la carta" in answer.text


def test_a_test_card_fills_the_form_at_a_tap(box: Box) -> None:
    session = box.payment_session()
    answer = post(session.url, email="anna@example.org", use="4000 0000 0000 0341")
    assert answer.status_code == 200
    assert 'value="4000 0000 0000 0341"' in answer.text
    assert 'value="anna@example.org"' in answer.text


def test_the_consent_box_must_be_ticked(box: Box) -> None:
    consent = {"consent_collection": {"terms_of_service": "required"}}
    session = box.setup_session(**consent, custom_text={"terms_of_service_acceptance": {"message": "I agree to it."}})
    assert "I agree to it." in requests.get(session.url, timeout=5).text
    assert "serve il tuo consenso" in post(session.url, **typed("4242424242424242")).text
    assert post(session.url, **typed("4242424242424242", agree="yes")).status_code == 303
    assert box.v1.checkout.sessions.retrieve(session.id).consent.terms_of_service == "accepted"


def test_an_unknown_page_is_not_found(box: Box) -> None:
    assert requests.get(f"{box.url}/c/pay/cs_test_nothing", timeout=5).status_code == 404


def test_an_intent_without_a_page_goes_to_the_bank_and_back(box: Box) -> None:
    customer = box.customer().id
    intent = box.v1.setup_intents.create(
        params={
            "customer": customer,
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": box.receiver.url + "/back?a=1",
        }
    )
    assert intent.status == "requires_action"
    answer = post(intent.next_action.redirect_to_url.url, decision="authorise")
    assert answer.headers["Location"].startswith(f"{box.receiver.url}/back?a=1&setup_intent={intent.id}")
    assert answer.headers["Location"].endswith("redirect_status=succeeded")
    assert box.v1.setup_intents.retrieve(intent.id).status == "succeeded"
