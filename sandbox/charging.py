"""An attempt to take money: asks the test card, writes the charge, says what became of the PaymentIntent."""

from datetime import UTC, datetime
from typing import Any

from sandbox.cards import AUTHENTICATION, EXPIRED, Card, Decline, of_private
from sandbox.errors import ApiError
from sandbox.settling import settle
from sandbox.shapes import Obj
from sandbox.work import Work


def attempt(work: Work, intent: Obj, method: Obj, *, off_session: bool, authenticated: bool = False) -> Obj:
    """Charge the method; a decline leaves a failed charge and raises Stripe's card error."""
    card = of_private(work.store.private(method["id"]))
    intent |= {"payment_method": method["id"], "next_action": None, "last_payment_error": None}
    if card.authentication != "never" and not authenticated:
        if off_session:
            raise declined(work, intent, method, AUTHENTICATION)
        return needs_action(work, intent)
    if outdated(method, work.now):
        raise declined(work, intent, method, EXPIRED)
    if card.charge is not None:
        raise declined(work, intent, method, card.charge)
    return succeeded(work, intent, method, card)


def outdated(method: Obj, now: int) -> bool:
    """Whether the card's month has passed on the sandbox's clock."""
    today = datetime.fromtimestamp(now, UTC)
    return (int(method["card"]["exp_year"]), int(method["card"]["exp_month"])) < (today.year, today.month)


def needs_action(work: Work, intent: Obj) -> Obj:
    """The bank wants to see the person."""
    intent["status"] = "requires_action"
    return_url = work.store.private(intent["id"]).get("return_url")
    url = f"{work.public_url}/authenticate/{intent['id']}"
    intent["next_action"] = {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": url},
    }
    work.store.save(intent)
    work.announce("payment_intent.requires_action", intent)
    return intent


def succeeded(work: Work, intent: Obj, method: Obj, card: Card) -> Obj:
    """The money is taken, or held where capture is manual."""
    captured = intent["capture_method"] != "manual"
    charge = write_charge(work, intent, method, status="succeeded", captured=captured)
    intent |= {"latest_charge": charge["id"], "status": "succeeded" if captured else "requires_capture"}
    if captured:
        intent["amount_received"] = intent["amount"]
    else:
        intent["amount_capturable"] = intent["amount"]
    work.store.save(intent)
    if card.disputed:
        work.store.remember(charge["id"], disputed=True)
    if not captured:
        work.announce("payment_intent.amount_capturable_updated", intent)
        return intent
    close_capture(work, intent, charge)
    return intent


def close_capture(work: Work, intent: Obj, charge: Obj) -> None:
    """Announce the success and move the money, at once or (`automatic_async`, Stripe's default) a moment later."""
    if intent["capture_method"] == "automatic_async":
        # As at Stripe: the answer and `charge.succeeded` carry no balance transaction yet; `charge.updated` follows.
        work.store.later(charge["id"], "settle")
    else:
        charge = settle(work, charge)
    work.announce("charge.succeeded", charge)
    work.announce("payment_intent.succeeded", intent)


def write_charge(
    work: Work, intent: Obj, method: Obj, *, status: str, captured: bool = False, decline: Decline | None = None
) -> Obj:
    """The charge of one attempt."""
    paid = decline is None
    card = method["card"]
    transfer_data = intent["transfer_data"]
    more: Obj = {}
    if paid and intent["capture_method"] == "manual":
        more["capture_before"] = work.now + 7 * 24 * 3600
    return work.add(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if captured else 0,
        amount_refunded=0,
        application_fee_amount=intent["application_fee_amount"],
        billing_details=method["billing_details"],
        calculated_statement_descriptor="COFONDA SANDBOX",
        captured=captured,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=decline.code if decline else None,
        failure_message=decline.message if decline else None,
        fraud_details={},
        metadata=intent["metadata"],
        on_behalf_of=intent["on_behalf_of"],
        outcome=_outcome(decline),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={
            "type": "card",
            "card": {
                key: card[key]
                for key in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
            }
            | {"network": card["brand"], "three_d_secure": None, "wallet": None, "mandate": None, "installments": None}
            | {"amount_authorized": intent["amount"] if paid else None}
            | more,
        },
        receipt_email=intent["receipt_email"],
        receipt_url=f"{work.public_url}/receipts/{intent['id']}" if paid else None,
        refunded=False,
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        status=status,
        transfer_data=(
            {"amount": transfer_data.get("amount"), "destination": transfer_data["destination"]}
            if transfer_data
            else None
        ),
        transfer_group=intent["transfer_group"],
    )


def _outcome(decline: Decline | None) -> Obj:
    common: Obj = {"risk_level": "normal", "risk_score": 12}
    if decline is None:
        return common | {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return common | {
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        "network_status": "declined_by_network",
        "reason": decline.decline_code,
        "seller_message": f"The bank returned the decline code `{decline.decline_code}`.",
        "type": "issuer_declined",
    }


def declined(work: Work, intent: Obj, method: Obj, decline: Decline) -> ApiError:
    """The bank says no: a failed charge, the PaymentIntent waits for another method, HTTP 402."""
    charge = write_charge(work, intent, method, status="failed", decline=decline)
    details = decline_details(decline) | {"charge": charge["id"]}
    intent |= {
        "latest_charge": charge["id"],
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": details | {"payment_method": method},
    }
    work.store.save(intent)
    work.announce("charge.failed", charge)
    work.announce("payment_intent.payment_failed", intent)
    return card_error(details, payment_intent=intent, payment_method=method)


def decline_details(decline: Decline) -> Obj:
    """The error hash that stays on the intent."""
    details: Obj = {
        "type": "card_error",
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
    }
    return {key: value for key, value in details.items() if value is not None}


def card_error(details: Obj, **embedded: Any) -> ApiError:
    """HTTP 402 from the details kept on the intent."""
    more = {
        key: value
        for key, value in details.items()
        if key not in ("type", "code", "message", "payment_method", "doc_url")
    }
    return ApiError(402, details["message"], kind="card_error", code=details["code"], keep=True, **more, **embedded)
