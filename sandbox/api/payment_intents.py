"""PaymentIntents: create, confirm, retrieve, update, cancel, capture, list."""

from sandbox.api.accounts import check_destination
from sandbox.api.customers import living
from sandbox.api.payment_methods import bind, bound
from sandbox.charging import attempt, close_capture
from sandbox.errors import ApiError, invalid
from sandbox.money import LARGEST, SMALLEST, written
from sandbox.shapes import Obj, token
from sandbox.work import Work, merged_metadata

CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
ONLY_WITH_CONFIRM = ("off_session", "mandate", "mandate_data", "error_on_requires_action", "use_stripe_sdk")
PLAIN = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "shipping",
    "transfer_group",
    "payment_method_options",
    "allowed_payment_method_types",
    "excluded_payment_method_types",
)
CARD_FORMS = {
    "card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
}


def unexpected_state(verb: str, intent: Obj, noun: str = "PaymentIntent") -> ApiError:
    """Stripe's answer to a move that the status forbids."""
    kind = "payment_intent" if noun == "PaymentIntent" else "setup_intent"
    if verb == "confirm" and intent["status"] == "succeeded":
        message = f"You cannot confirm this {noun} because it has already succeeded after being previously confirmed."
    else:
        message = f"You cannot {verb} this {noun} because it has a status of {intent['status']}."
    embedded: Obj = {kind: intent}
    return invalid(message, code=f"{kind}_unexpected_state", **embedded)


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Between Stripe's smallest and largest charge."""
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param=param, code="parameter_invalid_integer")
    if amount < SMALLEST.get(currency, 50):
        smallest = written(SMALLEST.get(currency, 50), currency)
        raise invalid(f"Amount must be at least {smallest} {currency}", param=param, code="amount_too_small")
    if amount > LARGEST:
        largest = written(LARGEST, currency)
        raise invalid(f"Amount must be no more than {largest}", param=param, code="amount_too_large")


def check_currency(currency: str) -> str:
    """A three-letter code, in lower case."""
    lowered = currency.lower()
    if lowered not in SMALLEST:
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    return lowered


def check_connect(work: Work, params: Obj, amount: int) -> None:
    """Destination, fee and `on_behalf_of` fit each other and the accounts can take money."""
    data = params.get("transfer_data")
    fee = params.get("application_fee_amount")
    if fee is not None:
        if data is None and "on_behalf_of" not in params:
            raise invalid(
                "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using "
                "an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
                param="application_fee_amount",
            )
        if data is not None and data.get("amount") is not None:
            raise invalid(
                "You cannot use both application_fee_amount and transfer_data[amount].", param="transfer_data[amount]"
            )
        if not 0 <= fee <= amount:
            raise invalid(
                "Your application fee must be positive and no larger than the charge amount.",
                param="application_fee_amount",
            )
    if data is not None:
        if not 0 < (amount if data.get("amount") is None else data["amount"]) <= amount:
            raise invalid("The transfer amount may not exceed the charge amount.", param="transfer_data[amount]")
        check_destination(work, data["destination"], param="transfer_data[destination]")
    if params.get("on_behalf_of"):
        check_destination(work, params["on_behalf_of"], param="on_behalf_of", capability="card_payments")


def write(work: Work, params: Obj) -> Obj:
    """A new PaymentIntent, not yet confirmed."""
    currency = check_currency(params["currency"])
    check_amount(params["amount"], currency)
    check_connect(work, params, params["amount"])
    customer = params.get("customer")
    if customer:
        living(work, customer, param="customer")
    automatic = params.get("automatic_payment_methods")
    data = params.get("transfer_data")
    intent = work.add(
        "payment_intent",
        **{name: params.get(name) or None for name in PLAIN},
        amount=params["amount"],
        amount_capturable=0,
        amount_received=0,
        application_fee_amount=params.get("application_fee_amount"),
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"} | (automatic or {}),
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=currency,
        customer=customer,
        metadata=merged_metadata({}, params.get("metadata")),
        on_behalf_of=params.get("on_behalf_of"),
        payment_method_types=["card"],
        status="requires_payment_method",
        transfer_data={key: value for key, value in data.items() if value not in (None, "")} if data else None,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{token(25)}"
    intent["payment_method_options"] = CARD_FORMS | (intent["payment_method_options"] or {})
    if params.get("return_url"):
        work.store.remember(intent["id"], return_url=params["return_url"])
    return intent


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/payment_intents"""
    confirming = params.get("confirm", False)
    for name in ONLY_WITH_CONFIRM:
        if name in params and not confirming:
            raise invalid(f"You can only set {name} when confirm is true.", param=name)
    intent = write(work, params)
    method = bound(work, params["payment_method"], intent["customer"]) if params.get("payment_method") else None
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    work.store.save(intent)
    work.announce("payment_intent.created", intent)
    return _confirm(work, intent, params) if confirming else intent


def confirm(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/payment_intents/{intent}/confirm"""
    found = work.get("payment_intent", intent)
    if found["status"] not in CONFIRMABLE:
        raise unexpected_state("confirm", found)
    if params.get("payment_method"):
        found["payment_method"] = bound(work, params["payment_method"], found["customer"])["id"]
    for name in ("receipt_email", "setup_future_usage", "capture_method"):
        if name in params:
            found[name] = params[name] or None
    if params.get("return_url"):
        work.store.remember(intent, return_url=params["return_url"])
    return _confirm(work, found, params)


def _confirm(work: Work, intent: Obj, params: Obj) -> Obj:
    if not intent["payment_method"]:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. To confirm it, "
            "specify a payment method attached to a customer along with the customer ID.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    method = bound(work, intent["payment_method"], intent["customer"])
    off_session = bool(params.get("off_session", False))
    if off_session and not (intent["customer"] and method["customer"]):
        raise invalid(
            "With off_session the PaymentMethod must be attached to the Customer of the PaymentIntent.",
            param="off_session",
        )
    check_connect(work, {k: v for k, v in intent.items() if v is not None}, intent["amount"])
    result = attempt(work, intent, method, off_session=off_session)
    if result["status"] == "requires_action" and params.get("error_on_requires_action"):
        raise give_up(
            work, result, method, "authentication_required", "Your card was declined. It requires authentication."
        )
    keep_method(work, result, method)
    return result


def keep_method(work: Work, intent: Obj, method: Obj) -> None:
    """`setup_future_usage` stores the card with the customer once it was used."""
    if intent["status"] in ("succeeded", "requires_capture"):
        if intent["setup_future_usage"] and intent["customer"]:
            bind(work, method, intent["customer"])
            work.store.remember(method["id"], set_up=intent["setup_future_usage"] == "off_session" or None)
        elif method["customer"] is None:
            work.store.remember(method["id"], spent=True)


def authenticate(work: Work, intent: Obj, *, authorised: bool) -> Obj:
    """What the 3-D Secure page reports."""
    if intent["status"] != "requires_action":
        raise unexpected_state("authenticate", intent)
    method = work.get("payment_method", intent["payment_method"])
    if not authorised:
        raise give_up(work, intent, method, "payment_intent_authentication_failure", AUTHENTICATION_FAILED)
    result = attempt(work, intent, method, off_session=False, authenticated=True)
    keep_method(work, result, method)
    return result


AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


def give_up(work: Work, intent: Obj, method: Obj, code: str, message: str) -> ApiError:
    """The person did not authenticate: the intent waits for another method."""
    details: Obj = {"type": "invalid_request_error", "code": code, "message": message}
    if code == "authentication_required":
        details |= {"type": "card_error", "decline_code": code}
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": details | {"payment_method": method},
    }
    work.store.save(intent)
    work.announce("payment_intent.payment_failed", intent)
    return ApiError(
        402, message, kind=details["type"], code=code, keep=True, payment_intent=intent, payment_method=method
    )


def retrieve(work: Work, params: Obj, intent: str) -> Obj:
    """GET /v1/payment_intents/{intent}"""
    return work.get("payment_intent", intent)


def update(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/payment_intents/{intent}"""
    found = work.get("payment_intent", intent)
    changes = set(params) - {"metadata", "description", "expand"}
    if changes and found["status"] not in CONFIRMABLE:
        raise unexpected_state("update", found)
    if "amount" in params:
        check_amount(params["amount"], found["currency"])
    for name in ("amount", "application_fee_amount", *PLAIN):
        if name in params:
            found[name] = params[name] if params[name] != "" else None
    if "customer" in params:
        found["customer"] = living(work, params["customer"], param="customer")["id"]
    if params.get("payment_method"):
        found["payment_method"] = bound(work, params["payment_method"], found["customer"])["id"]
        found["status"] = "requires_confirmation"
    found["metadata"] = merged_metadata(found["metadata"], params.get("metadata"))
    return work.store.save(found)


def cancel(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/payment_intents/{intent}/cancel"""
    found = work.get("payment_intent", intent)
    if found["status"] not in CANCELLABLE:
        raise unexpected_state("cancel", found)
    if work.store.private(intent).get("session"):
        raise invalid("You cannot cancel a PaymentIntent of a Checkout Session; expire the Session instead.")
    return canceled(work, found, params.get("cancellation_reason"))


def canceled(work: Work, intent: Obj, reason: str | None) -> Obj:
    """The PaymentIntent takes no money any more."""
    intent |= {
        "status": "canceled",
        "canceled_at": work.now,
        "cancellation_reason": reason,
        "next_action": None,
        "amount_capturable": 0,
    }
    work.store.save(intent)
    work.announce("payment_intent.canceled", intent)
    return intent


def capture(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/payment_intents/{intent}/capture"""
    found = work.get("payment_intent", intent)
    if found["status"] != "requires_capture":
        raise unexpected_state("capture", found)
    amount: int = params.get("amount_to_capture") or found["amount_capturable"]
    if not 0 < amount <= found["amount_capturable"]:
        raise invalid(
            "The amount to capture exceeds the authorised amount.", param="amount_to_capture", code="amount_too_large"
        )
    found |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    work.store.save(found)
    charge = work.get("charge", found["latest_charge"])
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    work.store.save(charge)
    close_capture(work, found, charge)
    return found


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/payment_intents"""
    filters = {"customer": "customer"}
    return work.page("payment_intent", params, url="/v1/payment_intents", filters=filters)
