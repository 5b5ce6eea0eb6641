"""SetupIntents: a card stored for later, with or without 3-D Secure."""

from sandbox.api.accounts import check_exists
from sandbox.api.customers import living
from sandbox.api.payment_intents import AUTHENTICATION_FAILED, unexpected_state
from sandbox.api.payment_methods import bind, bound
from sandbox.cards import EXPIRED, Decline, of_private
from sandbox.charging import card_error, decline_details, outdated
from sandbox.errors import ApiError, invalid
from sandbox.shapes import Obj, token
from sandbox.work import Work, differences, merged_metadata

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CARD_FORMS = {"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}}


def write(work: Work, params: Obj, *, session: str | None = None) -> Obj:
    """A new SetupIntent, not yet confirmed."""
    customer = params.get("customer")
    if customer:
        living(work, customer, param="customer")
    if params.get("on_behalf_of"):
        check_exists(work, params["on_behalf_of"], param="on_behalf_of")
    intent = work.add(
        "setup_intent",
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"}
        | (params.get("automatic_payment_methods") or {}),
        customer=customer,
        description=params.get("description"),
        metadata=merged_metadata({}, params.get("metadata")),
        on_behalf_of=params.get("on_behalf_of"),
        payment_method_options=CARD_FORMS,
        payment_method_types=["card"],
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
        private={"session": session} if session else {},
    )
    intent["client_secret"] = f"{intent['id']}_secret_{token(25)}"
    work.store.save(intent)
    if params.get("return_url"):
        work.store.remember(intent["id"], return_url=params["return_url"])
    work.announce("setup_intent.created", intent)
    return intent


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/setup_intents"""
    intent = write(work, params)
    if params.get("payment_method"):
        intent["payment_method"] = bound(work, params["payment_method"], intent["customer"])["id"]
        intent["status"] = "requires_confirmation"
        work.store.save(intent)
    return _confirm(work, intent) if params.get("confirm") else intent


def confirm(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/setup_intents/{intent}/confirm"""
    found = work.get("setup_intent", intent)
    _not_of_a_session(work, found, "confirm")
    if found["status"] not in CONFIRMABLE:
        raise unexpected_state("confirm", found, "SetupIntent")
    if params.get("payment_method"):
        found["payment_method"] = bound(work, params["payment_method"], found["customer"])["id"]
    if params.get("return_url"):
        work.store.remember(intent, return_url=params["return_url"])
    return _confirm(work, found)


def _confirm(work: Work, intent: Obj) -> Obj:
    if not intent["payment_method"]:
        raise invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    return attempt(work, intent, bound(work, intent["payment_method"], intent["customer"]))


def _not_of_a_session(work: Work, intent: Obj, verb: str) -> None:
    if work.store.private(intent["id"]).get("session"):
        raise invalid(f"You cannot {verb} a SetupIntent of a Checkout Session; expire the Session instead.")


def attempt(work: Work, intent: Obj, method: Obj, *, authenticated: bool = False) -> Obj:
    """Store the card; the bank may refuse it or want to see the person."""
    card = of_private(work.store.private(method["id"]))
    intent |= {"payment_method": method["id"], "next_action": None, "last_setup_error": None}
    if outdated(method, work.now):
        raise refused(work, intent, method, EXPIRED)
    if card.setup is not None:
        raise refused(work, intent, method, card.setup)
    if card.authentication != "never" and not authenticated:
        url = f"{work.public_url}/authenticate/{intent['id']}"
        return_url = work.store.private(intent["id"]).get("return_url")
        intent |= {
            "status": "requires_action",
            "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}},
        }
        work.store.save(intent)
        work.announce("setup_intent.requires_action", intent)
        return intent
    _attempt_row(work, intent, "succeeded")
    intent["status"] = "succeeded"
    work.store.save(intent)
    work.store.remember(method["id"], set_up=True)
    if intent["customer"]:
        bind(work, method, intent["customer"])
    work.announce("setup_intent.succeeded", intent)
    return intent


def _attempt_row(work: Work, intent: Obj, status: str) -> None:
    row = work.add(
        "setup_attempt",
        customer=intent["customer"],
        on_behalf_of=intent["on_behalf_of"],
        payment_method=intent["payment_method"],
        payment_method_details={"type": "card", "card": {}},
        setup_intent=intent["id"],
        status=status,
        usage=intent["usage"],
    )
    intent["latest_attempt"] = row["id"]


def refused(work: Work, intent: Obj, method: Obj, decline: Decline) -> ApiError:
    """The bank does not let the card be stored."""
    return _fail(work, intent, method, decline_details(decline))


def _fail(work: Work, intent: Obj, method: Obj, details: Obj) -> ApiError:
    _attempt_row(work, intent, "failed")
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": details | {"payment_method": method},
    }
    work.store.save(intent)
    work.announce("setup_intent.setup_failed", intent)
    return card_error(details, setup_intent=intent, payment_method=method)


def authenticate(work: Work, intent: Obj, *, authorised: bool) -> Obj:
    """What the 3-D Secure page reports."""
    if intent["status"] != "requires_action":
        raise unexpected_state("authenticate", intent, "SetupIntent")
    method = work.get("payment_method", intent["payment_method"])
    if authorised:
        return attempt(work, intent, method, authenticated=True)
    code = "setup_intent_authentication_failure"
    raise _fail(work, intent, method, {"type": "invalid_request_error", "code": code, "message": AUTHENTICATION_FAILED})


def retrieve(work: Work, params: Obj, intent: str) -> Obj:
    """GET /v1/setup_intents/{intent}"""
    return work.get("setup_intent", intent)


def update(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/setup_intents/{intent}"""
    old = work.get("setup_intent", intent)
    new = old | {"metadata": merged_metadata(old["metadata"], params.get("metadata"))}
    if "description" in params:
        new["description"] = params["description"] or None
    if differences(old, new):
        work.store.save(new)
    return new


def cancel(work: Work, params: Obj, intent: str) -> Obj:
    """POST /v1/setup_intents/{intent}/cancel"""
    found = work.get("setup_intent", intent)
    _not_of_a_session(work, found, "cancel")
    if found["status"] not in CONFIRMABLE:
        raise unexpected_state("cancel", found, "SetupIntent")
    return canceled(work, found, params.get("cancellation_reason"))


def canceled(work: Work, intent: Obj, reason: str | None) -> Obj:
    """The SetupIntent stores no card any more."""
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    work.store.save(intent)
    work.announce("setup_intent.canceled", intent)
    return intent


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/setup_intents"""
    filters = {"customer": "customer", "payment_method": "payment_method"}
    return work.page("setup_intent", params, url="/v1/setup_intents", filters=filters)
