"""Several browsers that look at pages side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import queue
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.browser import chromium
from tests.ui.browser import Eyes
from tests.ui.findings import Finding, Look, Sheet
from tests.ui.tools import Unable

AHEAD = 3  # pages that wait for each browser: those who give them out are not to run away from it


def as_many_as_fit() -> int:
    """One browser for each core; a page is two processes' work, so that one core gets by with one."""
    return max(1, min(4, os.cpu_count() or 1))


def _sit(pictures: Path | None, judges: frozenset[str] | None, given: Any, said: Any) -> None:
    """One browser: takes a page, gives back what it saw, until there is nothing more."""
    try:
        with chromium() as browser:
            eyes = Eyes(browser, pictures=pictures, judges=judges)
            while (task := _next(given)) is not None:
                number, sheet, axe = task
                try:
                    seen = eyes.look(sheet, axe=axe)
                    said.put((number, seen.findings, seen.weight, seen.pictures))
                except Exception:
                    eyes.leave()
                    words = traceback.format_exc(limit=-1).strip().splitlines()[-1]
                    said.put((number, [Finding("answers", sheet.name, f"cannot be seen: {words}")], None, []))
    except BaseException:
        said.put((None, traceback.format_exc(), None, []))


def _next(given: Any) -> Any:
    """The next page; nothing where there is none any more, or nobody who would hear of it."""
    parent = multiprocessing.parent_process()
    while True:
        try:
            return given.get(timeout=5)
        except queue.Empty:
            if parent is None or not parent.is_alive():
                return None


class Panel:
    """Give it pages; what it saw comes back to `hear`, in whatever order it was seen."""

    def __init__(
        self,
        hear: Callable[[Look], None],
        *,
        pictures: Path | None = None,
        judges: frozenset[str] | None = None,
        browsers: int = 1,
    ) -> None:
        processes = multiprocessing.get_context("spawn")
        self.hear = hear
        self.given: Any = processes.Queue(AHEAD * browsers)
        self.said: Any = processes.Queue()
        self.waiting: dict[int, Sheet] = {}
        self.count = 0
        self.sitting = [
            processes.Process(target=_sit, args=(pictures, judges, self.given, self.said), daemon=True)
            for _ in range(browsers)
        ]
        for each in self.sitting:
            each.start()

    def look(self, sheet: Sheet, *, axe: bool = True) -> None:
        """Hand a page to whoever is free first."""
        self.count += 1
        self.waiting[self.count] = sheet
        while True:
            try:
                self.given.put((self.count, sheet, axe), timeout=0.05)
                break
            except queue.Full:
                self._take(wait=1)
        self._take()

    def settle(self) -> None:
        """Wait until every page was seen."""
        while self.waiting:
            self._take(wait=1)

    def _take(self, wait: float = 0) -> None:
        while self.waiting:
            try:
                number, findings, weight, pictures = self.said.get(timeout=wait) if wait else self.said.get_nowait()
            except queue.Empty:
                if wait and not all(each.is_alive() for each in self.sitting):
                    raise Unable("a browser ended before its time") from None
                return
            if number is None:
                raise Unable(f"a browser could not go on:\n{findings}")
            self.hear(Look(self.waiting.pop(number), findings, weight, pictures))
            wait = 0

    def close(self) -> None:
        """Send everybody home."""
        for _ in self.sitting:
            try:
                self.given.put(None, timeout=1)
            except queue.Full:
                break
        for each in self.sitting:
            each.join(10)
            if each.is_alive():
                each.terminate()


def without_words(look: Look) -> Look:
    """What is kept of a page once it was judged: its words are in a file."""
    return replace(look, sheet=replace(look.sheet, html=""))
