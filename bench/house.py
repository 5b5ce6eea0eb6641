"""The servers of a run: the large city's database, the application and the hello-world, each with one worker."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from bench import city
from run.postgres import DATABASE, DevPostgres
from run.processes import dies_with_parent
from run.settings import HOST, ROOT, free_port

COOKIE = "__Host-cofonda"


@dataclass
class House:
    """Where everything listens."""

    cluster: DevPostgres
    port: int
    hello_port: int

    def session(self) -> str:
        """The cookie of a person who signed in just now."""
        raw = secrets.token_urlsafe(32)
        with psycopg.connect(self.cluster.app_url(DATABASE, driver="postgresql")) as database:
            database.execute(
                "insert into identity_session"
                " (ref, token_hash, person_id, address, browser, created_at, seen_at, expires_at)"
                " select %s, %s, min(id), '', 'bench', now(), now(), now() + interval '1 day' from identity_person",
                [f"bench-{raw[:12]}", hashlib.sha256(raw.encode()).digest()],
            )
        app = Flask("bench")
        app.secret_key = city.settings(self.cluster)["SECRET_KEY"]
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        # What the application itself adds at the first page comes with it, as a browser would keep it.
        carried = {"sid": raw, "csrf_token": secrets.token_hex(20), "noted": int(time.time())}
        return f"{COOKIE}={signer.dumps(carried)}"


@contextlib.contextmanager
def opened(cluster: DevPostgres, logs: Path) -> Iterator[House]:
    """Start both servers and stop them at the end."""
    house = House(cluster, free_port(0), free_port(0))
    environment = {**os.environ, **city.settings(cluster), "PYTHONUNBUFFERED": "1"}
    running = []
    try:
        for target, port in (("bench.wsgi:app", house.port), ("bench.hello:app", house.hello_port)):
            words = [sys.executable, "-m", "granian", "--interface", "wsgi", target, "--host", HOST]
            words += ["--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-access-log"]
            log = (logs / f"{target.split(':')[0]}.log").open("w")
            running.append(
                subprocess.Popen(
                    words,
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    preexec_fn=dies_with_parent(9),
                    start_new_session=True,
                )
            )
            _until_up(f"http://{HOST}:{port}/{'healthz' if 'wsgi' in target else ''}")
        yield house
    finally:
        for process in running:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):  # a worker that outlived it
                os.killpg(process.pid, signal.SIGKILL)


def _until_up(url: str) -> None:
    for _ in range(3_000):  # a busy machine takes its time to import everything
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
