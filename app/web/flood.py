"""A flood brake: so many requests a minute from one address, counted in each process.

It only keeps a single machine from taking everything; limits that mean something are rows in identity.
"""

from __future__ import annotations

import time

from flask import Flask, abort, current_app, request

WINDOW = 60


class Brake:
    """Counts the requests of each address in the minute that runs."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.minute = -1
        self.counts: dict[str, int] = {}

    def is_too_much(self, address: str, seconds: float) -> bool:
        """Count one more request; whether it is one too many."""
        minute = int(seconds // WINDOW)
        if minute != self.minute:
            self.minute, self.counts = minute, {}
        self.counts[address] = self.counts.get(address, 0) + 1
        return self.counts[address] > self.most


def init(app: Flask) -> None:
    """Ask before every request."""
    app.extensions["flood"] = Brake(app.config["FLOOD_LIMIT"])
    app.before_request(_stop)


def _stop() -> None:
    brake: Brake = current_app.extensions["flood"]
    # The machine's own clock: the demo's may stand still.
    if brake.is_too_much(request.remote_addr or "", time.monotonic()):
        abort(429)
