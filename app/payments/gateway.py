"""The only door to Stripe: every call the city makes, and nothing of Stripe's own types beyond this page.

Each function that changes something at Stripe takes our own idempotency key, written to our database before the call.
No function here may be called inside an open database transaction.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

import stripe
from flask import Flask, current_app

from app.core.db import in_transaction
from app.core.errors import Unavailable
from app.core.money import N_, ZERO, Money

CURRENCY = "eur"
SIGNATURE_SECONDS = 300
TEXT_LIMIT = 1200  # Stripe's limit for a text shown beside the Checkout button


class ProviderDown(Unavailable):
    """Stripe did not answer, or not in a way that says what happened: ask again later with the same key."""

    def __init__(self, said: str) -> None:
        super().__init__(
            N_("The payment service does not answer at the moment. Nothing was charged: try again in a minute.")
        )
        self.said = said


class ProviderBusy(ProviderDown):
    """Stripe gets more requests than it takes: ask again after a while with the same key."""


class ProviderRefused(Exception):
    """Stripe understood the request and will not do it: asking again changes nothing."""

    def __init__(self, said: str, code: str | None = None) -> None:
        super().__init__(said)
        self.code = code


class ForgedEvent(Exception):
    """A message that claims to be from Stripe and is not, or is stale."""


@dataclass(frozen=True)
class Card:
    """A stored card, as much of it as may be shown."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str


@dataclass(frozen=True)
class Checkout:
    """Stripe's hosted page, open for one donor."""

    id: str
    status: str  # open | complete | expired
    url: str | None
    mode: str  # setup | payment
    customer: str | None
    setup: str | None
    intent: str | None
    paid: bool


@dataclass(frozen=True)
class Setup:
    """Whether a card was stored."""

    id: str
    status: str
    card: Card | None
    problem: str | None


@dataclass(frozen=True)
class Intent:
    """One attempt to charge, as Stripe now sees it."""

    id: str
    status: str
    amount: Money
    received: Money
    fee: Money
    destination: str | None
    charge: str | None
    decline_code: str | None
    advice: str | None
    card: Card | None

    @property
    def settled(self) -> bool:
        """The money has moved."""
        return self.status == "succeeded"


@dataclass(frozen=True)
class Refund:
    """Money on its way back to a donor."""

    id: str
    status: str  # pending | succeeded | failed | canceled | requires_action
    amount: Money
    intent: str | None
    reason: str | None
    reference: str | None = None  # our mark on it, where we began it
    taken_back: Money = ZERO  # of the transfer to the non-profit's account


@dataclass(frozen=True)
class Dispute:
    """A donor's bank takes a charge back."""

    id: str
    status: str  # open | won | lost
    reason: str
    amount: Money  # what was withdrawn from our balance
    fee: Money
    answer_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True)
class Split:
    """How a charge was divided: what the non-profit's account got and gave back, the fee and what went back of it."""

    transfer: str | None
    moved: Money
    moved_back: Money
    fee: Money
    fee_back: Money


@dataclass(frozen=True)
class Line:
    """One line of a balance, with the charge it belongs to or the thing through which that is found."""

    id: str
    account: str
    type: str
    amount: int
    fee: int
    source: str | None
    about: str | None
    parent: str | None
    created_at: datetime


@dataclass(frozen=True)
class Account:
    """A non-profit's connected account."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    due: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """It may receive money and pay it out."""
        return self.charges_enabled and self.payouts_enabled and self.details_submitted


@dataclass(frozen=True)
class Event:
    """News from Stripe, already proved to be Stripe's."""

    id: str
    type: str
    created_at: datetime
    livemode: bool
    account: str | None
    object_id: str
    payload: dict[str, Any]


# --- the client -------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Refuse to start with a key and an address that do not belong together."""
    key = str(app.config.get("STRIPE_SECRET_KEY") or "")
    base = str(app.config.get("STRIPE_API_BASE") or "")
    if base and key.startswith(("sk_live_", "rk_live_")):
        raise RuntimeError("STRIPE_API_BASE is set together with a live key: a live key only ever talks to Stripe")
    if not base and key and not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise RuntimeError("STRIPE_SECRET_KEY is no Stripe key, and STRIPE_API_BASE is not set")


def _client() -> stripe.StripeClient:
    client = current_app.extensions.get("stripe_client")
    if client is None:
        base = str(current_app.config.get("STRIPE_API_BASE") or "").rstrip("/")
        client = stripe.StripeClient(
            str(current_app.config["STRIPE_SECRET_KEY"]),
            base_addresses={"api": base} if base else {},
            http_client=stripe.RequestsClient(timeout=(5, 30)),
            max_network_retries=int(current_app.config.get("STRIPE_RETRIES", 2)),
        )
        current_app.extensions["stripe_client"] = client
    return cast(stripe.StripeClient, client)


@contextmanager
def _asking() -> Iterator[None]:
    """Turn Stripe's errors into the two that matter, down or refused; never inside an open transaction."""
    if in_transaction():
        raise RuntimeError("Stripe is called between two transactions, never inside one")
    try:
        yield
    except stripe.RateLimitError as error:
        raise ProviderBusy(str(error)) from error
    except stripe.APIConnectionError as error:
        raise ProviderDown(str(error)) from error
    except stripe.IdempotencyError as error:
        raise ProviderRefused(str(error), "idempotency") from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        if status == 409 or status == 429 or status >= 500 or status == 0:
            raise ProviderDown(str(error)) from error
        raise ProviderRefused(str(error.user_message or error), error.code) from error


def livemode() -> bool:
    """Whether this installation talks to the real Stripe about real money."""
    return "_live_" in str(current_app.config.get("STRIPE_SECRET_KEY") or "")[:8]


# --- donors and the hosted page -----------------------------------------------------------------------------------


def create_customer(*, email: str, language: str, metadata: Mapping[str, str], key: str) -> str:
    """Open a customer at Stripe for one pledge and give its id."""
    with _asking():
        made = _client().v1.customers.create(
            params={"email": email, "preferred_locales": [language], "metadata": dict(metadata)},
            options={"idempotency_key": key},
        )
    return made.id


def create_setup_checkout(
    *,
    customer: str,
    text: str,
    language: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    metadata: Mapping[str, str],
    key: str,
    on_behalf_of: str | None = None,
) -> Checkout:
    """Open the hosted page that stores a card and charges nothing."""
    setup: Any = {"metadata": dict(metadata)}
    if on_behalf_of:
        setup["on_behalf_of"] = on_behalf_of
    with _asking():
        session = _client().v1.checkout.sessions.create(
            params={
                "mode": "setup",
                "currency": CURRENCY,
                "customer": customer,
                "allowed_payment_method_types": ["card"],
                "setup_intent_data": setup,
                "custom_text": {"submit": {"message": text[:TEXT_LIMIT]}},
                "locale": _locale(language),
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int(expires_at.timestamp()),
                "metadata": dict(metadata),
            },
            options={"idempotency_key": key},
        )
    return _checkout(session)


def create_payment_checkout(
    *,
    customer: str,
    amount: Money,
    title: str,
    destination: str,
    fee: Money,
    text: str,
    language: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    metadata: Mapping[str, str],
    key: str,
) -> Checkout:
    """Open the hosted page that charges a gift at once, for the non-profit's own account."""
    with _asking():
        session = _client().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "customer": customer,
                "allowed_payment_method_types": ["card"],
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": CURRENCY,
                            "unit_amount": amount.cents,
                            "product_data": {"name": title},
                        },
                    }
                ],
                "submit_type": "donate",
                "payment_intent_data": {
                    "transfer_data": {"destination": destination},
                    "application_fee_amount": fee.cents,
                    "metadata": dict(metadata),
                },
                "custom_text": {"submit": {"message": text[:TEXT_LIMIT]}},
                "locale": _locale(language),
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int(expires_at.timestamp()),
                "metadata": dict(metadata),
            },
            options={"idempotency_key": key},
        )
    return _checkout(session)


def read_checkout(checkout_id: str) -> Checkout:
    """The hosted page as it stands now."""
    with _asking():
        return _checkout(_client().v1.checkout.sessions.retrieve(checkout_id))


def expire_checkout(checkout_id: str, *, key: str) -> Checkout:
    """Close the hosted page if it is still open; either way, tell how it ended."""
    try:
        with _asking():
            return _checkout(
                _client().v1.checkout.sessions.expire(checkout_id, options={"idempotency_key": key}),
            )
    except ProviderRefused:
        return read_checkout(checkout_id)  # already complete or expired: the page as re-read is the truth


def read_setup(setup_id: str) -> Setup:
    """Whether the card was stored, and which."""
    with _asking():
        found = _client().v1.setup_intents.retrieve(setup_id, params={"expand": ["payment_method"]})
    problem = getattr(found, "last_setup_error", None)
    return Setup(
        id=found.id,
        status=found.status,
        card=_card(found.payment_method),
        problem=(getattr(problem, "decline_code", None) or getattr(problem, "code", None)) if problem else None,
    )


def detach(payment_method: str, *, key: str) -> None:
    """Forget a stored card; a card already forgotten is fine."""
    try:
        with _asking():
            _client().v1.payment_methods.detach(payment_method, options={"idempotency_key": key})
    except ProviderRefused as refused:
        with _asking():
            still = _client().v1.payment_methods.retrieve(payment_method)
        if getattr(still, "customer", None):
            raise refused


# --- charging -------------------------------------------------------------------------------------------------------


def create_intent(
    *,
    amount: Money,
    customer: str,
    payment_method: str,
    destination: str,
    fee: Money,
    description: str,
    metadata: Mapping[str, str],
    key: str,
    on_behalf_of: str | None = None,
) -> Intent:
    """Prepare a charge of a stored card for the non-profit's account; nothing moves until it is confirmed."""
    params: Any = {
        "amount": amount.cents,
        "currency": CURRENCY,
        "customer": customer,
        "payment_method": payment_method,
        "allowed_payment_method_types": ["card"],
        "transfer_data": {"destination": destination},
        "application_fee_amount": fee.cents,
        "description": description,
        "metadata": dict(metadata),
    }
    if on_behalf_of:
        params["on_behalf_of"] = on_behalf_of
    with _asking():
        made = _client().v1.payment_intents.create(params=params, options={"idempotency_key": key})
    return _intent(made)


def confirm_intent(intent_id: str, *, key: str) -> Intent:
    """Charge the stored card without its owner present; a declined card is an answer, not an error."""
    try:
        with _asking():
            done = _client().v1.payment_intents.confirm(
                intent_id,
                params={"off_session": True, "expand": ["payment_method"]},
                options={"idempotency_key": key},
            )
    except ProviderRefused:
        return read_intent(intent_id)  # declined, or already confirmed: the intent as re-read says which
    return _intent(done)


def read_intent(intent_id: str) -> Intent:
    """The charge attempt as Stripe sees it now: the truth."""
    with _asking():
        return _intent(_client().v1.payment_intents.retrieve(intent_id, params={"expand": ["payment_method"]}))


def cancel_intent(intent_id: str, *, key: str) -> Intent:
    """Make sure that this attempt never charges any more; if it already did, say so."""
    try:
        with _asking():
            return _intent(
                _client().v1.payment_intents.cancel(
                    intent_id,
                    params={"cancellation_reason": "abandoned"},
                    options={"idempotency_key": key},
                )
            )
    except ProviderRefused:
        return read_intent(intent_id)


def refund(
    intent_id: str, *, amount: Money, metadata: Mapping[str, str], key: str, from_platform: bool = False
) -> Refund:
    """Send a gift back: taken from the non-profit's account, our fee given back with it, or all from the platform."""
    with _asking():
        made = _client().v1.refunds.create(
            params={
                "payment_intent": intent_id,
                "amount": amount.cents,
                "reverse_transfer": not from_platform,
                "refund_application_fee": not from_platform,
                "metadata": dict(metadata),
                "expand": ["transfer_reversal"],
            },
            options={"idempotency_key": key},
        )
    return _refund(made)


def read_refund(refund_id: str) -> Refund:
    """The refund as it stands now."""
    with _asking():
        return _refund(_client().v1.refunds.retrieve(refund_id, params={"expand": ["transfer_reversal"]}))


def refunds_of(intent_id: str) -> list[Refund]:
    """Every refund of a charge, also those made by hand at Stripe; oldest first."""
    with _asking():
        listed = _client().v1.refunds.list(
            params={"payment_intent": intent_id, "limit": 100, "expand": ["data.transfer_reversal"]}
        )
        return [_refund(each) for each in listed.auto_paging_iter()][::-1]


def disputes_of(intent_id: str) -> list[Dispute]:
    """Every dispute of a charge that moved money; a mere inquiry of the bank is none."""
    with _asking():
        listed = _client().v1.disputes.list(params={"payment_intent": intent_id, "limit": 100})
        found = [_dispute(each) for each in listed.auto_paging_iter()]
    return [each for each in found if each is not None][::-1]


def read_split(charge_id: str) -> Split:
    """How the money of a charge is divided between the non-profit's account and the fee, as it stands now."""
    with _asking():
        found = _client().v1.charges.retrieve(charge_id, params={"expand": ["transfer", "application_fee"]})
    transfer, fee = getattr(found, "transfer", None), getattr(found, "application_fee", None)
    return Split(
        transfer=_id(transfer),
        moved=Money(int(transfer.amount)) if transfer else ZERO,
        moved_back=Money(int(transfer.amount_reversed)) if transfer else ZERO,
        fee=Money(int(fee.amount)) if fee else ZERO,
        fee_back=Money(int(fee.amount_refunded)) if fee else ZERO,
    )


def reversal_of(transfer_id: str, mark: str) -> Money | None:
    """What an earlier reversal with this mark of ours took, if there was one."""
    with _asking():
        listed = _client().v1.transfers.reversals.list(transfer_id, params={"limit": 100})
        for each in listed.auto_paging_iter():
            if _field(getattr(each, "metadata", None) or {}, "dispute") == mark:
                return Money(int(each.amount))
    return None


def reverse_transfer(transfer_id: str, *, amount: Money, metadata: Mapping[str, str], key: str) -> Money:
    """Take a gift back from the non-profit's account, the fee given back in proportion; what was taken."""
    with _asking():
        made = _client().v1.transfers.reversals.create(
            transfer_id,
            params={"amount": amount.cents, "refund_application_fee": True, "metadata": dict(metadata)},
            options={"idempotency_key": key},
        )
    return Money(int(made.amount))


# --- the balance ------------------------------------------------------------------------------------------------------


def balance_lines(account: str, *, since: datetime, until: datetime) -> list[Line]:
    """Every line of the platform's balance ("") or of a connected account's, created between these two."""
    options: Any = {"stripe_account": account} if account else {}
    with _asking():
        listed = _client().v1.balance_transactions.list(
            params={
                "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
                "limit": 100,
                "expand": ["data.source"],
            },
            options=options,
        )
        return [_line(each, account) for each in listed.auto_paging_iter()]


# --- the non-profit's account ---------------------------------------------------------------------------------------


def create_account(*, name: str, email: str, metadata: Mapping[str, str], key: str) -> Account:
    """Open a connected account for a verified non-profit of this country."""
    with _asking():
        made = _client().v1.accounts.create(
            params={
                "country": "IT",
                "email": email,
                "default_currency": CURRENCY,
                "business_type": "non_profit",
                "business_profile": {"name": name},
                "company": {"name": name},
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "requirement_collection": "stripe",
                    "stripe_dashboard": {"type": "express"},
                },
                "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
                "settings": {"payouts": {"schedule": {"interval": "manual"}}},
                "metadata": dict(metadata),
            },
            options={"idempotency_key": key},
        )
    return _account(made)


def account_link(account_id: str, *, refresh_url: str, return_url: str, key: str) -> str:
    """The address where the non-profit's representative completes its data at Stripe."""
    with _asking():
        link = _client().v1.account_links.create(
            params={
                "account": account_id,
                "type": "account_onboarding",
                "refresh_url": refresh_url,
                "return_url": return_url,
            },
            options={"idempotency_key": key},
        )
    return link.url


def read_account(account_id: str) -> Account:
    """The connected account as it stands now."""
    with _asking():
        return _account(_client().v1.accounts.retrieve(account_id))


# --- news -----------------------------------------------------------------------------------------------------------


def success_event_at(object_id: str, *, since: datetime, until: datetime) -> datetime | None:
    """When Stripe created the event that says this card was stored or this payment went through, between these two."""
    kinds = ["setup_intent.succeeded", "payment_intent.succeeded"]
    with _asking():
        listed = _client().v1.events.list(
            params={
                "types": kinds,
                "created": {"gte": int(since.timestamp()) - 1, "lte": int(until.timestamp()) + 1},
                "limit": 100,
            }
        )
        for event in listed.auto_paging_iter():
            if _field(_field(event.data, "object"), "id") == object_id:
                return datetime.fromtimestamp(event.created, UTC)
    return None


def verify_event(payload: bytes, signature: str | None) -> Event:
    """Prove that a message is Stripe's, fresh and of our mode, or raise ForgedEvent."""
    secrets = str(current_app.config.get("STRIPE_WEBHOOK_SECRET") or "").split(",")
    if not any(secret and _signed(payload, signature or "", secret) for secret in secrets):
        raise ForgedEvent("signature")
    try:
        body = json.loads(payload)
        event = Event(
            id=str(body["id"]),
            type=str(body["type"]),
            created_at=datetime.fromtimestamp(int(body["created"]), UTC),
            livemode=bool(body["livemode"]),
            account=body.get("account"),
            object_id=str(body["data"]["object"]["id"]),
            payload=body,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgedEvent("shape") from error
    if event.livemode != livemode():
        raise ForgedEvent("livemode")
    return event


def _signed(payload: bytes, header: str, secret: str) -> bool:
    """Stripe's own check, and beyond it an upper bound: a stamp from the future is refused too."""
    stamps = [part[2:] for part in header.split(",") if part.startswith("t=")]
    # Real time on purpose: a signature's age is a matter of transport, not of the city's calendar.
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,12}", stamps[0]):
        return False
    if abs(time.time() - int(stamps[0])) > SIGNATURE_SECONDS:
        return False
    expected = hmac.new(secret.encode(), stamps[0].encode() + b"." + payload, hashlib.sha256).hexdigest()
    given = [part[3:] for part in header.split(",") if part.startswith("v1=")]
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


# --- from Stripe's shapes to ours -----------------------------------------------------------------------------------


def _locale(language: str) -> Literal["it", "en"]:
    return "it" if language == "it" else "en"


def _field(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _id(thing: Any) -> str | None:
    """An object's id, whether Stripe sent the object or only its id."""
    return thing if isinstance(thing, str) or thing is None else cast(str, thing.id)


def _card(method: Any) -> Card | None:
    card = None if method is None or isinstance(method, str) else getattr(method, "card", None)
    if card is None:
        return None
    return Card(
        id=method.id,
        brand=str(card.brand),
        last4=str(card.last4),
        exp_month=int(card.exp_month),
        exp_year=int(card.exp_year),
        fingerprint=str(getattr(card, "fingerprint", None) or ""),
    )


def _checkout(session: Any) -> Checkout:
    return Checkout(
        id=session.id,
        status=str(session.status),
        url=getattr(session, "url", None),
        mode=str(session.mode),
        customer=_id(getattr(session, "customer", None)),
        setup=_id(getattr(session, "setup_intent", None)),
        intent=_id(getattr(session, "payment_intent", None)),
        paid=getattr(session, "payment_status", None) == "paid",
    )


def _intent(found: Any) -> Intent:
    error = getattr(found, "last_payment_error", None)
    transfer = getattr(found, "transfer_data", None)
    return Intent(
        id=found.id,
        status=str(found.status),
        amount=Money(int(found.amount)),
        received=Money(int(getattr(found, "amount_received", 0) or 0)),
        fee=Money(int(getattr(found, "application_fee_amount", 0) or 0)),
        destination=_id(getattr(transfer, "destination", None)) if transfer else None,
        charge=_id(getattr(found, "latest_charge", None)),
        decline_code=(getattr(error, "decline_code", None) or getattr(error, "code", None)) if error else None,
        advice=_advice(error),
        card=_card(getattr(found, "payment_method", None)) or _card(getattr(error, "payment_method", None)),
    )


def _advice(error: Any) -> str | None:
    """What the card network says about asking again, where it says anything."""
    if error is None:
        return None
    return getattr(error, "advice_code", None) or getattr(error, "network_advice_code", None)


def _refund(found: Any) -> Refund:
    reversal = getattr(found, "transfer_reversal", None)
    return Refund(
        id=found.id,
        status=str(found.status),
        amount=Money(int(found.amount)),
        intent=_id(getattr(found, "payment_intent", None)),
        reason=getattr(found, "failure_reason", None),
        reference=_field(getattr(found, "metadata", None) or {}, "refund"),
        taken_back=Money(int(reversal.amount)) if reversal and not isinstance(reversal, str) else ZERO,
    )


# Where a line's source names the charge itself, and where only another thing through which it is found.
_ABOUT = {
    "transfer": "source_transaction",
    "application_fee": "originating_transaction",
    "refund": "charge",
    "dispute": "charge",
}
_PARENT = {"transfer_reversal": "transfer", "fee_refund": "fee"}


def _line(found: Any, account: str) -> Line:
    source = getattr(found, "source", None)
    kind = str(_field(source, "object") or "") if source is not None and not isinstance(source, str) else ""
    about = _id(_field(source, _ABOUT[kind])) if kind in _ABOUT else None
    parent = _id(_field(source, _PARENT[kind])) if kind in _PARENT else None
    if kind == "charge" and not account:
        about = _id(source)
    elif kind == "charge":  # what the connected account sees of a charge, or what went back of it
        parent = _id(source) if str(found.type) != "payment" else _id(_field(source, "source_transfer"))
    elif kind == "refund" and account:
        about, parent = None, _id(_field(source, "charge"))
    return Line(
        id=found.id,
        account=account,
        type=str(found.type),
        amount=int(found.amount),
        fee=int(found.fee),
        source=_id(source),
        about=about,
        parent=parent,
        created_at=datetime.fromtimestamp(int(found.created), UTC),
    )


def _dispute(found: Any) -> Dispute | None:
    """None for an inquiry: the bank asks, no money has moved."""
    lines = getattr(found, "balance_transactions", None) or []
    withdrawn = -sum(int(line.amount) for line in lines if int(line.amount) < 0)
    if not withdrawn:
        return None
    details = getattr(found, "evidence_details", None)
    due = getattr(details, "due_by", None) if details else None
    status = str(found.status)
    return Dispute(
        id=found.id,
        status=status if status in ("won", "lost") else "open",
        reason=str(getattr(found, "reason", None) or ""),
        amount=Money(withdrawn),
        fee=Money(sum(int(line.fee) for line in lines if int(line.amount) < 0)),
        answer_by=datetime.fromtimestamp(int(due), UTC) if due else None,
        opened_at=datetime.fromtimestamp(int(found.created), UTC),
    )


def _account(found: Any) -> Account:
    requirements = getattr(found, "requirements", None)
    due = getattr(requirements, "currently_due", None) or [] if requirements else []
    return Account(
        id=found.id,
        charges_enabled=bool(getattr(found, "charges_enabled", False)),
        payouts_enabled=bool(getattr(found, "payouts_enabled", False)),
        details_submitted=bool(getattr(found, "details_submitted", False)),
        due=tuple(str(each) for each in due),
    )
