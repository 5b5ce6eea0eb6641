"""The one client: whom it talks to, and what its errors mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import stripe
from flask import Flask, current_app

from app.core.db import in_transaction
from app.payments.gateway.things import ProviderBusy, ProviderDown, ProviderRefused


def init_app(app: Flask) -> None:
    """Refuse to start with a key and an address that do not belong together."""
    key = str(app.config.get("STRIPE_SECRET_KEY") or "")
    base = str(app.config.get("STRIPE_API_BASE") or "")
    if base and key.startswith(("sk_live_", "rk_live_")):
        raise RuntimeError("STRIPE_API_BASE is set together with a live key: a live key only ever talks to Stripe")
    if not base and key and not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise RuntimeError("STRIPE_SECRET_KEY is no Stripe key, and STRIPE_API_BASE is not set")


def stripe_client() -> stripe.StripeClient:
    """The application's client, made when it is first needed."""
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
def asking() -> Iterator[None]:
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
        if status in (0, 401, 409, 429) or status >= 500:  # 401: our key is wrong, which says nothing of what was asked
            raise ProviderDown(str(error)) from error
        if (
            status == 403 and error.code != "account_invalid"
        ):  # our key may not do this; an account that left us is told
            raise ProviderDown(str(error)) from error
        raise ProviderRefused(str(error.user_message or error), error.code) from error


def livemode() -> bool:
    """Whether this installation talks to the real Stripe about real money."""
    return "_live_" in str(current_app.config.get("STRIPE_SECRET_KEY") or "")[:8]
