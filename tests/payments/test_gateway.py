"""The door to Stripe, against the sandbox over HTTP."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest

from app.core import clock as time_now
from app.core.db import transaction
from app.core.money import euros
from app.payments import gateway
from tests.make import payments as make


@pytest.fixture(autouse=True)
def _provider(sandbox):
    return sandbox


def account(ready=True):
    made = gateway.create_account(name="Officina APS", email="a@example.org", metadata={"entity": "1"}, key="acct:1")
    if ready:
        make.onboard(made.id)
    return gateway.read_account(made.id)


def setup_page(key="p1", hours=5):
    customer = gateway.create_customer(email="d@example.org", language="it", metadata={"pledge": key}, key=f"{key}:c")
    page = gateway.create_setup_checkout(
        customer=customer,
        text="Parole del consenso",
        language="it",
        success_url="http://localhost/it/pledges/back/x",
        cancel_url="http://localhost/it/pledges/back/x?left=1",
        expires_at=time_now.now() + timedelta(hours=hours),
        metadata={"pledge": key},
        key=f"{key}:page",
    )
    return customer, page


def stored(card=make.OK, key="p1"):
    customer, page = setup_page(key)
    make.type_card(page.id, card)
    return customer, gateway.read_setup(gateway.read_checkout(page.id).setup).card


def intent(customer, card, payee, key="p1:1"):
    return gateway.create_intent(
        amount=euros("50"),
        customer=customer,
        payment_method=card.id,
        destination=payee,
        fee=euros("1"),
        description="Officina",
        metadata={"pledge": "p1"},
        key=f"{key}:create",
    )


def test_an_account_is_ready_only_after_its_onboarding():
    assert not account(ready=False).ready
    made = account()
    assert made.ready
    assert made.due == ()
    assert "/" in gateway.account_link(
        made.id, refresh_url="http://localhost/a", return_url="http://localhost/b", key="l1"
    )


def test_a_card_is_stored_on_the_hosted_page_and_shown_by_its_last_digits():
    customer, page = setup_page()
    assert page.status == "open"
    assert page.url
    make.type_card(page.id, exp_month=7, exp_year=2031)
    done = gateway.read_checkout(page.id)
    assert (done.status, done.customer) == ("complete", customer)
    found = gateway.read_setup(done.setup)
    assert found.status == "succeeded"
    assert (found.card.last4, found.card.exp_month, found.card.exp_year) == ("4242", 7, 2031)
    at = gateway.success_event_at(found.id, since=time_now.now() - timedelta(hours=1), until=time_now.now())
    assert abs((at - time_now.now()).total_seconds()) < 60


def test_the_same_key_opens_one_page():
    assert setup_page()[1].id == setup_page()[1].id


def test_a_page_is_closed_once_and_a_complete_one_stays_complete():
    _, page = setup_page()
    assert gateway.expire_checkout(page.id, key="e1").status == "expired"
    _, other = setup_page("p2")
    make.type_card(other.id)
    assert gateway.expire_checkout(other.id, key="e2").status == "complete"


def test_a_stored_card_is_charged_for_the_non_profit():
    customer, card = stored()
    payee = account().id
    made = intent(customer, card, payee)
    assert made.status == "requires_confirmation"
    done = gateway.confirm_intent(made.id, key="p1:1:confirm")
    assert done.settled
    assert (done.received, done.fee, done.destination) == (euros("50"), euros("1"), payee)
    assert done.charge
    assert [each["amount"] for each in make.charges()] == [5000]


def test_a_declined_card_is_an_answer_with_its_reason():
    customer, card = stored(make.DECLINED_LATER)
    made = intent(customer, card, account().id)
    said = gateway.confirm_intent(made.id, key="p1:1:confirm")
    assert not said.settled
    assert said.status == "requires_payment_method"
    assert said.decline_code == "generic_decline"
    assert said.advice


def test_a_bank_that_wants_the_person_says_so():
    customer, card = stored(make.AUTHENTICATE_LATER)
    made = intent(customer, card, account().id)
    assert gateway.confirm_intent(made.id, key="k:confirm").decline_code == "authentication_required"


def test_confirming_again_charges_nothing_again():
    customer, card = stored()
    made = intent(customer, card, account().id)
    gateway.confirm_intent(made.id, key="one")
    assert gateway.confirm_intent(made.id, key="two").settled
    assert len(make.charges()) == 1


def test_a_cancelled_attempt_is_harmless_and_a_settled_one_says_that_it_is():
    customer, card = stored()
    made = intent(customer, card, account().id)
    assert gateway.cancel_intent(made.id, key="c1").status == "canceled"
    assert not gateway.confirm_intent(made.id, key="c2").settled
    other = intent(customer, card, account().id, "p1:2")
    gateway.confirm_intent(other.id, key="c3")
    assert gateway.cancel_intent(other.id, key="c4").settled


def test_a_gift_goes_back_whole_and_never_more_than_that():
    customer, card = stored()
    made = gateway.confirm_intent(intent(customer, card, account().id).id, key="c")
    first = gateway.refund(made.id, amount=euros("50"), metadata={}, key="r1")
    assert first.status == "succeeded"
    assert gateway.refund(made.id, amount=euros("50"), metadata={}, key="r1").id == first.id
    with pytest.raises(gateway.ProviderRefused):
        gateway.refund(made.id, amount=euros("0.01"), metadata={}, key="r2")
    assert [each.id for each in gateway.refunds_of(made.id)] == [first.id]


def test_a_card_is_forgotten_and_forgetting_it_again_is_fine():
    _, card = stored()
    gateway.detach(card.id, key="d1")
    gateway.detach(card.id, key="d2")


def test_a_gift_paid_at_once_on_the_hosted_page():
    customer = gateway.create_customer(email="g@example.org", language="en", metadata={}, key="g:c")
    payee = account().id
    page = gateway.create_payment_checkout(
        customer=customer,
        amount=euros("20"),
        title="Officina",
        destination=payee,
        fee=euros("0.55"),
        text="Words",
        language="en",
        success_url="http://localhost/a",
        cancel_url="http://localhost/b",
        expires_at=time_now.now() + timedelta(hours=1),
        metadata={"pledge": "g"},
        key="g:page",
    )
    make.type_card(page.id)
    done = gateway.read_checkout(page.id)
    assert done.paid
    paid = gateway.read_intent(done.intent)
    assert (paid.received, paid.destination) == (euros("20"), payee)


def test_a_provider_that_is_down_is_not_a_refusal(app):
    make.fault(fail_next=9, fail_status=500)
    with pytest.raises(gateway.ProviderDown):
        setup_page()
    make.fault(clear=True)
    with pytest.raises(gateway.ProviderRefused):
        gateway.read_checkout("cs_unknown")


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_ours_to_use_is_no_answer_about_the_gift(app, status):
    make.fault(fail_next=9, fail_status=status)
    with pytest.raises(gateway.ProviderDown):
        setup_page()
    make.fault(clear=True)


def test_stripe_is_never_called_inside_a_transaction():
    with pytest.raises(RuntimeError, match="between two transactions"), transaction():
        gateway.read_account("acct_1")


def test_every_request_was_one_that_stripe_would_take():
    customer, card = stored()
    gateway.confirm_intent(intent(customer, card, account().id).id, key="c")
    counts = make.stats()
    assert counts["nonconforming"]["count"] == 0, counts


# --- news ------------------------------------------------------------------------------------------------------------


OURS = "whsec_tests"


def signed(body, secret=OURS, at=None):
    stamp = int(at if at is not None else time.time())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mac}"


def event(kind="setup_intent.succeeded", number="evt_1", livemode=False):
    return json.dumps(
        {
            "id": number,
            "object": "event",
            "type": kind,
            "created": 1_770_000_000,
            "livemode": livemode,
            "data": {"object": {"id": "seti_1", "metadata": {}}},
        }
    ).encode()


def test_a_true_message_is_read():
    body = event()
    said = gateway.verify_event(body, signed(body))
    assert (said.id, said.type, said.object_id) == ("evt_1", "setup_intent.succeeded", "seti_1")


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        (None, event()),
        ("", event()),
        ("t=1,v1=00", event()),
        (signed(event(), secret="whsec_other"), event()),
        (signed(event()), event(number="evt_2")),
        (-400, event()),
        (400, event()),
        (signed(event(livemode=True)), event(livemode=True)),
        (signed(b"[1]"), b"[1]"),
        (signed(b"\xff"), b"\xff"),
        ("t=" + "9" * 400 + ",v1=00", event()),
    ],
    ids=["none", "empty", "nonsense", "other key", "tampered", "old", "future", "live", "shape", "bytes", "huge stamp"],
)
def test_a_forged_message_is_refused(signature, body):
    if isinstance(signature, int):  # seconds from now, stamped when the test runs and not when it was collected
        signature = signed(body, at=time.time() + signature)
    with pytest.raises(gateway.ForgedEvent):
        gateway.verify_event(body, signature)
