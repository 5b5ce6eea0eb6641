from typing import Any

import pytest
import requests
import stripe

from sandbox.money import share, stripe_fee
from tests.sandbox.conftest import Box


@pytest.mark.parametrize(
    ("amount", "fee"), [(50, 26), (1000, 40), (2500, 63), (5000, 100), (4999, 100), (123_450, 1877)]
)
def test_the_fee_is_a_share_and_a_fixed_part_half_a_cent_up(amount: int, fee: int) -> None:
    assert stripe_fee(amount) == fee


@pytest.mark.parametrize(
    ("part", "whole", "amount", "result"), [(1, 3, 100, 33), (1, 2, 101, 51), (5, 5, 7, 7), (1, 0, 9, 0)]
)
def test_a_proportional_part_rounds_half_up(part: int, whole: int, amount: int, result: int) -> None:
    assert share(part, whole, amount) == result


def test_a_stored_card_is_charged_while_its_owner_is_away(box: Box) -> None:
    intent = box.charge(5000, metadata={"pledge": "7"})
    assert (intent.status, intent.amount_received, intent.last_payment_error) == ("succeeded", 5000, None)
    [row] = box.charges()
    assert (row["amount"], row["fee"], row["status"], row["metadata"]) == (5000, 100, "succeeded", {"pledge": "7"})
    assert box.types()[-4:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_the_balance_transaction_comes_a_moment_after_an_asynchronous_capture(box: Box) -> None:
    intent = box.charge(5000, expand=["latest_charge"])
    assert intent.capture_method == "automatic_async"
    assert intent.latest_charge.balance_transaction is None
    charge = box.v1.charges.retrieve(intent.latest_charge.id, params={"expand": ["balance_transaction"]})
    assert (charge.balance_transaction.amount, charge.balance_transaction.fee, charge.balance_transaction.net) == (
        5000,
        100,
        4900,
    )


def test_with_plain_automatic_capture_it_is_there_at_once(box: Box) -> None:
    intent = box.charge(5000, capture_method="automatic", expand=["latest_charge.balance_transaction"])
    assert intent.latest_charge.balance_transaction.fee_details[0].type == "stripe_fee"


DECLINES = [
    ("4000000000000341", "card_declined", "generic_decline", None),
    ("4000000000009995", "card_declined", "insufficient_funds", "02"),
    ("4000002760003184", "authentication_required", "authentication_required", None),
]


@pytest.mark.parametrize(("card", "code", "decline", "advice"), DECLINES)
def test_a_decline_is_a_card_error_and_leaves_a_failed_charge(
    box: Box, card: str, code: str, decline: str, advice: str | None
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        box.charge(5000, card=card)
    error = caught.value
    assert (error.http_status, error.code) == (402, code)
    body = error.json_body["error"]
    assert (body["type"], body["decline_code"], body.get("network_advice_code")) == ("card_error", decline, advice)
    intent = box.v1.payment_intents.retrieve(body["payment_intent"]["id"])
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == decline
    assert intent.last_payment_error.payment_method.card.last4 == card[-4:]
    [row] = box.charges()
    assert (row["id"], row["status"], row["failure_code"]) == (body["charge"], "failed", code)
    assert box.types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_card_set_up_with_three_d_secure_is_charged_without_it(box: Box) -> None:
    assert box.charge(card="4000002500003155").status == "succeeded"


def test_a_card_that_expired_meanwhile_is_declined(box: Box) -> None:
    customer, method = box.stored_card(exp_month=12, exp_year=2030)
    box.control("clock", now="2031-01-02T00:00:00+00:00")
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    with pytest.raises(stripe.CardError) as caught:
        box.v1.payment_intents.create(params=params | {"confirm": True, "off_session": True})
    assert caught.value.code == "expired_card"


def test_create_then_confirm_as_two_calls(box: Box) -> None:
    customer, method = box.stored_card()
    intent = box.v1.payment_intents.create(
        params={"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    )
    assert intent.status == "requires_confirmation"
    assert box.charges() == []
    done = box.v1.payment_intents.confirm(intent.id, params={"off_session": True, "expand": ["payment_method"]})
    assert (done.status, done.payment_method.card.last4) == ("succeeded", "4242")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.payment_intents.confirm(intent.id, params={"off_session": True})
    assert caught.value.code == "payment_intent_unexpected_state"
    assert len(box.charges()) == 1


def test_a_cancelled_intent_never_charges(box: Box) -> None:
    customer, method = box.stored_card()
    params = {"amount": 5000, "currency": "eur", "customer": customer, "payment_method": method}
    intent = box.v1.payment_intents.create(params=params)
    assert box.v1.payment_intents.cancel(intent.id, params={"cancellation_reason": "abandoned"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        box.v1.payment_intents.confirm(intent.id)
    paid = box.charge()
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        box.v1.payment_intents.cancel(paid.id)


def test_someone_else_s_card_is_refused(box: Box) -> None:
    _, method = box.stored_card()
    for customer in [{"customer": box.customer().id}, {}]:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            box.v1.payment_intents.create(
                params={"amount": 5000, "currency": "eur", "payment_method": method, "confirm": True} | customer
            )
        assert caught.value.param == "payment_method"


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 0}, "amount", "parameter_invalid_integer"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"currency": "xxx"}, "currency", None),
        ({"application_fee_amount": 10}, "application_fee_amount", None),
        ({"off_session": True}, "off_session", None),
        ({"transfer_data": {"destination": "acct_nobody"}}, "transfer_data[destination]", "resource_missing"),
    ],
)
def test_an_intent_refuses_what_stripe_refuses(box: Box, more: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.payment_intents.create(params={"amount": 5000, "currency": "eur"} | more)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_manual_capture_holds_then_takes(box: Box) -> None:
    intent = box.charge(5000, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    done = box.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 3000})
    assert (done.status, done.amount_received) == ("succeeded", 3000)
    assert box.charges()[0]["fee"] == stripe_fee(3000)


# --- to a connected account -------------------------------------------------------------------------------------------


def test_an_account_must_be_onboarded_before_it_takes_money(box: Box) -> None:
    account = box.account(onboarded=False)
    made = box.v1.accounts.retrieve(account)
    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (False, False, False)
    assert "external_account" in made.requirements.currently_due
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.charge(transfer_data={"destination": account})
    assert caught.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.charge(on_behalf_of=account)
    assert caught.value.param == "on_behalf_of"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.payment_session(payment_intent_data={"transfer_data": {"destination": account}})
    assert caught.value.code == "insufficient_capabilities_for_transfer"


def test_onboarding_by_its_page(box: Box) -> None:
    account = box.account(onboarded=False)

    def link() -> str:
        made: str = box.v1.account_links.create(
            params={
                "account": account,
                "type": "account_onboarding",
                "return_url": box.receiver.url + "/returned",
                "refresh_url": box.receiver.url + "/again",
            }
        ).url
        return made

    def decide(url: str, decision: str) -> str:
        answer = requests.post(url, data={"decision": decision}, allow_redirects=False, timeout=5)
        assert answer.status_code == 303
        return answer.headers["Location"]

    first = link()
    page = requests.get(first, headers={"Accept-Language": "it"}, timeout=5)
    assert "Orto Dergano" in page.text
    assert f"form-action 'self' {box.receiver.url};" in page.headers["Content-Security-Policy"]
    assert decide(first, "leave") == box.receiver.url + "/returned"
    assert box.v1.accounts.retrieve(account).details_submitted is False
    assert decide(first, "confirm") == box.receiver.url + "/again"  # a used link

    old = link()
    box.control("clock", offset_seconds=600)
    assert requests.get(old, allow_redirects=False, timeout=5).headers["Location"] == box.receiver.url + "/again"

    assert decide(link(), "confirm") == box.receiver.url + "/returned"
    done = box.v1.accounts.retrieve(account)
    assert (done.charges_enabled, done.payouts_enabled, done.details_submitted) == (True, True, True)
    assert done.capabilities.transfers == "active"
    assert (done.requirements.currently_due, done.requirements.disabled_reason) == ([], None)
    [event] = box.v1.events.list(params={"type": "account.updated"}).data
    assert event.account == account
    assert event.data.previous_attributes["charges_enabled"] is False


def test_a_disabled_account_takes_no_more(box: Box) -> None:
    account = box.account()
    box.charge(transfer_data={"destination": account})
    box.control(f"accounts/{account}/disable")
    with pytest.raises(stripe.InvalidRequestError):
        box.charge(transfer_data={"destination": account})


def balance(box: Box, account: str | None = None) -> int:
    options = {"stripe_account": account} if account else {}
    return int(box.v1.balance.retrieve(options=options).pending[0].amount)


def test_a_destination_charge_moves_everything_but_the_fee(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100, on_behalf_of=account)
    charge = box.v1.charges.retrieve(
        intent.latest_charge,
        params={"expand": ["transfer.destination_payment", "application_fee", "balance_transaction"]},
    )
    assert (charge.transfer.amount, charge.transfer.destination, charge.on_behalf_of) == (5000, account, account)
    assert charge.transfer.source_transaction == charge.id
    assert (charge.application_fee.amount, charge.application_fee.account) == (100, account)
    assert charge.transfer.destination_payment.amount == 5000
    assert balance(box, account) == 4900
    assert balance(box) == 5000 - stripe_fee(5000) - 5000 + 100
    kinds = sorted(line.type for line in box.v1.balance_transactions.list().data)
    assert kinds == ["application_fee", "charge", "transfer"]
    [row] = box.charges()
    assert (row["destination"], row["application_fee_amount"], row["fee"]) == (account, 100, 100)


def test_a_full_refund_takes_everything_back_but_stripe_s_fee(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100)
    refund = box.v1.refunds.create(
        params={
            "payment_intent": intent.id,
            "reverse_transfer": True,
            "refund_application_fee": True,
            "metadata": {"a": "1"},
        }
    )
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 5000, intent.latest_charge)
    reversal = box.v1.transfers.reversals.list(box.charges()[0]["transfer"]).data[0]
    assert (reversal.id, reversal.amount, reversal.source_refund) == (refund.transfer_reversal, 5000, refund.id)
    assert balance(box, account) == 0
    assert balance(box) == -stripe_fee(5000)
    charge = box.v1.charges.retrieve(intent.latest_charge, params={"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded, charge.refunds.data[0].id) == (True, 5000, refund.id)
    types = box.types()
    for kind in (
        "refund.created",
        "charge.refunded",
        "transfer.reversed",
        "application_fee.refunded",
        "refund.updated",
    ):
        assert types.count(kind) == 1, kind


def test_partial_refunds_are_proportional_and_end_exactly_at_zero(box: Box) -> None:
    account = box.account()
    intent = box.charge(1001, transfer_data={"destination": account}, application_fee_amount=33)
    both = {"payment_intent": intent.id, "reverse_transfer": True, "refund_application_fee": True}
    for amount in (333, 333, 335):
        box.v1.refunds.create(params=both | {"amount": amount})
    assert balance(box, account) == 0
    assert balance(box) == -stripe_fee(1001)


def test_more_than_was_charged_is_never_refunded(box: Box) -> None:
    intent = box.charge(5000)
    box.v1.refunds.create(params={"payment_intent": intent.id, "amount": 3000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        box.v1.refunds.create(params={"payment_intent": intent.id, "amount": 2001})
    box.v1.refunds.create(params={"charge": intent.latest_charge, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.refunds.create(params={"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    assert sum(r.amount for r in box.v1.refunds.list(params={"payment_intent": intent.id}).data) == 5000
    assert box.stats()["refunds"] == {"count": 2, "amount": 5000}


def test_a_refund_refuses_what_the_charge_does_not_have(box: Box) -> None:
    intent = box.charge(5000)
    for name in ("reverse_transfer", "refund_application_fee"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            box.v1.refunds.create(params={"payment_intent": intent.id, name: True})
        assert caught.value.param == name
    with pytest.raises(stripe.InvalidRequestError, match="exactly one"):
        box.v1.refunds.create(params={})
    unpaid = box.v1.payment_intents.create(params={"amount": 5000, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        box.v1.refunds.create(params={"payment_intent": unpaid.id})


def test_a_refund_may_wait_and_then_arrive(box: Box) -> None:
    intent = box.charge(5000, card="4000000000007726")
    refund = box.v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "pending"
    assert box.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert box.types()[-1] == "refund.updated"


def test_a_refund_may_fail_afterwards(box: Box) -> None:
    intent = box.charge(5000, card="4000000000005126")
    refund = box.v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "succeeded"
    failed = box.v1.refunds.retrieve(refund.id, params={"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 5000
    assert box.v1.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert "refund.failed" in box.types()


def test_the_balance_becomes_available_after_a_week(box: Box) -> None:
    box.charge(5000)
    assert box.v1.balance.retrieve().available[0].amount == 0
    box.control("clock", offset_seconds=8 * 86400)
    after = box.v1.balance.retrieve()
    assert (after.available[0].amount, after.pending[0].amount) == (4900, 0)
    assert {line.status for line in box.v1.balance_transactions.list().data} == {"available"}


# --- paying at once ---------------------------------------------------------------------------------------------------


def test_a_gift_is_charged_at_once_through_checkout(box: Box) -> None:
    account = box.account()
    session = box.payment_session(
        3500,
        customer_creation="always",
        submit_type="donate",
        payment_intent_data={
            "transfer_data": {"destination": account},
            "application_fee_amount": 78,
            "metadata": {"pledge": "9"},
        },
    )
    assert (session.payment_intent, session.amount_total, session.payment_status) == (None, 3500, "unpaid")
    assert "35,00" in requests.get(session.url, timeout=5).text
    declined = box.control(f"checkout/{session.id}/complete", card="4000000000009995")
    assert declined["error"]["decline_code"] == "insufficient_funds"
    box.control(f"checkout/{session.id}/complete", card="4000002760003184", email="anna@example.org", name="Anna Neri")
    done = box.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (done.status, done.payment_status, done.payment_intent.status) == ("complete", "paid", "succeeded")
    assert done.payment_intent.metadata.to_dict() == {"pledge": "9"}
    assert done.customer_details.email == "anna@example.org"
    assert box.v1.customers.retrieve(done.customer).name == "Anna Neri"
    assert done.line_items.data[0].amount_total == 3500
    assert [row["status"] for row in box.charges()] == ["failed", "succeeded"]
    assert box.charges()[1]["destination"] == account
    assert balance(box, account) == 3422


def test_an_intent_of_a_page_is_cancelled_with_the_page(box: Box) -> None:
    session = box.payment_session()
    refused = box.control(f"checkout/{session.id}/complete", card="4000002760003184", authorise=False)
    assert refused["status"] == "open"
    [intent] = box.v1.payment_intents.list().data
    with pytest.raises(stripe.InvalidRequestError, match="expire the Session"):
        box.v1.payment_intents.cancel(intent.id)
    box.v1.checkout.sessions.expire(session.id)
    assert box.v1.payment_intents.retrieve(intent.id).status == "canceled"


# --- disputes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "left"), [("lost", -2000 - 5000 + 4900), ("won", -2000 + 4900)])
def test_a_dispute_takes_the_money_and_a_fee(box: Box, how: str, left: int) -> None:
    intent = box.charge(5000)
    opened = box.control("disputes", charge=intent.latest_charge)
    assert box.v1.charges.retrieve(intent.latest_charge).disputed is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        box.v1.refunds.create(params={"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"
    box.control(f"disputes/{opened['id']}/close", status=how)
    dispute = box.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.charge, dispute.amount) == (how, intent.latest_charge, 5000)
    assert balance(box) == left
    types = box.types()
    assert "charge.dispute.created" in types
    assert "charge.dispute.closed" in types


def test_a_test_card_opens_a_dispute_by_itself(box: Box) -> None:
    box.charge(card="4000000000000259")
    assert box.v1.disputes.list().data[0].status == "needs_response"


def test_a_lost_dispute_can_reverse_its_transfer(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account})
    transfer = box.charges()[0]["transfer"]
    box.control("disputes", charge=intent.latest_charge)
    box.v1.transfers.reversals.create(transfer, options={"idempotency_key": "dispute:1:reversal"})
    assert balance(box, account) == 0
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        box.v1.transfers.reversals.create(transfer)


def test_a_reversal_gives_the_application_fee_back_when_asked(box: Box) -> None:
    account = box.account()
    box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100)
    [row] = box.charges()
    box.v1.transfers.reversals.create(row["transfer"], params={"refund_application_fee": True})
    assert balance(box, account) == 0
    assert balance(box) == 5000 - stripe_fee(5000)
    fee = box.v1.charges.retrieve(row["id"], params={"expand": ["application_fee"]}).application_fee
    assert fee.amount_refunded == 100


def test_what_was_paid_out_cannot_be_reversed(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100)
    box.charges()
    assert box.control(f"accounts/{account}/payout", amount=1)["amount"] == 1
    everything = {"reverse_transfer": True, "refund_application_fee": True}
    for ask in (
        lambda: box.v1.refunds.create(params={"payment_intent": intent.id, **everything}),
        lambda: box.v1.transfers.reversals.create(box.charges()[0]["transfer"]),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask()
        assert caught.value.code == "balance_insufficient"
    assert box.v1.refunds.create(params={"payment_intent": intent.id}).status == "succeeded"
    [payout] = box.v1.payouts.list(options={"stripe_account": account}).data
    [line] = box.v1.balance_transactions.list(params={"type": "payout"}, options={"stripe_account": account}).data
    assert (line.source, line.net, payout.balance_transaction) == (payout.id, -1, line.id)


def test_somebody_refunds_in_the_dashboard(box: Box) -> None:
    account = box.account()
    intent = box.charge(5000, transfer_data={"destination": account}, application_fee_amount=100)
    made = box.control("refunds", charge=intent.latest_charge, amount=2000)
    assert (made["amount"], made["transfer_reversal"], made["metadata"]) == (2000, None, {})
    assert box.control("refunds", charge=intent.latest_charge, amount=1000, reverse_transfer=True)["transfer_reversal"]
    assert balance(box, account) == 5000 - 100 - 1000
    assert box.control("refunds", charge=intent.latest_charge, amount=2001)["http"] == 400
    assert box.types().count("charge.refunded") == 2


def test_a_line_that_belongs_to_nothing_stands_on_the_balance(box: Box) -> None:
    box.control("lines", amount=-1)
    assert balance(box) == -1
