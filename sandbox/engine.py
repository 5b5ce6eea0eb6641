"""The sandbox itself: store, clock, faults and deliveries, and the way a unit of work runs."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread

from sandbox.api import checkout_sessions, disputes, refunds
from sandbox.clock import Clock
from sandbox.delivery import SUBSCRIBED, Deliverer
from sandbox.errors import ApiError
from sandbox.faults import Faults
from sandbox.settling import settle_later
from sandbox.shapes import Obj
from sandbox.store import Store
from sandbox.work import Work

TICK = 1.0  # how often the clock is looked at
TEST_SECRET = "whsec_sandbox"  # noqa: S105  (signs test events only)
MOMENT = 0.05  # how long an asynchronous capture takes


@dataclass(frozen=True)
class Config:
    """How it was started."""

    data: Path
    public_url: str
    webhook_url: str | None = None
    webhook_secret: str = TEST_SECRET
    webhook_events: tuple[str, ...] = SUBSCRIBED
    api_key: str | None = None


@dataclass(frozen=True)
class Saved:
    """The first answer under an idempotency key."""

    method: str
    path: str
    params: str
    status: int
    answer: str
    request_id: str


class Sandbox:
    """Everything a request needs."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.data)
        kept = self.store.setting("clock") or {}
        self.clock = Clock(kept.get("offset_seconds", 0.0), kept.get("frozen_at"))
        self.faults = Faults()
        self.deliverer = Deliverer(
            self.store, self.faults, config.webhook_url, config.webhook_secret, config.webhook_events
        )
        self._ticker = Thread(target=self._tick, name="sandbox-ticker", daemon=True)
        self._stopping, self._soon = Event(), Event()
        self._in_flight: set[tuple[str, str]] = set()
        self._flight_lock = Lock()

    def start(self) -> None:
        """Begin delivering and keeping time."""
        self.deliverer.start()
        self._ticker.start()

    def close(self) -> None:
        """Stop delivering and let go of the store."""
        self._stopping.set()
        self._soon.set()
        self._ticker.join(timeout=5)
        self.deliverer.stop()
        self.store.close()

    def run(
        self,
        task: Callable[[Work], Obj],
        *,
        account: str | None = None,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        conclude: Callable[[int, Obj], None] | None = None,
    ) -> Obj:
        """Run one task in one transaction; `conclude` records its answer in the same transaction."""
        work = Work(
            store=self.store,
            now=self.clock.now(),
            public_url=self.config.public_url,
            wants=self.deliverer.wants,
            account=account,
            request_id=request_id,
            idempotency_key=idempotency_key,
        )
        refusal: ApiError | None = None
        answer: Obj = {}
        with self.store.transaction() as store:
            catch_up(work)
            settled = len(work.events)
            store.db.execute("savepoint task")
            try:
                answer = task(work)
            except ApiError as raised:
                refusal = raised
                if not raised.keep:
                    store.db.execute("rollback to task")
                    del work.events[settled:]
            if conclude is not None:
                conclude(refusal.status if refusal else 200, refusal.body() if refusal else answer)
            self.deliverer.queue(work.events)
        if work.events:
            self.deliverer.wake()
            self._soon.set()
        if refusal is not None:
            raise refusal
        return answer

    def _tick(self) -> None:
        while not self._stopping.is_set():
            if self._soon.wait(TICK):
                self._soon.clear()
                self._stopping.wait(MOMENT)
            if not self._stopping.is_set():
                self.settle_all()

    def settle_all(self) -> None:
        """Let everything happen that is due now, what follows from it included."""
        for _ in range(3):
            self.run(lambda work: {})
            with self.store.lock:
                if not self.store.todo():
                    return

    def move_clock(self, *, offset: float, frozen: bool) -> Obj:
        """Set the clock and let happen what has become due."""
        self.clock.move(offset=offset, frozen=frozen)
        with self.store.transaction():
            self.store.set("clock", self.clock.state())
        return self.run(lambda work: {"now": work.now} | self.clock.state())

    def reset(self) -> None:
        """Forget all objects, keys, deliveries, counters and faults; real time again."""
        with self.store.transaction():
            self.store.reset()
            self.store.set("clock", {})
        self.faults.change({"clear": True})
        self.clock.move(offset=0.0)

    def pause(self, seconds: float) -> None:
        """Be slow on purpose."""
        self._stopping.wait(seconds)

    # --- idempotency ----------------------------------------------------------

    def take_off(self, owner: str, key: str) -> None:
        """Claim a key while its request runs; a second one at the same time is a conflict."""
        with self._flight_lock:
            if (owner, key) in self._in_flight:
                raise ApiError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key (that probably means you "
                    f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._in_flight.add((owner, key))

    def land(self, owner: str, key: str) -> None:
        """Give a key free."""
        with self._flight_lock:
            self._in_flight.discard((owner, key))

    def saved(self, owner: str, key: str) -> Saved | None:
        """The answer under a key, if it was used."""
        with self.store.lock:
            row = self.store.db.execute(
                "select method, path, params, status, answer, request_id from idempotency where owner = ? and key = ?",
                (owner, key),
            ).fetchone()
        return Saved(*row) if row else None

    def keep_answer(self, owner: str, key: str, saved: Saved) -> None:
        """Record an answer, inside the request's own transaction."""
        self.store.db.execute(
            "insert into idempotency (owner, key, method, path, params, status, answer, request_id) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            (owner, key, saved.method, saved.path, saved.params, saved.status, saved.answer, saved.request_id),
        )


def check_same(saved: Saved, key: str, method: str, path: str, params: str) -> None:
    """A key belongs to one endpoint and one set of parameters."""
    if (saved.method, saved.path) != (method, path):
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used for the same endpoint they were first used "
            f"for ('{saved.path}' vs '{path}'). Try using a key other than '{key}' if you meant to execute a different "
            "request.",
            kind="idempotency_error",
        )
    if saved.params != params:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )


def digest(params: Obj) -> str:
    """The same for the same parameters in any order."""
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()


def catch_up(work: Work) -> None:
    """Let happen what has become due: captures that settle, bank references, test disputes, sessions that expire."""
    for identifier, task in work.store.take_todo():
        if task == "settle":
            charge = work.get("charge", identifier)
            settle_later(work, charge)
            if work.store.private(identifier).get("disputed"):
                disputes.open_dispute(work, charge)
        elif task == "refund_ends":
            refunds.end_well(work, work.get("refund", identifier))
        elif task == "refund_fails":
            refunds.fail(work, work.get("refund", identifier))
    for session in work.store.overdue_sessions(work.now):
        checkout_sessions.expired(work, session)
