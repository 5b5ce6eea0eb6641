import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from run import settings
from run.settings import ROOT, free_port

PATIENCE = 120
NOT_FOR_THE_CHILD = ("DATABASE_", "STRIPE_", "MAKE", "SECRET_KEY", "DATA_KEY", "BASE_URL", "APP_ENV", "CHECKOUT_")


class Machine:
    """A development machine of its own: `python -m run` with its own folder and port."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.port = free_port(0)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(NOT_FOR_THE_CHILD)}
        self.environment = {**inherited, "INSTANCE_DIR": str(folder), "PORT": str(self.port), "DEMO": "no"}
        self.process = self.begin()

    def begin(self) -> subprocess.Popen[bytes]:
        with (self.folder.parent / "said.txt").open("ab") as said:
            words = [sys.executable, "-m", "run"]
            return subprocess.Popen(words, cwd=ROOT, env=self.environment, stdout=said, stderr=said)

    def said(self) -> str:
        return (self.folder.parent / "said.txt").read_text()

    def serves(self) -> bool:
        """Whether database, migrations and worker are all there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as reply:
                    return all(json.load(reply).values())
            except OSError:
                time.sleep(0.1)
        return False

    def processes(self) -> list[psutil.Process]:
        """Every living process that mentions or stands in this machine's folder, or was started with its settings."""
        found = []
        for process in psutil.process_iter(["environ", "cmdline", "status"]):
            mine = (process.info["environ"] or {}).get("INSTANCE_DIR") == str(self.folder)
            named = any(str(self.folder) in word for word in process.info["cmdline"] or ())
            if (mine or named) and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def left(self) -> list[str]:
        """What still lives after a moment of patience."""
        deadline = time.monotonic() + PATIENCE
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [" ".join(process.info["cmdline"] or ()) for process in left]


@pytest.fixture
def machine() -> Iterator[Machine]:
    outer = pathlib.Path(tempfile.mkdtemp(prefix="cofonda run "))
    outer.chmod(0o755)
    machine = Machine(outer / "instance")
    yield machine
    if machine.process.poll() is None:
        machine.process.terminate()
        machine.process.wait(20)
    for process in machine.processes():
        process.kill()
    shutil.rmtree(outer)


@pytest.mark.slow
def test_everything_starts_survives_kill_9_and_stops_without_a_trace(machine: Machine) -> None:
    assert machine.serves(), machine.said()
    secrets = (machine.folder / "secrets.env").read_text()
    assert (machine.folder / "secrets.env").stat().st_mode & 0o777 == 0o600
    cluster = (machine.folder / "postgres" / "global" / "pg_control").stat().st_ino

    machine.process.send_signal(signal.SIGKILL)
    machine.process.wait()
    if sys.platform == "linux":
        assert machine.left() == []

    machine.process = machine.begin()
    assert machine.serves(), machine.said()
    assert (machine.folder / "secrets.env").read_text() == secrets
    assert (machine.folder / "postgres" / "global" / "pg_control").stat().st_ino == cluster

    machine.process.terminate()
    assert machine.process.wait(20) == 0
    assert machine.left() == []


def test_a_taken_port_is_named_and_nothing_is_left_running(machine: Machine) -> None:
    machine.process.kill()
    machine.process.wait()
    assert machine.left() == []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", machine.port))
        taken.listen()
        machine.process = machine.begin()
        assert machine.process.wait(20) == 1
    assert f"port {machine.port} is taken" in machine.said()
    assert machine.left() == []


def test_secrets_are_made_once_and_only_their_owner_reads_them(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SECRETS", tmp_path / "secrets.env")
    first = settings.kept_secrets()
    assert settings.kept_secrets() == first
    assert set(first) == {"SECRET_KEY", "DATA_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", ["", "0", "http", "80.5", "-1", "65535"])
def test_a_port_that_is_none_is_refused_with_a_sentence(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", written)
    with pytest.raises(SystemExit, match="is not a port"):
        settings.development()


def test_a_real_stripe_key_leaves_the_sandbox_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_of_somebody")
    monkeypatch.delenv("STRIPE_API_BASE", raising=False)
    now = settings.development()
    assert now.sandbox_port is None
    assert "STRIPE_API_BASE" not in now.environment
    assert now.environment["STRIPE_SECRET_KEY"] == "sk_test_of_somebody"
