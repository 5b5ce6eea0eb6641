"""Payment methods: cards that were stored, and their going."""

from datetime import UTC, datetime

from sandbox.cards import CARDS, GENERIC, READY, Card, look_up
from sandbox.errors import ApiError, invalid, missing
from sandbox.shapes import Obj
from sandbox.work import Work, differences, merged_metadata

NOT_AGAIN = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, "
    "and may not be used again."
)


def billing_details(*, email: str | None = None, name: str | None = None, country: str | None = None) -> Obj:
    """Who the card belongs to."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")) | {"country": country}
    return {"address": address, "email": email or None, "name": name or None, "phone": None, "tax_id": None}


def card_details(card: Card, exp_month: int, exp_year: int) -> Obj:
    """The `card` hash."""
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def store_card(
    work: Work, card: Card, exp_month: int, exp_year: int, *, billing: Obj, customer: str | None = None
) -> Obj:
    """A new payment method for a card number."""
    return work.add(
        "payment_method",
        type="card",
        card=card_details(card, exp_month, exp_year),
        billing_details=billing,
        customer=customer,
        allow_redisplay="limited",
        metadata={},
        private={"number": card.number},
    )


def usable(work: Work, identifier: str) -> Obj:
    """The payment method named in a request; Stripe's ready-made test ones become new ones."""
    if identifier in READY:
        card = CARDS[READY[identifier]]
        expires = datetime.fromtimestamp(work.now, UTC).year + 3
        return store_card(work, card, 12, expires, billing=billing_details())
    return work.get("payment_method", identifier, param="payment_method")


def bound(work: Work, identifier: str, customer: str | None) -> Obj:
    """The payment method, if it may be used for this customer."""
    method = usable(work, identifier)
    if method["customer"] and method["customer"] != customer:
        if customer is None:
            raise invalid(
                "The provided PaymentMethod is attached to a Customer: include the Customer in the request.",
                param="payment_method",
            )
        raise invalid(
            f"The provided PaymentMethod cannot be used with Customer '{customer}': it belongs to another one.",
            param="payment_method",
        )
    if work.store.private(method["id"]).get("spent"):
        raise invalid(NOT_AGAIN, param="payment_method")
    return method


def bind(work: Work, method: Obj, customer: str) -> Obj:
    """Attach to a customer, once."""
    if method["customer"] == customer:
        return method
    method["customer"] = customer
    work.store.save(method)
    work.announce("payment_method.attached", method)
    return method


def detach_quietly(work: Work, method: Obj) -> Obj:
    """Take a method from its customer; it may never be used again."""
    previous = {"customer": method["customer"]}
    method["customer"] = None
    work.store.save(method)
    work.store.remember(method["id"], spent=True)
    work.announce("payment_method.detached", method, previous=previous)
    return method


def retrieve(work: Work, params: Obj, method: str) -> Obj:
    """GET /v1/payment_methods/{payment_method}"""
    found = work.store.get(method, "payment_method")
    if found is None:
        raise missing("PaymentMethod", method, param="payment_method")
    return found


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/payment_methods: raw card numbers, which Stripe takes from certified platforms only, are refused."""
    raise ApiError(
        402,
        "Sending credit card numbers directly to the Stripe API is generally unsafe. Use Checkout.",
    )


def update(work: Work, params: Obj, method: str) -> Obj:
    """POST /v1/payment_methods/{payment_method}"""
    old = retrieve(work, {}, method)
    if old["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    new = old | {"metadata": merged_metadata(old["metadata"], params.get("metadata"))}
    if "billing_details" in params:
        new["billing_details"] = old["billing_details"] | params["billing_details"]
    if "card" in params:
        new["card"] = old["card"] | {k: v for k, v in params["card"].items() if k in ("exp_month", "exp_year")}
    work.store.save(new)
    work.announce("payment_method.updated", new, previous=differences(old, new))
    return new


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/payment_methods"""
    if "customer" in params:
        work.get("customer", params["customer"], param="customer")
    filters = {"customer": "customer", "type": "type"}
    return work.page("payment_method", params, url="/v1/payment_methods", filters=filters)


def attach(work: Work, params: Obj, method: str) -> Obj:
    """POST /v1/payment_methods/{payment_method}/attach"""
    if "customer" not in params:
        raise invalid("Missing required param: customer.", param="customer")
    work.get("customer", params["customer"], param="customer")
    found = usable(work, method) if method in READY else retrieve(work, {}, method)
    if found["customer"] and found["customer"] != params["customer"]:
        raise invalid("The payment method you provided has already been attached to a customer.")
    known = work.store.private(found["id"])
    if known.get("spent"):
        raise invalid(NOT_AGAIN)
    card = look_up(known["number"])
    if card is not None and card.setup is not None:
        raise card_error(card, card.setup.message)
    return bind(work, found, params["customer"])


def card_error(card: Card, message: str) -> ApiError:
    """402 for a card that is refused when it is stored."""
    decline = card.setup or GENERIC
    return ApiError(402, message, kind="card_error", code=decline.code, decline_code=decline.decline_code)


def detach(work: Work, params: Obj, method: str) -> Obj:
    """POST /v1/payment_methods/{payment_method}/detach"""
    found = retrieve(work, {}, method)
    if found["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    return detach_quietly(work, found)
