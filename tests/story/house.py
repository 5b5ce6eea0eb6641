"""The real processes of one city in development: database, payment sandbox, worker, web server, each on its own."""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import requests

from run.processes import dies_with_parent
from run.settings import free_port

ROOT = Path(__file__).resolve().parents[2]
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
HOST = "127.0.0.1"
_numbers = itertools.count()


def until(condition: Callable[[], Any], what: str, seconds: float = 120, pause: float = 0.1) -> Any:
    """Ask again and again until the answer is true, and give it back; a bounded wait on a state, never on time."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what}: this did not happen within {seconds:.0f} seconds")
        time.sleep(pause)


class House:
    """Everything that `make run` starts, on a database copy of its own or on the one that is given."""

    def __init__(self, cluster: Any, folder: Path, database: str = "", **environment: str) -> None:
        self.cluster = cluster
        self.folder = folder
        self.database = database or f"t_{os.getpid()}_story_{next(_numbers)}"
        self.own = not database
        if self.own:
            cluster.create_database(self.database, template=os.environ["COFONDA_TEST_TEMPLATE"])
        self.port, self.sandbox_port = free_port(0), free_port(0)
        self.url = f"http://localhost:{self.port}"  # not the sandbox's host name: no cookie is shared
        self.sandbox_url = f"http://{HOST}:{self.sandbox_port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {
            "APP_ENV": "development",
            "SECRET_KEY": secrets.token_urlsafe(32),
            "DATA_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "STRIPE_SECRET_KEY": "sk_test_sandboxstory",
            "STRIPE_WEBHOOK_SECRET": "whsec_story",
            "STRIPE_API_BASE": self.sandbox_url,
            "CHECKOUT_ORIGIN": self.sandbox_url,
            "BASE_URL": self.url,
            "FILES_DIR": str(folder / "files"),
            "DATABASE_URL": cluster.app_url(self.database),
            "DATABASE_WORKER_URL": cluster.app_url(self.database),
            "PYTHONUNBUFFERED": "1",
            "SHARED_SECONDS": "0",  # the story looks at once at what it did
            **environment,
        }
        self.environment.pop("MAIL_URL", None)
        self.environment.pop("DATABASE_OWNER_URL", None)

    # --- processes ------------------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start these parts (sandbox, worker, web) and wait until each is up."""
        for name in names:
            self.running[name] = self._launch(name, self._words(name))
        for name in names:
            until(partial(self._up, name), f"{name} starts (its log: {self.log(name)})")

    def _words(self, name: str) -> list[str]:
        if name == "worker":
            return [*FLASK, "worker"]
        if name == "sandbox":
            words = [sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port)]
            words += ["--data", str(self.folder / "sandbox"), "--public-url", self.sandbox_url]
            words += ["--webhook-url", f"http://{HOST}:{self.port}/webhooks/stripe"]
            secret = self.environment["STRIPE_WEBHOOK_SECRET"].split(",")[0]  # the application may take two
            return [*words, "--webhook-secret", secret]
        words = [sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app", "--host", HOST]
        return [*words, "--port", str(self.port), "--workers", "1", "--blocking-threads", "8", "--access-log"]

    def _launch(self, name: str, words: list[str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                words,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM if name == "web" else signal.SIGKILL),
            )

    def _up(self, name: str) -> bool:
        process = self.running[name]
        if process.poll() is not None:
            raise AssertionError(f"{name} ended at once:\n{self.log(name).read_text()[-3000:]}")
        if name == "worker":
            return True
        address = f"{self.url}/healthz" if name == "web" else f"{self.sandbox_url}/_sandbox/health"
        try:
            return requests.get(address, timeout=2).ok
        except requests.RequestException:
            return False

    def log(self, name: str) -> Path:
        """Where a part writes."""
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """`kill -9`: no farewell."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        """End every part that we started, and drop the database."""
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self.running.clear()
        if self.own:
            self.cluster.drop_database(self.database)

    # --- the operator's side --------------------------------------------------------------------------------

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the operator's commands."""
        return subprocess.run(
            [*FLASK, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=180
        )

    def command(self, *words: str) -> str:
        """Run one that must succeed, and give back what it printed."""
        done = self.flask(*words)
        assert done.returncode == 0, f"flask {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def ready(self) -> bool:
        """Whether web, database and worker are all there."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def sandbox(self, path: str, /, **told: Any) -> Any:
        """Ask the sandbox's control pages, or tell them something."""
        address = f"{self.sandbox_url}/_sandbox/{path}"
        answer = requests.post(address, json=told, timeout=20) if told else requests.get(address, timeout=20)
        answer.raise_for_status()
        return answer.json()
