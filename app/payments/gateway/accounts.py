"""The non-profit's own account, and the lines of balances."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.payments.gateway.client import asking, stripe_client
from app.payments.gateway.shapes import account_of, line_of
from app.payments.gateway.things import CURRENCY, Account, Line


def balance_lines(account: str, *, since: datetime, until: datetime) -> list[Line]:
    """Every line of the platform's balance ("") or of a connected account's, created between these two."""
    options: Any = {"stripe_account": account} if account else {}
    with asking():
        listed = stripe_client().v1.balance_transactions.list(
            params={
                "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
                "limit": 100,
                "expand": ["data.source"],
            },
            options=options,
        )
        return [line_of(each, account) for each in listed.auto_paging_iter()]


def create_account(*, name: str, email: str, metadata: Mapping[str, str], key: str) -> Account:
    """Open a connected account for a verified non-profit of this country."""
    with asking():
        made = stripe_client().v1.accounts.create(
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
    return account_of(made)


def account_link(account_id: str, *, refresh_url: str, return_url: str, key: str) -> str:
    """The address where the non-profit's representative completes its data at Stripe."""
    with asking():
        link = stripe_client().v1.account_links.create(
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
    with asking():
        return account_of(stripe_client().v1.accounts.retrieve(account_id))
