"""From Stripe's shapes to ours."""

from datetime import UTC, datetime
from typing import Any, Literal, cast

from app.core.money import ZERO, Money
from app.payments.gateway.things import Account, Card, Checkout, Dispute, Intent, Line, Refund


def locale_of(language: str) -> Literal["it", "en"]:
    """The hosted page speaks these two."""
    return "it" if language == "it" else "en"


def field_of(thing: Any, name: str) -> Any:
    """A field of what Stripe sent, as an object or as a dictionary."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def id_of(thing: Any) -> str | None:
    """An object's id, whether Stripe sent the object or only its id."""
    return thing if isinstance(thing, str) or thing is None else cast(str, thing.id)


def card_of(method: Any) -> Card | None:
    """The card of a payment method, if it was sent whole."""
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


def checkout_of(session: Any) -> Checkout:
    """A Checkout session."""
    return Checkout(
        id=session.id,
        status=str(session.status),
        url=getattr(session, "url", None),
        mode=str(session.mode),
        customer=id_of(getattr(session, "customer", None)),
        setup=id_of(getattr(session, "setup_intent", None)),
        intent=id_of(getattr(session, "payment_intent", None)),
        paid=getattr(session, "payment_status", None) == "paid",
    )


def intent_of(found: Any) -> Intent:
    """A payment intent, with why it was declined."""
    error = getattr(found, "last_payment_error", None)
    transfer = getattr(found, "transfer_data", None)
    return Intent(
        id=found.id,
        status=str(found.status),
        amount=Money(int(found.amount)),
        received=Money(int(getattr(found, "amount_received", 0) or 0)),
        fee=Money(int(getattr(found, "application_fee_amount", 0) or 0)),
        destination=id_of(getattr(transfer, "destination", None)) if transfer else None,
        charge=id_of(getattr(found, "latest_charge", None)),
        decline_code=(getattr(error, "decline_code", None) or getattr(error, "code", None)) if error else None,
        advice=_advice(error),
        card=card_of(getattr(found, "payment_method", None)) or card_of(getattr(error, "payment_method", None)),
    )


def _advice(error: Any) -> str | None:
    """What the card network says about asking again, where it says anything."""
    if error is None:
        return None
    return getattr(error, "advice_code", None) or getattr(error, "network_advice_code", None)


def refund_of(found: Any) -> Refund:
    """A refund, with what came back from the association."""
    reversal = getattr(found, "transfer_reversal", None)
    return Refund(
        id=found.id,
        status=str(found.status),
        amount=Money(int(found.amount)),
        intent=id_of(getattr(found, "payment_intent", None)),
        reason=getattr(found, "failure_reason", None),
        reference=field_of(getattr(found, "metadata", None) or {}, "refund"),
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


def line_of(found: Any, account: str) -> Line:
    """A balance transaction, and which of our facts it is about."""
    source = getattr(found, "source", None)
    kind = str(field_of(source, "object") or "") if source is not None and not isinstance(source, str) else ""
    about = id_of(field_of(source, _ABOUT[kind])) if kind in _ABOUT else None
    parent = id_of(field_of(source, _PARENT[kind])) if kind in _PARENT else None
    if kind == "charge" and not account:
        about = id_of(source)
    elif kind == "charge":  # what the connected account sees of a charge, or what went back of it
        parent = id_of(source) if str(found.type) != "payment" else id_of(field_of(source, "source_transfer"))
    elif kind == "refund" and account:
        about, parent = None, id_of(field_of(source, "charge"))
    return Line(
        id=found.id,
        account=account,
        type=str(found.type),
        amount=int(found.amount),
        fee=int(found.fee),
        source=id_of(source),
        about=about,
        parent=parent,
        created_at=datetime.fromtimestamp(int(found.created), UTC),
    )


def dispute_of(found: Any) -> Dispute | None:
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


def account_of(found: Any) -> Account:
    """A connected account, and what it still lacks."""
    requirements = getattr(found, "requirements", None)
    due = getattr(requirements, "currently_due", None) or [] if requirements else []
    return Account(
        id=found.id,
        charges_enabled=bool(getattr(found, "charges_enabled", False)),
        payouts_enabled=bool(getattr(found, "payouts_enabled", False)),
        details_submitted=bool(getattr(found, "details_submitted", False)),
        due=tuple(str(each) for each in due),
    )
