"""One city's processes and one browser for each story."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from tests.story.house import House
from tests.story.people import Scene

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = (
    "The story is read in a browser and Chromium is not installed: `apt-get install chromium`, then try again."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the machine."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail(NO_CHROMIUM)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def house(cluster: Any, tmp_path: Path) -> Iterator[House]:
    """A city whose processes the test starts."""
    made = House(cluster, tmp_path)
    yield made
    made.stop()


@pytest.fixture
def prepared_house(app: Flask, database: Any, cluster: Any, clock: Any, tmp_path: Path) -> Iterator[House]:
    """Processes on the test's own database, so that builders prepare through the verbs what the processes then do."""
    kept = {name: app.config[name] for name in ("SECRET_KEY", "DATA_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")}
    made = House(cluster, tmp_path, database.ready(), FILES_DIR=app.config["FILES_DIR"], **kept)
    database.world.mute = True  # other processes are on this database: it is not copied
    database.world.leave()
    made.start("sandbox")

    def follow(moment: datetime) -> None:
        made.sandbox("clock", now=moment.isoformat())

    clock.followers.append(follow)
    app.config["STRIPE_API_BASE"] = app.config["CHECKOUT_ORIGIN"] = made.sandbox_url
    app.extensions.pop("stripe_client", None)
    yield made
    made.stop()
    app.extensions.pop("stripe_client", None)


@pytest.fixture
def scene(house: House, browser: Browser) -> Iterator[Scene]:
    """A whole city, running, with its zones on the map, and a browser in front of it."""
    house.start("sandbox", "worker", "web")
    house.command("territory", "load")
    yield Scene(house, browser)
    for context in browser.contexts:
        context.close()
