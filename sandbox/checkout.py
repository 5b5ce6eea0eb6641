"""What the hosted page does with a card: stores it, or charges it; used by the page and by the control API alike."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox import charging
from sandbox.api import payment_intents, setup_intents
from sandbox.api.checkout_sessions import customer_details
from sandbox.api.payment_methods import billing_details, store_card
from sandbox.cards import CARDS, look_up, luhn
from sandbox.errors import ApiError
from sandbox.shapes import Obj
from sandbox.work import Work


@dataclass(frozen=True)
class Typed:
    """What the person typed."""

    number: str
    exp_month: int
    exp_year: int
    email: str
    name: str = ""


class NotOpen(Exception):
    """The session is complete or expired."""


def faults(typed: Typed, now: int) -> dict[str, str]:
    """Field → what is wrong with it (a key of the page's words)."""
    found: dict[str, str] = {}
    if not luhn(typed.number) or not 13 <= len(typed.number) <= 19:
        found["card"] = "card_invalid"
    elif look_up(typed.number) is None:
        found["card"] = "card_not_test"
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= typed.exp_month <= 12:
        found["expiry"] = "expiry_invalid"
    elif (typed.exp_year, typed.exp_month) < (today.year, today.month):
        found["expiry"] = "expiry_past"
    elif typed.exp_year > today.year + 50:
        found["expiry"] = "expiry_invalid"
    return found


def submit(work: Work, session: Obj, typed: Typed) -> Obj:
    """Take the card; answers the session, complete or waiting for 3-D Secure; a decline raises the card error."""
    if session["status"] != "open":
        raise NotOpen
    card = CARDS[typed.number]
    billing = billing_details(email=typed.email, name=typed.name, country="IT")
    method = store_card(work, card, typed.exp_month, typed.exp_year, billing=billing)
    work.store.remember(session["id"], email=typed.email, name=typed.name or None)
    if session["mode"] == "setup":
        intent = work.get("setup_intent", session["setup_intent"])
        result = setup_intents.attempt(work, intent, method)
    else:
        result = _pay(work, session, method, typed)
    return _after(work, session, result)


def _pay(work: Work, session: Obj, method: Obj, typed: Typed) -> Obj:
    begun = work.store.private(session["id"]).get("intent")
    intent = work.get("payment_intent", str(begun)) if begun else _begin(work, session, typed)
    intent["payment_method"] = method["id"]
    result = charging.attempt(work, intent, method, off_session=False)
    payment_intents.keep_method(work, result, method)
    return result


def _begin(work: Work, session: Obj, typed: Typed) -> Obj:
    known = work.store.private(session["id"])
    if session["customer"] is None and known.get("customer_creation") == "always":
        customer = work.add("customer", email=typed.email, name=typed.name or None, metadata={})
        session["customer"] = customer["id"]
        work.store.save(session)
        work.store.remember(session["id"], own_customer=True)
        work.announce("customer.created", customer)
    data: Obj = {"amount": session["amount_total"], "currency": session["currency"]} | known["payment_intent_data"]
    if session["customer"]:
        data["customer"] = session["customer"]
    intent = payment_intents.write(work, data)
    work.store.save(intent)
    work.store.remember(intent["id"], session=session["id"])
    work.store.remember(session["id"], intent=intent["id"])
    work.announce("payment_intent.created", intent)
    return intent


def authenticated(work: Work, session: Obj, *, authorised: bool) -> Obj:
    """The 3-D Secure page answered."""
    if session["status"] != "open":
        raise NotOpen
    if session["mode"] == "setup":
        intent = work.get("setup_intent", session["setup_intent"])
        return _after(work, session, setup_intents.authenticate(work, intent, authorised=authorised))
    intent = work.get("payment_intent", work.store.private(session["id"])["intent"])
    return _after(work, session, payment_intents.authenticate(work, intent, authorised=authorised))


def _after(work: Work, session: Obj, intent: Obj) -> Obj:
    if intent["status"] == "requires_action":
        return work.store.save(session)
    return _complete(work, session, intent)


def _complete(work: Work, session: Obj, intent: Obj) -> Obj:
    known = work.store.private(session["id"])
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": customer_details(known["email"], known.get("name")),
    }
    if (session["consent_collection"] or {}).get("terms_of_service") == "required":
        session["consent"] = {"promotions": None, "terms_of_service": "accepted"}
    if session["mode"] == "payment":
        session |= {"payment_intent": intent["id"], "payment_status": "paid"}
    if known.get("own_customer"):  # made at a first, declined attempt; what was typed last counts
        customer = work.get("customer", session["customer"])
        work.store.save(customer | {"email": known["email"], "name": known.get("name")})
    work.store.save(session)
    work.announce("checkout.session.completed", session)
    return session


def success_url(session: Obj) -> str:
    """The way back."""
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def at_once(work: Work, session: Obj, typed: Typed, *, authorise: bool) -> Obj:
    """The page's submit and the 3-D Secure answer in one step, for demo data and tests."""
    wrong = faults(typed, work.now)
    if wrong:
        raise ApiError(400, f"The page would refuse this: {wrong}", code="invalid_card_form")
    result = submit(work, session, typed)
    return result if result["status"] == "complete" else authenticated(work, result, authorised=authorise)
