"""The sandbox's clock: real time, moved or stopped on request; signatures and retries use real time instead."""

import time
from threading import Lock

from sandbox.shapes import Obj


class Clock:
    """Seconds since 1970 as the sandbox tells them."""

    def __init__(self, offset: float = 0.0, frozen_at: float | None = None) -> None:
        self._lock = Lock()
        self.offset = offset
        self.frozen_at = frozen_at

    def now(self) -> int:
        """The current second."""
        with self._lock:
            return int(self.frozen_at if self.frozen_at is not None else time.time() + self.offset)

    def move(self, *, offset: float, frozen: bool = False) -> None:
        """Set how far ahead of real time the clock runs, or stop it there."""
        with self._lock:
            self.offset = offset
            self.frozen_at = time.time() + offset if frozen else None

    def state(self) -> Obj:
        """What the control API shows and the store keeps."""
        with self._lock:
            return {"offset_seconds": self.offset, "frozen_at": self.frozen_at}
