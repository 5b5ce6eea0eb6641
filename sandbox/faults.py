"""Trouble on demand: lost answers, failures, delays, and webhooks that come twice, late or in another order."""

import random
import re
from collections import deque
from dataclasses import asdict, dataclass
from threading import Lock
from time import monotonic
from typing import Any

from sandbox.errors import ApiError
from sandbox.shapes import Obj

RATES = ("lose_answer_rate", "fail_rate", "duplicate_webhooks", "reorder_webhooks")
RATE_LIMIT = "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
SERVER_ERROR = "An unknown error occurred (sandbox fault)."


@dataclass
class Settings:
    """What may be asked for; rates lie between 0 and 1, `…_next` counts down and goes first."""

    lose_answer_rate: float = 0.0  # processed and kept, then the connection drops
    lose_answer_next: int = 0
    lose_answer_how: str = "drop"  # or "500"
    fail_rate: float = 0.0  # answered with `fail_status`, not processed
    fail_next: int = 0
    fail_status: int = 500
    delay_ms: int = 0  # before processing
    rate_limit: int = 0  # requests a second for one endpoint, 0 = none
    methods: str = "POST"  # which requests the above concern, e.g. "POST GET"
    path: str = ""  # …and a regular expression for their path
    duplicate_webhooks: float = 0.0  # part of the deliveries made twice
    reorder_webhooks: float = 0.0  # part of the deliveries that others overtake
    delay_webhooks_ms: int = 0
    hold_webhooks: bool = False  # deliver only on flush
    seed: int = 0


class Faults:
    """The trouble that is switched on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._recent: dict[str, deque[float]] = {}
        self.settings = Settings()
        self._random = random.Random(0)

    def change(self, given: Obj) -> Obj:
        """Take over the named settings; `{"clear": true}` first removes all."""
        with self._lock:
            values = {} if given.pop("clear", False) else asdict(self.settings)
            known: Obj = {name: type(value) for name, value in asdict(Settings()).items()}
            for name, value in given.items():
                if name not in known:
                    raise ApiError(400, f"Unknown fault: {name}. Known: {', '.join(known)}", param=name)
                values[name] = known[name](value)
                if name in RATES and not 0 <= values[name] <= 1:
                    raise ApiError(400, f"{name} lies between 0 and 1.", param=name)
            self.settings = Settings(**values)
            if "seed" in given:
                self._random = random.Random(self.settings.seed)
        return self.state()

    def state(self) -> Obj:
        """The present settings."""
        return asdict(self.settings)

    def _strikes(self, rate: str, count: str | None = None) -> bool:
        with self._lock:
            left: Any = getattr(self.settings, count) if count else 0
            if count and left > 0:
                setattr(self.settings, count, left - 1)
                return True
            return self._random.random() < float(getattr(self.settings, rate))

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request may be struck."""
        return method in self.settings.methods and re.search(self.settings.path, path) is not None

    def refuse(self, method: str, path: str) -> None:
        """Raise the failure that strikes this request before it is processed, if any."""
        if self.settings.rate_limit and self._too_many(path):
            raise ApiError(429, RATE_LIMIT, code="rate_limit")
        if self.concerns(method, path) and self._strikes("fail_rate", "fail_next"):
            status = self.settings.fail_status
            if status == 429:
                raise ApiError(429, RATE_LIMIT, code="rate_limit")
            raise ApiError(status, SERVER_ERROR, kind="api_error")

    def _too_many(self, path: str) -> bool:
        endpoint = "/".join(path.split("/")[:3])
        with self._lock:
            recent = self._recent.setdefault(endpoint, deque())
            now = monotonic()
            while recent and recent[0] < now - 1:
                recent.popleft()
            if len(recent) >= self.settings.rate_limit:
                return True
            recent.append(now)
            return False

    def loses_answer(self, method: str, path: str) -> bool:
        """Whether the answer of this processed request goes missing."""
        return self.concerns(method, path) and self._strikes("lose_answer_rate", "lose_answer_next")

    def deliveries(self) -> list[float]:
        """For one event: the delays, in seconds, of its deliveries."""
        base = self.settings.delay_webhooks_ms / 1000
        if self._strikes("reorder_webhooks"):
            base += self._random.uniform(0.2, 2.0)
        return [base, base + self._random.uniform(0.0, 1.0)] if self._strikes("duplicate_webhooks") else [base]
