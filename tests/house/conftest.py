"""One whole city in the middle of its work, built once through the real verbs; each test works on a copy of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.conftest import FrozenClock
from tests.house.city import City, found


@pytest.fixture(scope="session")
def _city(_app: Flask, _database: Any, _sandbox: Any, cluster: Any) -> Iterator[City]:
    """The city's database, kept as a template; only names and references come out of it."""
    held, _database.name = _database.name, None
    made = found(_app, _database, _sandbox.url)
    _database.name = held
    yield made
    cluster.drop_database(made.template)


@pytest.fixture(scope="session")
def _copy(_city: City, _database: Any) -> Callable[[], str]:
    """Makes one more copy of the city and returns its name."""

    def make() -> str:
        name = f"t_{_database.worker}_{next(_database.numbers)}"
        _database.cluster.create_database(name, template=_city.template)
        return name

    return make


@pytest.fixture
def city(_city: City, _copy: Callable[[], str], database: Any, app: Flask, clock: FrozenClock) -> City:
    """The test's own copy of the city, at the moment at which it was built."""
    if database.holds != ("city",):
        database.drop()
        database.name = _copy()
    database.world.arrive(("city",))
    clock.at(_city.now)
    return _city
