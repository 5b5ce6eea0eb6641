"""The only door to Stripe: every call the city makes, and nothing of Stripe's own types beyond this page.

Each function that changes something at Stripe takes our own idempotency key, written to our database before the call.
No function here may be called inside an open database transaction.
"""

from app.payments.gateway.accounts import account_link, balance_lines, create_account, read_account
from app.payments.gateway.charging import (
    cancel_intent,
    confirm_intent,
    create_intent,
    disputes_of,
    read_intent,
    read_refund,
    read_split,
    refund,
    refunds_of,
    reversal_of,
    reverse_transfer,
)
from app.payments.gateway.client import init_app, livemode
from app.payments.gateway.donors import (
    create_customer,
    create_payment_checkout,
    create_setup_checkout,
    detach,
    expire_checkout,
    read_checkout,
    read_setup,
)
from app.payments.gateway.news import success_event_at, verify_event
from app.payments.gateway.things import (
    Account,
    Card,
    Checkout,
    Dispute,
    Event,
    ForgedEvent,
    Intent,
    Line,
    ProviderBusy,
    ProviderDown,
    ProviderRefused,
    Refund,
    Setup,
    Split,
)

__all__ = [
    "Account",
    "Card",
    "Checkout",
    "Dispute",
    "Event",
    "ForgedEvent",
    "Intent",
    "Line",
    "ProviderBusy",
    "ProviderDown",
    "ProviderRefused",
    "Refund",
    "Setup",
    "Split",
    "account_link",
    "balance_lines",
    "cancel_intent",
    "confirm_intent",
    "create_account",
    "create_customer",
    "create_intent",
    "create_payment_checkout",
    "create_setup_checkout",
    "detach",
    "disputes_of",
    "expire_checkout",
    "init_app",
    "livemode",
    "read_account",
    "read_checkout",
    "read_intent",
    "read_refund",
    "read_setup",
    "read_split",
    "refund",
    "refunds_of",
    "reversal_of",
    "reverse_transfer",
    "success_event_at",
    "verify_event",
]
