"""One whole city in the middle of its work, built once through the real verbs; each test works on a copy of it."""

from __future__ import annotations

import fcntl
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import FrozenClock
from tests.house.city import City, found
from tests.make import numbers


@pytest.fixture(scope="session")
def _city(_app: Flask, _database: Any, _sandbox: Any, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> City:
    """The city's database, kept as a template; only names and references come out of it.

    One of the run's processes builds it, the others wait and take it with its files.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "city"
    folder.mkdir(exist_ok=True)
    own, files, known = Path(_app.config["FILES_DIR"]), folder / "files", folder / "city.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            held, _database.name = _database.name, None
            made = found(_app, _database, _sandbox.url)
            _database.name = held
            shutil.copytree(own, files)
            known.write_bytes(pickle.dumps((made, numbers.given())))
    made, given = pickle.loads(known.read_bytes())  # noqa: S301 - written by this run
    shutil.copytree(files, own, dirs_exist_ok=True)
    numbers.go_on_after(given)
    return made


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
