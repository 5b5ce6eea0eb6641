"""A sandbox of its own for its own tests, the real SDK in front of it, and a receiver in the application's place."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Running, start

KEY = "sk_test_tests"
SECRET = "whsec_tests"


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


class Receiver:
    """The application's side: takes webhooks and pages, answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.pages: list[str] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                receiver.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                if self.path != "/favicon.ico":
                    receiver.pages.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>back</title><h1>Grazie</h1>")

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.got]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Box:
    """A running sandbox and what tests do with it."""

    running: Running
    receiver: Receiver
    client: stripe.StripeClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = client_for(self.url)

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def v1(self) -> Any:
        return self.client.v1

    def control(self, path: str, /, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        return answer.json() | {"http": answer.status_code}

    def stats(self) -> Any:
        return requests.get(f"{self.url}/_sandbox/stats", timeout=5).json()

    def charges(self) -> Any:
        return requests.get(f"{self.url}/_sandbox/charges", timeout=5).json()["charges"]

    def raw(self, path: str, data: Any = None, method: str = "POST", key: str | None = KEY, **headers: str) -> Any:
        """A request without the SDK, for what the SDK would not send."""
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return requests.request(method, f"{self.url}{path}", data=data, headers=headers, timeout=10)

    def types(self) -> list[str]:
        """The types of all events so far, oldest first."""
        self.control("flush")
        return [event.type for event in self.v1.events.list(params={"limit": 100}).auto_paging_iter()][::-1]

    # --- ready-made things ----------------------------------------------------

    def customer(self, **more: Any) -> Any:
        return self.v1.customers.create(params={"email": "anna@example.org", **more})

    def setup_session(self, **more: Any) -> Any:
        params: dict[str, Any] = {
            "mode": "setup",
            "allowed_payment_method_types": ["card"],
            "success_url": self.receiver.url + "/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": self.receiver.url + "/campaign",
            "locale": "it",
        }
        if "customer" not in more and "customer_email" not in more:
            params["customer"] = self.customer().id
        return self.v1.checkout.sessions.create(params=params | more)

    def payment_session(self, cents: int = 5000, **more: Any) -> Any:
        line = {
            "quantity": 1,
            "price_data": {"currency": "eur", "unit_amount": cents, "product_data": {"name": "Gift"}},
        }
        params: dict[str, Any] = {
            "mode": "payment",
            "line_items": [line],
            "success_url": self.receiver.url + "/thanks?session={CHECKOUT_SESSION_ID}",
            "locale": "it",
        }
        return self.v1.checkout.sessions.create(params=params | more)

    def stored_card(self, number: str = "4242424242424242", **more: Any) -> tuple[str, str]:
        """(customer, payment method) of a card stored through Checkout."""
        session = self.setup_session()
        done = self.control(f"checkout/{session.id}/complete", card=number, **more)
        assert done["status"] == "complete", done
        intent = self.v1.setup_intents.retrieve(session.setup_intent)
        return session.customer, intent.payment_method

    def account(self, onboarded: bool = True, **more: Any) -> str:
        params: dict[str, Any] = {
            "country": "IT",
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}, "card_payments": {"requested": True}},
            "company": {"name": "Orto Dergano"},
        }
        made: str = self.v1.accounts.create(params=params | more).id
        if onboarded:
            self.control(f"accounts/{made}/onboard")
        return made

    def charge(self, cents: int = 5000, card: str = "4242424242424242", **more: Any) -> Any:
        """A PaymentIntent charged off-session, as the application does it at the close."""
        customer, method = self.stored_card(card)
        params = {"amount": cents, "currency": "eur", "customer": customer, "payment_method": method}
        return self.v1.payment_intents.create(params=params | {"confirm": True, "off_session": True} | more)


def client_for(url: str, retries: int = 2) -> stripe.StripeClient:
    return stripe.StripeClient(
        KEY,
        base_addresses={"api": url},
        http_client=stripe.RequestsClient(timeout=(5, 20)),
        max_network_retries=retries,
    )


@pytest.fixture(scope="package")
def _receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="package")
def _running(tmp_path_factory: pytest.TempPathFactory, _receiver: Receiver) -> Iterator[Running]:
    running = start(
        data=tmp_path_factory.mktemp("sandbox"), webhook_url=f"{_receiver.url}/webhooks/stripe", webhook_secret=SECRET
    )
    yield running
    running.stop()


@pytest.fixture
def box(_running: Running, _receiver: Receiver) -> Box:
    """An empty sandbox whose webhooks wait for `flush`, in real time."""
    requests.post(f"{_running.url}/_sandbox/reset", timeout=5).raise_for_status()
    _receiver.got.clear()
    _receiver.pages.clear()
    _receiver.answers.clear()
    box = Box(_running, _receiver)
    box.control("faults", hold_webhooks=True)
    return box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"
