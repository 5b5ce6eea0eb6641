"""One cluster for the run, one migrated template, and a copy of it per test, made when the test first connects."""

from __future__ import annotations

import gc
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import pool

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "cofonda_template"
ROOM_IN_MEMORY = 3 * 1024**3
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _cluster() -> Any:
    from run.postgres import DevPostgres

    return DevPostgres(_home() / "test-pg", durable=False)


def _home() -> Path:
    """Where the tests' cluster lies: in memory where there is room, else in instance/.

    Each test gets a copy of the template: a thousand small files, which a disk makes ten times slower.
    """
    memory = Path("/dev/shm")  # noqa: S108 - nothing in it is secret, and the cluster itself is closed to others
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_IN_MEMORY:
        return memory / f"cofonda-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"
    return ROOT / "instance"


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _left_over(database: str) -> bool:
    """Whether a run that is over left this copy behind; the copies of another run that goes on are its own."""
    owner = database.split("_")[1] if database.startswith("t_") else ""
    return database == "t_migrating" or (owner.isdigit() and not psutil.pid_exists(int(owner)))


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    config.cluster = _cluster().start()  # type: ignore[attr-defined]
    make_template(config.cluster)  # type: ignore[attr-defined]


def make_template(cluster: Any) -> None:
    """The migrated database that every test copies, made again only where the migrations changed since."""
    name = f"{TEMPLATE}_{_fingerprint()}"
    with psycopg.connect(cluster.admin_url(driver="postgresql"), autocommit=True) as admin:
        known = {row[0] for row in admin.execute("select datname from pg_database")}
        for old in sorted(known):
            if (old.startswith(TEMPLATE) and old != name) or _left_over(old):
                admin.execute(f'drop database if exists "{old}" with (force)')
        if name not in known:
            cluster.create_database("t_migrating")
            _migrate(cluster)
            admin.execute(f'alter database "t_migrating" rename to "{name}"')
    os.environ["COFONDA_TEST_TEMPLATE"] = name
    os.environ["COFONDA_TEST_RUN"] = str(os.getpid())


def pytest_collection_finish() -> None:
    """What was imported stays to the end: nobody looks through it again and again for rubbish."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's story takes longest: it goes first, so that nobody waits for it at the end."""
    items.sort(key=lambda item: "story" not in item.path.parts)


def _migrate(cluster: Any) -> None:
    from flask_migrate import upgrade

    app = _build(cluster.app_url("t_migrating"), cluster.owner_url("t_migrating"))
    with app.app_context():
        upgrade()
    with app.app_context():
        from app.core.db import db

        db.engine.dispose()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true a skipped test is a failed run: nothing is left out silently."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    cluster = getattr(config, "cluster", None)
    if cluster is not None:
        cluster.stop()


def _build(url: str, owner: str, **changes: object) -> Flask:
    from app.factory import create_app
    from config import Config

    settings = Config()
    settings.ENV_NAME = "test"
    for name, value in {
        "TESTING": True,
        "SECRET_KEY": "not-secret-only-for-tests",
        "DATA_KEY": "dGVzdHMtb25seS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=",
        "SQLALCHEMY_DATABASE_URI": url,
        "DATABASE_OWNER_URL": owner,
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": "whsec_tests,whsec_sandbox",
        "STRIPE_API_BASE": "http://127.0.0.1:1/start-the-sandbox-fixture-first",
        "BASE_URL": "http://localhost",
        "SESSION_COOKIE_NAME": "cofonda",
        "SESSION_COOKIE_SECURE": False,
        "WTF_CSRF_ENABLED": False,
        "FLOOD_LIMIT": 10**9,
        "PASSWORD_COST": (8, 1, 1),
        "COLLECTION_PER_SECOND": 0,  # as fast as it goes; those of the pace itself set it
        "SHARED_SECONDS": 0.0,  # tests look at once at what they did; those of sharing itself turn it on
        **changes,
    }.items():
        setattr(settings, name, value)
    app = create_app(settings)
    app.test_client_class = Browser
    return app


class FrozenClock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.moment = START
        self.followers: list[Callable[[datetime], None]] = []

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> datetime:
        return self.at(self.moment + timedelta(**by))

    def at(self, moment: datetime) -> datetime:
        self.moment = moment
        for follow in self.followers:
            follow(moment)
        return moment


class Database:
    """The current test's own copy of the template, made at the first connection."""

    def __init__(self, cluster: Any, worker: str) -> None:
        self.cluster = cluster
        self.numbers = itertools.count()
        self.worker = worker
        self.name: str | None = None
        self.holds: Any = None  # the step of `make.kept` that it is at; None once somebody has changed it
        self.world: Any = None

    def ready(self) -> str:
        """Its name, after making it where there is none, or one that another test left at another step."""
        if self.name is None or (self.world is not None and self.world.step == () and self.holds != ()):
            self.become(os.environ["COFONDA_TEST_TEMPLATE"])
            self.holds = ()
        assert self.name is not None
        return self.name

    def keep(self) -> str:
        """A copy of the current database that others can be made from, until the run ends."""
        kept = self._next()
        self.cluster.create_database(kept, template=self.ready())
        return kept

    def become(self, template: str) -> None:
        """Go on with a copy of that one instead."""
        self.drop()
        self.name = self._next()
        self.cluster.create_database(self.name, template=template)

    def _next(self) -> str:
        return f"t_{os.environ['COFONDA_TEST_RUN']}_{self.worker}_{next(self.numbers)}"

    def connect(self) -> psycopg.Connection[Any]:
        """A second, real connection."""
        self._hand_out()
        return self.open()

    def open(self) -> psycopg.Connection[Any]:
        """A connection for the application's pool."""
        return psycopg.connect(self.cluster.app_url(self.ready(), driver="postgresql"), prepare_threshold=None)

    def app_url(self) -> str:
        """Where others reach it as the application."""
        return str(self.cluster.app_url(self._hand_out()))

    def owner_url(self) -> str:
        """Where others reach it as the owner."""
        return str(self.cluster.owner_url(self._hand_out()))

    def _hand_out(self) -> str:
        """What others do to it is not seen: from now on nobody knows what it holds."""
        name = self.ready()
        if self.world is not None:
            self.world.leave()
        return name

    def drop(self) -> None:
        if self.name is not None:
            self.cluster.drop_database(self.name)
            self.name = self.holds = None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    running = _cluster().start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _database(cluster: Any, worker_id: str) -> Database:
    return Database(cluster, worker_id)


@pytest.fixture(scope="session")
def _app(_database: Database, cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from tests.make import kept

    app = build_on(_database, tmp_path_factory.mktemp("files"))
    _database.world = kept.watch(app, _database)
    return app


def build_on(database: Database, files: Path) -> Flask:
    """The application on whichever copy is the current one."""
    return _build(
        database.cluster.app_url("made-by-the-creator"),
        "",
        SQLALCHEMY_ENGINE_OPTIONS={"creator": database.open, "poolclass": pool.QueuePool, "query_cache_size": 4000},
        FILES_DIR=str(files),
    )


@pytest.fixture
def clock(_app: Flask) -> FrozenClock:
    frozen = FrozenClock()
    _app.extensions["clock"] = frozen
    return frozen


@pytest.fixture
def database(_database: Database) -> Iterator[Database]:
    """For tests that need a second, real connection: `database.connect()`."""
    yield _database
    if _database.holds is None:
        _database.drop()


@pytest.fixture
def app(_app: Flask, database: Database, clock: FrozenClock, request: pytest.FixtureRequest) -> Iterator[Flask]:
    from app.core import jobs
    from app.core.db import db

    jobs.host(_app)  # a test before may have built an application of its own
    patching = request.getfixturevalue("monkeypatch") if "monkeypatch" in request.fixturenames else None
    database.world.begin(patching)
    with _app.app_context():
        yield _app
        db.session.remove()
        db.engine.dispose()


class Browser(FlaskClient):
    """A browser of the test's: requests share the test's application context, but never what another left in `g`."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[FlaskClient, Any], FlaskClient]:
    """Give the browser a live session of the person, as sign-in does."""
    from app.core import clock as time
    from app.core.db import transaction
    from app.identity import service as identity

    def enter(client: FlaskClient, person: Any) -> FlaskClient:
        with transaction():
            raw = identity.open_session(person, now=time.now())
        with client.session_transaction() as carried:
            carried["sid"] = raw
        return client

    return enter


@pytest.fixture
def run_jobs(app: Flask) -> Callable[..., int]:
    """Run every waiting job to its end, as the worker would; a failing job fails the test. Periodic ones by name."""
    from app.core import jobs

    def run(*periodic: str) -> int:
        for name in periodic:
            jobs.run_now(name)
        return jobs.run_waiting()

    return run


@pytest.fixture(scope="session")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from sandbox.server import start

    running = start(port=0, data=tmp_path_factory.mktemp("sandbox"), webhook_url=None)
    yield running
    running.stop()


@pytest.fixture
def sandbox(_sandbox: Any, app: Flask, clock: FrozenClock, database: Database) -> Iterator[Any]:
    """The payment provider's sandbox, empty, telling the test's time; the application talks to it."""
    import requests

    def follow(moment: datetime) -> None:
        told = {"now": moment.isoformat()}
        requests.post(f"{_sandbox.url}/_sandbox/clock", json=told, timeout=5).raise_for_status()

    requests.post(f"{_sandbox.url}/_sandbox/reset", timeout=5).raise_for_status()
    follow(clock.now())
    clock.followers.append(lambda moment: database.world.follow(lambda: follow(moment)))
    app.config["STRIPE_API_BASE"] = _sandbox.url
    app.config["CHECKOUT_ORIGIN"] = _sandbox.url
    app.extensions.pop("stripe_client", None)
    database.world.join(_sandbox)
    yield _sandbox
    app.extensions.pop("stripe_client", None)


@pytest.fixture
def count_sql(app: Flask) -> Callable[[], Any]:
    """`with count_sql() as seen:` collects the statements sent meanwhile."""
    from tests.sql import counted

    return counted
