import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import psutil
import psycopg
import pytest

from run.postgres import EXTENSIONS, DevPostgres
from run.settings import ROOT

INSTALLED = shutil.which("postgres") or list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
Start = Callable[..., DevPostgres]
OWNER_IN_ANOTHER_PROCESS = (
    "import sys, time; from run.postgres import DevPostgres;"
    "print(DevPostgres(sys.argv[1], durable=False).start().process.pid, flush=True); time.sleep(1000)"
)


MEMORY = pathlib.Path("/dev/shm")  # noqa: S108 - nothing in it is secret; a disk makes a thousand small files slow


@contextlib.contextmanager
def open_folder() -> Iterator[pathlib.Path]:
    """A folder whose path has a space, and which another user may enter (pytest's own are closed)."""
    outer = pathlib.Path(tempfile.mkdtemp(prefix="cofonda test ", dir=MEMORY if MEMORY.is_dir() else None))
    outer.chmod(0o755)
    yield outer / "postgres"
    shutil.rmtree(outer)


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def _made() -> Iterator[pathlib.Path]:
    with open_folder() as made:
        cluster = DevPostgres(made, durable=False).start()
        cluster.stop()
        yield made


@pytest.fixture
def made(_made: pathlib.Path, folder: pathlib.Path) -> None:
    """The folder holds a cluster that was made and stopped before: for tests of what follows."""
    subprocess.run(["cp", "-a", str(_made), str(folder)], check=True)


@pytest.fixture
def start(folder: pathlib.Path) -> Iterator[Start]:
    started: list[DevPostgres] = []

    def one_more(durable: bool = False) -> DevPostgres:
        started.append(DevPostgres(folder, durable=durable))
        return started[-1].start()

    yield one_more
    for cluster in started:
        cluster.stop()
    for cluster in started:
        shutil.rmtree(cluster.socket, ignore_errors=True)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def write(cluster: DevPostgres) -> None:
    with psycopg.connect(cluster.owner_url(driver="postgresql")) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")


def kept(cluster: DevPostgres) -> object:
    return ask(cluster.owner_url(driver="postgresql"), "SELECT word FROM kept")


def test_a_fresh_cluster_has_two_roles_and_neither_is_an_administrator(start: Start) -> None:
    cluster = start()
    for url, role in ((cluster.owner_url, "cofonda_owner"), (cluster.app_url, "cofonda_app")):
        assert ask(url(driver="postgresql"), "SELECT current_user") == role
        assert ask(url(driver="postgresql"), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster.app_url(driver="postgresql"), "CREATE TABLE mine (word text)")


@pytest.mark.usefixtures("made")
def test_the_owner_may_create_every_extension_the_migrations_need(start: Start) -> None:
    with psycopg.connect(start().owner_url(driver="postgresql")) as connection:
        for name in EXTENSIONS:
            connection.execute(f"CREATE EXTENSION {name}")
    assert connection.closed


@pytest.mark.usefixtures("made")
def test_a_database_is_copied_from_a_template_and_belongs_to_the_owner(start: Start) -> None:
    cluster = start()
    write(cluster)
    cluster.create_database("copy", template="cofonda")
    cluster.create_database("copy", template="cofonda")  # a second time replaces the first
    assert ask(cluster.owner_url("copy", driver="postgresql"), "SELECT word FROM kept") == "still here"
    with psycopg.connect(cluster.app_url("copy", driver="postgresql")):
        cluster.drop_database("copy")  # even while someone is connected
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.owner_url("copy", driver="postgresql"))


@pytest.mark.usefixtures("made")
def test_data_survives_a_stop_and_a_second_start(start: Start) -> None:
    cluster = start()
    write(cluster)
    cluster.stop()
    assert kept(start()) == "still here"


@pytest.mark.usefixtures("made")
def test_a_killed_server_is_started_again_with_its_data(start: Start) -> None:
    cluster = start(durable=True)
    write(cluster)
    assert cluster.process is not None
    with psycopg.connect(cluster.owner_url(driver="postgresql")):  # a backend that outlives its server for a moment
        cluster.process.kill()
        cluster.process.wait()
        assert not cluster.alive()
        cluster.restart()
    assert cluster.alive()
    assert kept(cluster) == "still here"


@pytest.mark.usefixtures("made")
def test_a_second_process_attaches_and_leaves_the_server_running(start: Start) -> None:
    first, second = start(), start()
    assert first.owned
    assert not second.owned
    write(second)
    second.stop()
    assert kept(first) == "still here"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_whose_owner_died_is_replaced(start: Start, folder: pathlib.Path, how: signal.Signals) -> None:
    words = [sys.executable, "-c", OWNER_IN_ANOTHER_PROCESS, str(folder)]
    owner = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    server = int(owner.stdout.readline())
    owner.stdout.close()
    write(DevPostgres(folder, durable=False))
    owner.send_signal(how)
    owner.wait()
    cluster = start()
    assert cluster.owned
    assert cluster.pid != server
    assert kept(cluster) == "still here"
    assert not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE


@pytest.mark.usefixtures("made")
def test_an_orphan_that_was_not_told_of_its_owners_death_is_replaced(start: Start) -> None:
    first = start()
    write(first)
    assert first._lock is not None
    first._lock.close()  # as if the kernel had freed the lock of a dead owner, while the server runs on
    orphan = first.pid
    second = start()
    assert second.owned
    assert second.pid != orphan
    assert kept(second) == "still here"


def test_a_half_made_cluster_is_made_again(start: Start, folder: pathlib.Path) -> None:
    half = folder.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert start().alive()
    assert not half.exists()


@pytest.mark.usefixtures("made")
def test_data_of_another_version_is_refused_and_never_touched(start: Start, folder: pathlib.Path) -> None:
    start().stop()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(SystemExit, match="written by PostgreSQL 9"):
        start()
    assert (folder / "base").exists()


@pytest.mark.usefixtures("made")
def test_a_server_that_cannot_start_says_why(start: Start, folder: pathlib.Path) -> None:
    start().stop()
    (folder / "postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(SystemExit, match="nonsense"):
        start()


def test_without_the_wheel_an_installed_server_is_used_or_its_absence_is_named(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run.postgres.importlib.util.find_spec", lambda name: None)
    cluster = DevPostgres(folder, durable=False)
    if not INSTALLED:
        with pytest.raises(SystemExit, match="no PostgreSQL 15 or newer found"):
            cluster.start()
        return
    cluster.start()
    assert ask(cluster.app_url(driver="postgresql"), "SELECT current_setting('server_version_num')::int >= 150000")
    cluster.stop()
    assert not cluster.socket.exists()


def test_a_closed_folder_makes_roots_server_keep_its_data_where_it_can_reach_it(folder: pathlib.Path) -> None:
    folder.parent.chmod(0o700)
    cluster = DevPostgres(folder, durable=False)
    somewhere_else = folder.parent not in cluster.data.parents
    assert somewhere_else == (os.geteuid() == 0)
    try:
        cluster.start()
        assert cluster.process is not None
        assert (psutil.Process(cluster.process.pid).username() == "nobody") == somewhere_else
    finally:
        cluster.stop()
        cluster.forget()
    assert not cluster.data.exists()
    assert not cluster.socket.exists()
