"""One city's processes and one browser for each story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.make import territory
from tests.story.house import House
from tests.story.people import Scene


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the machine."""
    with chromium() as running:
        yield running


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
def scene(prepared_house: House, clock: Any, browser: Browser) -> Iterator[Scene]:
    """A whole city of today, running, with its zones on the map, and a browser in front of it."""
    clock.at(datetime.now(UTC))  # noqa: TID251 - the processes live in the machine's time
    territory.milan()
    prepared_house.start("worker", "web")
    yield Scene(prepared_house, browser)
    for context in browser.contexts:
        context.close()
