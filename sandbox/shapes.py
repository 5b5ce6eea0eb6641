"""The shapes of Stripe's objects: identifiers, blank bodies and lists, taken from the classes of the pinned SDK."""

import secrets
from functools import cache
from typing import Any, TypeAlias, get_args

Obj: TypeAlias = dict[str, Any]

PREFIXES = {
    "account": "acct_",
    "application_fee": "fee_",
    "balance_transaction": "txn_",
    "bank_account": "ba_",
    "charge": "ch_",
    "checkout.session": "cs_test_",
    "customer": "cus_",
    "dispute": "dp_",
    "event": "evt_",
    "fee_refund": "fr_",
    "line_item": "li_",
    "payment_intent": "pi_",
    "payment_method": "pm_",
    "payout": "po_",
    "price": "price_",
    "product": "prod_",
    "refund": "re_",
    "setup_attempt": "setatt_",
    "setup_intent": "seti_",
    "transfer": "tr_",
    "transfer_reversal": "trr_",
}

CLASSES = {
    "account": ("stripe._account", "Account"),
    "application_fee": ("stripe._application_fee", "ApplicationFee"),
    "balance_transaction": ("stripe._balance_transaction", "BalanceTransaction"),
    "bank_account": ("stripe._bank_account", "BankAccount"),
    "charge": ("stripe._charge", "Charge"),
    "checkout.session": ("stripe.checkout._session", "Session"),
    "customer": ("stripe._customer", "Customer"),
    "dispute": ("stripe._dispute", "Dispute"),
    "event": ("stripe._event", "Event"),
    "fee_refund": ("stripe._application_fee_refund", "ApplicationFeeRefund"),
    "line_item": ("stripe._line_item", "LineItem"),
    "payment_intent": ("stripe._payment_intent", "PaymentIntent"),
    "payment_method": ("stripe._payment_method", "PaymentMethod"),
    "payout": ("stripe._payout", "Payout"),
    "price": ("stripe._price", "Price"),
    "refund": ("stripe._refund", "Refund"),
    "setup_attempt": ("stripe._setup_attempt", "SetupAttempt"),
    "setup_intent": ("stripe._setup_intent", "SetupIntent"),
    "transfer": ("stripe._transfer", "Transfer"),
    "transfer_reversal": ("stripe._transfer_reversal", "TransferReversal"),
}

# Fields that Stripe leaves out unless they are asked for or apply: reading them from a plain answer fails here too.
ABSENT = {
    "account": {"deleted", "individual", "groups"},
    "charge": {"refunds", "level3", "authorization_code", "presentment_details"},
    "checkout.session": {"line_items", "client_secret", "presentment_details"},
    "customer": {"deleted", "sources", "subscriptions", "tax", "tax_ids", "cash_balance", "invoice_credit_balance"},
    "event": {"account", "context"},
    "price": {"deleted", "currency_options", "tiers"},
    "bank_account": {"deleted", "customer"},
    "payment_intent": {"amount_details", "hooks", "payment_details", "presentment_details"},
    "refund": {"instructions_email", "presentment_details", "failure_balance_transaction"},
}

NO_LIVEMODE = {
    "account",
    "bank_account",
    "balance_transaction",
    "refund",
    "fee_refund",
    "line_item",
    "transfer_reversal",
}


@cache
def _optional_fields(kind: str) -> tuple[str, ...]:
    """The fields that the SDK's class for this kind allows to be null."""
    from importlib import import_module

    module, name = CLASSES[kind]
    annotations: Obj = getattr(import_module(module), name).__annotations__
    left_out = ABSENT.get(kind, set())
    if kind == "payment_method":  # only the hash of its own type is present
        return ("allow_redisplay", "customer")
    return tuple(f for f, hint in annotations.items() if type(None) in get_args(hint) and f not in left_out)


def new_id(kind: str) -> str:
    """A fresh identifier such as `cus_…`."""
    return PREFIXES[kind] + token(24 if kind != "account" else 16)


def token(length: int) -> str:
    """Random letters and digits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))


def blank(kind: str, *, now: int, **fields: Any) -> Obj:
    """A new object of this kind with every nullable field null and the given ones set."""
    body: Obj = {"id": fields.pop("id", None) or new_id(kind), "object": kind}
    body |= dict.fromkeys(_optional_fields(kind))
    if kind not in NO_LIVEMODE:
        body["livemode"] = False
    if kind not in ("line_item", "bank_account"):
        body["created"] = now
    body.update(fields)
    return body


def list_of(items: list[Obj], *, url: str, has_more: bool = False) -> Obj:
    """Stripe's list envelope."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
