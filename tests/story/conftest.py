"""One city's processes and one browser for each story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.story.house import House
from tests.story.people import Scene


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the machine."""
    with chromium() as running:
        yield running


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
