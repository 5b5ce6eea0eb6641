"""The browser of the tests: Chromium of the machine, in one place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# The shell has no windows, tabs and menus to draw, and needs a third of the processor's time for the same pages.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = "Pages are opened in a browser and Chromium is not installed: `apt-get install chromium`, then try again."


def place(*names: str) -> str:
    """Where the first of these browsers is."""
    found = next(filter(None, map(shutil.which, names or NAMES)), None)
    assert found is not None, NO_CHROMIUM
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium, headless."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=place(), args=FLAGS)
        yield running
        running.close()
