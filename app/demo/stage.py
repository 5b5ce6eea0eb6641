"""The stage on which the demo is played: a clock that the script sets, and the jobs that fall due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import requests
from flask import current_app
from psycopg import Connection
from sqlalchemy import event

from app.core import clock, jobs
from app.core.db import db, transaction

CHEAP = (8, 1, 1)  # argon2id: KiB, passes, lanes


# One connection for the whole play, and no look for a proxy: the sandbox is on this machine.
_line = requests.Session()
_line.trust_env = False


def at_the_sandbox(path: str, **said: object) -> None:
    """Do what happens at the payment sandbox outside its API: time, cards typed, forms filled in there."""
    base = current_app.config["STRIPE_API_BASE"]
    if base:
        _line.post(f"{base}/_sandbox/{path}", json=said, timeout=60).raise_for_status()


class ScriptClock:
    """Time as the script says."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Stage:
    """The demo's time: `day(-42)` is 42 days before the curtain, at ten in the morning."""

    def __init__(self, curtain: datetime) -> None:
        self.curtain = curtain
        self.clock = ScriptClock(curtain)
        self.sweeps = tuple(
            name for name in jobs.periodic_names() if not name.startswith(("web.", "outbox.", "files.", "identity."))
        )

    @property
    def now(self) -> datetime:
        """The script's present."""
        return self.clock.moment

    def moment(self, days: float, hour: int = 10, minute: int = 0) -> datetime:
        """A civil time on the day that many days from the curtain, never after it for days up to zero."""
        day = clock.local(self.curtain).date() + timedelta(days=days)
        found = clock.at_local(day, hour, minute)
        return min(found, self.curtain) if days <= 0 else found

    def at(self, moment: datetime) -> None:
        """Go there; the payment sandbox comes along."""
        self.clock.moment = moment
        at_the_sandbox("clock", now=moment.isoformat())

    def settle(self, rounds: int = 1) -> None:
        """Let every sweep find what is due now, and run the jobs that follow."""
        for _ in range(rounds):
            for name in self.sweeps:
                jobs.run_now(name)
            jobs.run_waiting()

    @contextmanager
    def act(self) -> Iterator[datetime]:
        """One action at the script's present."""
        with transaction():
            yield self.now


@contextmanager
def prepared() -> Iterator[None]:
    """The same few hundred questions are asked thousands of times: let the server plan each once.

    Not where a pooler may stand between (its sessions know nothing of plans): the worker's address is the direct one.
    """
    addresses = {current_app.config[name] for name in ("SQLALCHEMY_DATABASE_URI", "DATABASE_WORKER_URL")}
    if len({address.replace("+psycopg", "") for address in addresses}) > 1:
        yield
        return
    event.listen(db.engine, "checkout", _plan_once)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", _plan_once)


def _plan_once(raw: Connection[Any], *_: object) -> None:
    raw.prepare_threshold = 3


@contextmanager
def performance(curtain: datetime) -> Iterator[Stage]:
    """Put the script's clock in place and take it away at the end.

    The one password of the demo is printed on the screen: hashing it ninety times at full cost would protect nothing.
    """
    kept, cost = current_app.extensions["clock"], current_app.config.get("PASSWORD_COST")
    stage = Stage(curtain)
    current_app.extensions["clock"] = stage.clock
    current_app.config["PASSWORD_COST"] = CHEAP
    at_the_sandbox("faults", hold_webhooks=True)  # nobody listens yet
    try:
        with prepared():
            yield stage
    finally:
        current_app.extensions["clock"] = kept
        if cost is None:
            del current_app.config["PASSWORD_COST"]
        else:
            current_app.config["PASSWORD_COST"] = cost
        at_the_sandbox("clock", offset_seconds=0)
        # The script has asked how each payment stands: a thousand messages that say so again would only keep the
        # worker busy while the first visitor looks around.
        at_the_sandbox("webhooks/take")
        at_the_sandbox("faults", hold_webhooks=False)
