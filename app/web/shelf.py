"""Pages that are the same for everybody, kept for a moment in this process: bounded, and built by one at a time."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

MOST_PAGES = 512
MOST_BYTES = 48 * 1024 * 1024
WAIT = 10.0  # how long a reader waits for another one who is building the page, before building it too
_WORTH_SQUEEZING = 1_000


@dataclass
class Page:
    """One answer: what comes before, in and after the part that tells who looks, and the headers."""

    before: bytes
    header: bytes
    after: bytes
    headers: list[tuple[str, str]]
    headers_for: dict[Hashable, bytes] = field(default_factory=dict)  # the middle part for those who are signed in
    built: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.body = self.before + self.header + self.after
        self.etag = f'W/"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'
        self._plain = [*self.headers, ("ETag", self.etag), ("Content-Length", str(len(self.body)))]
        self._unchanged = [*self.headers, ("ETag", self.etag)]
        self._squeezed: tuple[bytes, list[tuple[str, str]]] | None = None

    def answer(self, asked_etag: str, accepts: str) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body for a request with these two headers."""
        if asked_etag and self.etag in asked_etag:
            return "304 NOT MODIFIED", self._unchanged, b""
        if "gzip" in accepts and len(self.body) > _WORTH_SQUEEZING:
            if self._squeezed is None:  # two at once would both squeeze it: the same bytes, no harm
                small = gzip.compress(self.body, 5, mtime=0)
                more = [("ETag", self.etag), ("Content-Encoding", "gzip"), ("Content-Length", str(len(small)))]
                self._squeezed = (small, [*self.headers, *more])
            return "200 OK", self._squeezed[1], self._squeezed[0]
        return "200 OK", self._plain, self.body


class Shelf:
    """The pages of this process by key, the ones built last at the end."""

    def __init__(self, seconds: float, most: int = MOST_PAGES, most_bytes: int = MOST_BYTES) -> None:
        self.seconds = seconds
        self.most = most
        self.most_bytes = most_bytes
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._bytes = 0
        self._building: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def clear(self) -> None:
        """Forget every page."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def fresh(self, key: Hashable) -> Page | None:
        """The page, if it is younger than it may be."""
        page = self._pages.get(key)
        if page is not None and time.monotonic() - page.built < self.seconds:
            return page
        return None

    def fetch(self, key: Hashable, build: Callable[[], Page | None]) -> Page | None:
        """The page, built by the first who asks while the others wait; None where it is not one to share."""
        page = self.fresh(key)
        if page is not None:
            return page
        with self._lock:
            done = self._building.get(key)
            mine = done is None
            if done is None:
                done = self._building[key] = threading.Event()
        if not mine:
            old = self._pages.get(key)
            if old is not None and time.monotonic() - old.built < 2 * self.seconds:
                return old  # just past its time, and being built anew: nobody waits for that
            done.wait(WAIT)
            return self.fresh(key)
        try:
            page = self.fresh(key) or build()
            if page is not None:
                self._keep(key, page)
            return page
        finally:
            with self._lock:
                del self._building[key]
            done.set()

    def _keep(self, key: Hashable, page: Page) -> None:
        with self._lock:
            old = self._pages.pop(key, None)
            self._bytes += len(page.body) - (len(old.body) if old else 0)
            self._pages[key] = page
            while len(self._pages) > self.most or (self._bytes > self.most_bytes and len(self._pages) > 1):
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone.body)
