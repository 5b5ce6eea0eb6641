"""Webhooks: signed, queued in the store, retried with growing pauses until a 2xx answers."""

import hashlib
import hmac
import http.client
import json
import logging
import time
from fnmatch import fnmatchcase
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from sandbox.conformance import API_VERSION
from sandbox.faults import Faults
from sandbox.shapes import Obj
from sandbox.store import Store

log = logging.getLogger("sandbox.webhooks")
# What an endpoint of Cofonda's would be subscribed to at Stripe; the rest is in the list of events only.
SUBSCRIBED = (
    "account.updated",
    "charge.*",
    "checkout.session.*",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.detached",
    "refund.*",
    "setup_intent.canceled",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
)
LONGEST_PAUSE = 60.0
TIMEOUT = 15
FAREWELL = 3  # how long a delivery under way may keep us from stopping; it is made again at the next start
IDLE = 1.0


def signature(secret: str, body: bytes, at: int) -> str:
    """The header `Stripe-Signature`, as Stripe computes it."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Deliverer:
    """One thread that empties the queue; `flush` empties it at once."""

    def __init__(
        self, store: Store, faults: Faults, url: str | None, secret: str, subscribed: tuple[str, ...] = SUBSCRIBED
    ) -> None:
        self.store, self.faults, self.url, self.secret, self.subscribed = store, faults, url, secret, subscribed
        self._wake, self._stopping = Event(), Event()
        self._sending = Lock()
        self._thread = Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        """Begin delivering; what an earlier life left is due now."""
        with self.store.transaction():
            self.store.db.execute("update delivery set due = min(due, ?) where done = 0", (time.time(),))
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=FAREWELL)

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def wants(self, kind: str) -> bool:
        """Whether the endpoint is subscribed to this type of event."""
        return any(fnmatchcase(kind, pattern) for pattern in self.subscribed)

    def queue(self, events: list[tuple[str, str]]) -> None:
        """Put events (identifier, type) in the queue, inside the caller's transaction."""
        now = time.time()
        wanted = [event for event, kind in events if self.wants(kind)]
        rows = [(event, now + delay) for event in wanted for delay in self.faults.deliveries()]
        self.store.db.executemany("insert into delivery (event, due) values (?, ?)", rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(self._pause())
            self._wake.clear()
            while not self._stopping.is_set() and self._next_due():
                pass

    def _pause(self) -> float:
        if self.url is None or self.faults.settings.hold_webhooks:
            return IDLE
        with self.store.lock:
            row = self.store.db.execute("select min(due) from delivery where done = 0").fetchone()
        return IDLE if row[0] is None else max(0.0, min(IDLE, row[0] - time.time()))

    def _next_due(self) -> bool:
        if self.url is None or self.faults.settings.hold_webhooks:
            return False
        with self._sending:
            with self.store.lock:
                row = self.store.db.execute(
                    "select seq, event, attempts from delivery where done = 0 and due <= ? order by due, seq limit 1",
                    (time.time(),),
                ).fetchone()
            if row is None:
                return False
            self._deliver(*row)
            return True

    def flush(self) -> Obj:
        """Try every pending delivery once, now, the new ones included; the order is shuffled where that fault is on."""
        tried: set[int] = set()
        delivered = 0
        while self.url is not None:
            with self._sending:
                with self.store.lock:
                    rows = self.store.db.execute(
                        "select seq, event, attempts from delivery where done = 0 order by due, seq"
                    ).fetchall()
                rows = [row for row in rows if row[0] not in tried]
                if not rows:
                    break
                for row in rows:
                    tried.add(row[0])
                    delivered += self._deliver(*row)
        with self.store.lock:
            pending = self.store.db.execute("select count(*) from delivery where done = 0").fetchone()[0]
        return {"delivered": delivered, "failed": len(tried) - delivered, "pending": pending}

    def signed(self, event: str) -> tuple[bytes, str] | None:
        """An event's body and a signature of this very second."""
        with self.store.lock:
            stored = self.store.get(event, "event")
        if stored is None:
            return None
        body = json.dumps(stored, indent=2).encode()
        return body, signature(self.secret, body, int(time.time()))

    def take(self) -> list[Obj]:
        """All pending deliveries, counted as made: for a test that hands them to the application itself."""
        with self._sending:
            with self.store.transaction():
                rows = self.store.db.execute(
                    "select seq, event from delivery where done = 0 order by due, seq"
                ).fetchall()
                self.store.db.execute("update delivery set done = 1, answer = 'taken' where done = 0")
            taken = [(event, self.signed(event)) for _, event in rows]
        return [
            {"event": event, "body": signed[0].decode(), "signature": signed[1]}
            for event, signed in taken
            if signed is not None
        ]

    def _deliver(self, seq: int, event: str, attempts: int) -> bool:
        signed = self.signed(event)
        answer, good = ("gone", True) if signed is None else self._post(*signed)
        if self._stopping.is_set():
            return good
        pause = min(LONGEST_PAUSE, 0.5 * 2.0**attempts)
        with self.store.transaction():
            self.store.db.execute(
                "update delivery set attempts = attempts + 1, done = ?, due = ?, answer = ? where seq = ?",
                (int(good), time.time() + (0 if good else pause), answer, seq),
            )
        if not good:
            log.info("webhook %s: %s, again in %.1f s", event, answer, pause)
        return good

    def _post(self, body: bytes, header: str) -> tuple[str, bool]:
        parts = urlsplit(self.url or "")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": header,
            "User-Agent": f"Stripe/1.0 (sandbox; {API_VERSION})",
        }
        try:
            connection.request("POST", target, body=body, headers=headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as fault:
            return f"{type(fault).__name__}: {fault}", False
        finally:
            connection.close()
        return str(status), 200 <= status < 300
