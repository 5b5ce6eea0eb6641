"""The sandbox as a process of its own: started, killed, started again."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import stripe

from sandbox.server import start
from tests.sandbox.conftest import client_for, until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def launch(port: int, folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(folder)], cwd=ROOT)

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/_sandbox/health", timeout=1).ok
        except requests.ConnectionError:
            return False

    until(answers)
    return process


def test_nothing_is_lost_by_kill_9(folder: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    client = client_for(url)
    first = launch(port, folder)
    try:
        requests.post(f"{url}/_sandbox/clock", json={"offset_seconds": 86400}, timeout=5)
        customer = client.v1.customers.create(params={"email": "a@example.org"}, options={"idempotency_key": "c"})
        intent = client.v1.payment_intents.create(
            params={
                "amount": 5000,
                "currency": "eur",
                "customer": customer.id,
                "payment_method": client.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id}).id,
                "confirm": True,
                "off_session": True,
            },
            options={"idempotency_key": "p"},
        )
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    second = launch(port, folder)
    try:
        again = client.v1.payment_intents.retrieve(intent.id, params={"expand": ["latest_charge.balance_transaction"]})
        assert again.status == "succeeded"
        assert again.latest_charge.balance_transaction.fee == 100  # type: ignore[union-attr]  # expanded
        repeated = client.v1.customers.create(params={"email": "a@example.org"}, options={"idempotency_key": "c"})
        assert repeated.id == customer.id
        stats = requests.get(f"{url}/_sandbox/stats", timeout=5).json()
        assert (stats["customers"], stats["charges"]["succeeded"]) == (1, 1)
        assert stats["clock"]["offset_seconds"] == 86400
        assert stats["webhooks"]["pending"] > 0
    finally:
        second.terminate()
        assert second.wait(timeout=10) == 0


def test_it_is_gone_when_it_stops(folder: Path) -> None:
    with start(data=folder) as running:
        client_for(running.url).v1.customers.create(params={})
        url = running.url
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_sandbox/health", timeout=1)


def test_stopping_ends_connections_that_clients_keep_open(folder: Path) -> None:
    running = start(data=folder)
    session = requests.Session()
    assert session.get(f"{running.url}/_sandbox/health", timeout=2).ok
    running.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(f"{running.url}/_sandbox/health", timeout=2)


def test_an_application_that_hangs_does_not_keep_it_from_stopping(folder: Path) -> None:
    with socket.socket() as deaf:  # takes the connection and never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        running = start(data=folder, webhook_url=f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        client_for(running.url).v1.setup_intents.create(params={"payment_method": "pm_card_visa", "confirm": True})
        taken, _ = deaf.accept()  # the delivery is under way
        with taken:
            running.stop()
    with start(data=folder) as again:
        assert requests.get(f"{again.url}/_sandbox/stats", timeout=5).json()["webhooks"]["pending"] == 1


def test_a_named_key_is_the_only_one(folder: Path) -> None:
    with start(data=folder, api_key="sk_test_other") as running, pytest.raises(stripe.AuthenticationError):
        client_for(running.url).v1.customers.create(params={})
