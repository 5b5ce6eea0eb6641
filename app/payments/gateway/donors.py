"""Donors and the hosted page: customers, Checkout, stored cards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.core.money import Money
from app.payments.gateway.client import asking, stripe_client
from app.payments.gateway.shapes import card_of, checkout_of, locale_of
from app.payments.gateway.things import CURRENCY, TEXT_LIMIT, Checkout, ProviderRefused, Setup


def create_customer(*, email: str, language: str, metadata: Mapping[str, str], key: str) -> str:
    """Open a customer at Stripe for one pledge and give its id."""
    with asking():
        made = stripe_client().v1.customers.create(
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
    with asking():
        session = stripe_client().v1.checkout.sessions.create(
            params={
                "mode": "setup",
                "currency": CURRENCY,
                "customer": customer,
                "allowed_payment_method_types": ["card"],
                "setup_intent_data": setup,
                "custom_text": {"submit": {"message": text[:TEXT_LIMIT]}},
                "locale": locale_of(language),
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int(expires_at.timestamp()),
                "metadata": dict(metadata),
            },
            options={"idempotency_key": key},
        )
    return checkout_of(session)


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
    with asking():
        session = stripe_client().v1.checkout.sessions.create(
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
                "locale": locale_of(language),
                "success_url": success_url,
                "cancel_url": cancel_url,
                "expires_at": int(expires_at.timestamp()),
                "metadata": dict(metadata),
            },
            options={"idempotency_key": key},
        )
    return checkout_of(session)


def read_checkout(checkout_id: str) -> Checkout:
    """The hosted page as it stands now."""
    with asking():
        return checkout_of(stripe_client().v1.checkout.sessions.retrieve(checkout_id))


def expire_checkout(checkout_id: str, *, key: str) -> Checkout:
    """Close the hosted page if it is still open; either way, tell how it ended."""
    try:
        with asking():
            return checkout_of(
                stripe_client().v1.checkout.sessions.expire(checkout_id, options={"idempotency_key": key}),
            )
    except ProviderRefused:
        return read_checkout(checkout_id)  # already complete or expired: the page as re-read is the truth


def read_setup(setup_id: str) -> Setup:
    """Whether the card was stored, and which."""
    with asking():
        found = stripe_client().v1.setup_intents.retrieve(setup_id, params={"expand": ["payment_method"]})
    problem = getattr(found, "last_setup_error", None)
    return Setup(
        id=found.id,
        status=found.status,
        card=card_of(found.payment_method),
        problem=(getattr(problem, "decline_code", None) or getattr(problem, "code", None)) if problem else None,
    )


def detach(payment_method: str, *, key: str) -> None:
    """Forget a stored card; a card already forgotten is fine."""
    try:
        with asking():
            stripe_client().v1.payment_methods.detach(payment_method, options={"idempotency_key": key})
    except ProviderRefused as refused:
        with asking():
            still = stripe_client().v1.payment_methods.retrieve(payment_method)
        if getattr(still, "customer", None):
            raise refused
