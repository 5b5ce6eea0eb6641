"""What a test asks of the payment provider's sandbox: typing a card, moving its time, taking its news."""

from __future__ import annotations

from typing import Any

import requests
from flask import current_app
from flask.testing import FlaskClient

from app.core import clock

OK = "4242424242424242"
AUTHENTICATE_NOW = "4000002500003155"
AUTHENTICATE_LATER = "4000002760003184"
DECLINED_NOW = "4000000000000002"
DECLINED_LATER = "4000000000000341"
NO_FUNDS_LATER = "4000000000009995"


def _control(route: str, /, **given: Any) -> dict[str, Any]:
    answer = requests.post(f"{current_app.config['STRIPE_API_BASE']}/_sandbox/{route}", json=given, timeout=20)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def same_time() -> None:
    """Let the sandbox's clock say what the test's clock says."""
    _control("clock", now=clock.now().isoformat())


def type_card(checkout_id: str, card: str = OK, **given: Any) -> dict[str, Any]:
    """Fill in and submit the hosted page; a decline is an answer."""
    same_time()
    return _control(f"checkout/{checkout_id}/complete", card=card, **given)


def onboard(account_id: str) -> None:
    """Complete the non-profit's data at the provider."""
    _control(f"accounts/{account_id}/onboard")


def disable(account_id: str) -> None:
    """The provider finds something amiss: the account takes no money any more."""
    _control(f"accounts/{account_id}/disable")


def fault(**given: Any) -> None:
    """Switch trouble on or off."""
    _control("faults", **given)


def news() -> list[dict[str, Any]]:
    """The signed messages that wait to be delivered."""
    taken: list[dict[str, Any]] = _control("webhooks/take")["taken"]
    return taken


def deliver(client: FlaskClient, *messages: dict[str, Any]) -> list[int]:
    """Post messages (or all that wait) to the application, as the provider would; the answers' codes."""
    return [
        client.post("/webhooks/stripe", data=each["body"], headers={"Stripe-Signature": each["signature"]}).status_code
        for each in (messages or news())
    ]


def charges() -> list[dict[str, Any]]:
    """Every charge the provider made."""
    answer = requests.get(f"{current_app.config['STRIPE_API_BASE']}/_sandbox/charges", timeout=20)
    found: list[dict[str, Any]] = answer.json()["charges"]
    return found


def stats() -> dict[str, Any]:
    """The sandbox's counts."""
    found: dict[str, Any] = requests.get(f"{current_app.config['STRIPE_API_BASE']}/_sandbox/stats", timeout=20).json()
    return found


def dashboard_refund(charge: str, amount: int | None = None, **given: Any) -> dict[str, Any]:
    """Somebody refunds a charge in the provider's dashboard, without a word to us."""
    if amount is not None:
        given["amount"] = amount
    return _control("refunds", charge=charge, **given)


def dispute(charge: str, amount: int | None = None) -> str:
    """The donor's bank takes the money of a charge back, or another sum in cents; the dispute's id."""
    return str(_control("disputes", charge=charge, amount=amount)["id"])


def decide_dispute(dispute_id: str, status: str) -> None:
    """The bank decides: `won` or `lost`."""
    _control(f"disputes/{dispute_id}/close", status=status)


def pay_out(account: str, amount: int | None = None) -> dict[str, Any]:
    """Money of a connected account (of the platform where it is "") goes to its bank."""
    route = f"accounts/{account}/payout" if account else "payout"
    return _control(route, **({} if amount is None else {"amount": amount}))


def stray_line(amount: int, **given: Any) -> dict[str, Any]:
    """A line on the platform's balance that belongs to nothing of ours."""
    return _control("lines", amount=amount, **given)
