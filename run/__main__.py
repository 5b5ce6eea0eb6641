"""`python -m run`: database, migrations, demo data once, sandbox, web and worker, until Ctrl-C.

`python -m run flask …` runs one of the application's commands with the same settings; `python -m run reset` deletes the
data of development.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psycopg

from run import commands, settings
from run.postgres import DATABASE, DevPostgres
from run.processes import dies_with_parent, stop_with_parent
from run.settings import HOST, INSTANCE, ROOT, Settings
from run.supervisor import Failed, Part, Stopped, Supervisor

LOGS = INSTANCE / "log"
WEB_WORKERS = 2
WEB_THREADS = 8
PATIENCE = 120  # seconds that a part may take to answer on a busy machine; one that ends is noticed at once


def say(sentence: str) -> None:
    """A line for the person at the keyboard."""
    print(f"· {sentence}", flush=True)


def main(words: list[str]) -> int:
    """Start everything, or run one command of the application."""
    try:
        if words[:1] == ["flask"]:
            return commands.flask(words[1:])
        if words[:1] == ["reset"]:
            return commands.reset()
        run_until_stopped()
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def run_until_stopped() -> None:
    """Start all parts and watch over them."""
    if "MAKELEVEL" in os.environ:
        stop_with_parent()  # also if make itself is killed: nothing may run that nobody sees
    supervisor = Supervisor(INSTANCE / "processes.json", say)
    try:
        with commands.alone():
            try:
                supervisor.take_charge()
                start(supervisor)
                supervisor.watch()
            finally:
                supervisor.stop()
    except Stopped as stopped:
        say(f"stopped ({stopped}); the data is kept in {settings.short(INSTANCE)}")


# --- the order of starting --------------------------------------------------------------------------------------


def start(supervisor: Supervisor) -> None:
    """Bring up the parts in order and print where to go."""
    begun = time.monotonic()
    now = settings.development()
    wait_for_port(now.port)
    use_database(supervisor, now)
    if now.sandbox_port is not None:
        supervisor.start(sandbox(now, now.sandbox_port))
    migrate(now)
    seed(supervisor, now)
    supervisor.start(web(now))
    supervisor.until(lambda: answers(f"http://{HOST}:{now.port}/healthz"), "web", PATIENCE)
    supervisor.start(worker(now))  # last: nobody waits for it with a page open
    wait_for_sandbox(supervisor, now)
    welcome(now, time.monotonic() - begun)


def wait_for_sandbox(supervisor: Supervisor, now: Settings) -> None:
    """Wait until the sandbox answers, where there is one."""
    if now.sandbox_port is not None:
        supervisor.until(lambda: answers(f"http://{HOST}:{now.sandbox_port}/"), "sandbox", PATIENCE)


def wait_for_port(port: int) -> None:
    """Wait a little for what was just killed, then refuse a port that somebody else holds."""
    for _ in range(20):
        if settings.free(port):
            return
        time.sleep(0.25)
    raise Failed(f"port {port} is taken by another program: choose one, for example `PORT={port + 10} make run`")


def use_database(supervisor: Supervisor, now: Settings) -> None:
    """The server that DATABASE_URL names, or else a private one."""
    environment = now.environment
    if "DATABASE_URL" in environment:
        if "DATABASE_OWNER_URL" not in environment:
            raise Failed(
                "DATABASE_URL is set: set DATABASE_OWNER_URL too, the role that owns the tables and migrates them"
            )
    else:
        cluster = DevPostgres(settings.CLUSTER).start()
        if not cluster.owned:
            raise Failed(f"another process uses the database in {cluster.data}: stop it first")
        supervisor.stand_on(cluster)
        environment["DATABASE_URL"] = cluster.app_url()
        environment["DATABASE_OWNER_URL"] = cluster.owner_url()
    environment.setdefault("DATABASE_WORKER_URL", environment["DATABASE_URL"])
    keys = [*settings.kept_secrets(), "APP_ENV", "BASE_URL", "FILES_DIR", "STRIPE_API_BASE", "CHECKOUT_ORIGIN"]
    keys += ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_WORKER_URL", "MAIL_URL"]
    settings.write_private(settings.LAST_RUN, {key: environment[key] for key in keys if key in environment})


def migrate(now: Settings) -> None:
    """Run the migrations, unless the database is already at the newest one."""
    newest = max((path.stem for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py")), default=None)
    if newest is None or revision(now) == newest:
        return
    say("bringing the database up to date …")
    flask(now, "db", "upgrade", quiet=True)


def seed(supervisor: Supervisor, now: Settings) -> None:
    """Fill a fresh database with the demo, once."""
    if not (ROOT / "app" / "demo" / "commands.py").exists() or os.environ.get("DEMO") == "no":
        return
    here = identity_of_database(now)
    if settings.DEMO_DONE.exists() and json.loads(settings.DEMO_DONE.read_text()) == here:
        return
    wait_for_sandbox(supervisor, now)
    if settings.DEMO_BEGUN.exists():
        begin_anew(now)
    settings.DEMO_BEGUN.touch()
    say("building the demo through the application's own verbs …")
    # Half a demo is thrown away, so only its end has to be on disc: the last commit waits, and the rest is before it.
    words = ["demo", "seed", "--accounts", str(settings.ACCOUNTS)]
    flask(now, *words, PGOPTIONS="-c synchronous_commit=off")
    settings.DEMO_BEGUN.unlink()
    settings.DEMO_DONE.write_text(json.dumps(here))


def begin_anew(now: Settings) -> None:
    """An interrupted demo is half a city: nobody has used it yet, so it is taken down and built again."""
    if "DATABASE_URL" in os.environ:
        raise Failed("The demo was interrupted halfway. Empty the database that DATABASE_URL names, then start again.")
    say("the demo was interrupted: beginning anew")
    DevPostgres(settings.CLUSTER).start().create_database(DATABASE)
    migrate(now)
    if now.sandbox_port is not None:
        asked = urllib.request.Request(f"http://{HOST}:{now.sandbox_port}/_sandbox/reset", method="POST")
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310 - our own sandbox


def welcome(now: Settings, seconds: float) -> None:
    """Where to go and who to be."""
    print(f"\n  Cofonda is at {now.url}   (started in {seconds:.1f} s)", flush=True)
    if now.sandbox_port is None:
        print("  Payments: Stripe test mode, as STRIPE_SECRET_KEY is set")
    else:
        print(f"  Payments: our Stripe sandbox at http://{HOST}:{now.sandbox_port}; no real money moves")
    if "MAIL_URL" not in now.environment:
        print(f"  Mail: {now.url}/dev/mail   Time: {now.url}/dev/clock")
    if settings.ACCOUNTS.exists():
        print("\n" + "\n".join(f"  {line}" for line in settings.ACCOUNTS.read_text().splitlines()))
    print(f"\n  Ctrl-C stops everything; logs are in {settings.short(LOGS)}/\n", flush=True)


# --- the parts ------------------------------------------------------------------------------------------------


def part(now: Settings, name: str, level: int, words: list[str], if_orphaned: signal.Signals = signal.SIGKILL) -> Part:
    """A part of ours: the application's role only, its own log. One process alone needs no farewell to be gone."""
    environment = {key: value for key, value in now.environment.items() if key != "DATABASE_OWNER_URL"}
    environment["PYTHONUNBUFFERED"] = "1"
    return Part(name, words, level, environment, ROOT, LOGS / f"{name}.log", if_orphaned=if_orphaned)


def sandbox(now: Settings, port: int) -> Part:
    """The Stripe sandbox, which keeps its own data beside ours."""
    words = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(INSTANCE / "sandbox")]
    words += ["--public-url", f"http://{HOST}:{port}", "--webhook-url", f"http://{HOST}:{now.port}/webhooks/stripe"]
    words += ["--webhook-secret", now.environment["STRIPE_WEBHOOK_SECRET"]]
    return part(now, "sandbox", 1, words)


def worker(now: Settings) -> Part:
    """The process that does what takes time: mail, charges, closes, reminders."""
    return part(now, "worker", 2, [*commands.FLASK, "worker"])


def web(now: Settings) -> Part:
    """The web server; without the flag a killed worker of its own would not come back."""
    words = [
        sys.executable,
        "-m",
        "run.web",
        "--interface",
        "wsgi",
        "wsgi:app",
        "--host",
        HOST,
        "--port",
        str(now.port),
    ]
    words += ["--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers"]
    words += ["--workers-kill-timeout", "3", "--access-log"]
    return part(now, "web", 2, words, if_orphaned=signal.SIGTERM)  # it has workers to take along


# --- small things -----------------------------------------------------------------------------------------------


def flask(now: Settings, *words: str, quiet: bool = False, **more: str) -> str:
    """Run one command of the application; it must succeed."""
    done = subprocess.run(
        [*commands.FLASK, *words],
        cwd=ROOT,
        env={**now.environment, "PYTHONUNBUFFERED": "1", **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    if done.returncode != 0:
        raise Failed(f"flask {' '.join(words)} failed:\n{(done.stdout or '')[-5000:]}".rstrip())
    return done.stdout or ""


def answers(url: str) -> bool:
    """Whether a server answers at this address, whatever it says as long as it is not broken."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - our own addresses
            return int(reply.status) < 500
    except urllib.error.HTTPError as refused:
        return refused.code < 500
    except OSError:
        return False


def plain(url: str) -> str:
    """The address without SQLAlchemy's driver, for psycopg."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def revision(now: Settings) -> str | None:
    """The newest migration that the database has seen."""
    with psycopg.connect(plain(now.environment["DATABASE_OWNER_URL"])) as database:
        row = database.execute("SELECT to_regclass('alembic_version')").fetchone()
        if row is None or row[0] is None:
            return None
        found = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found[0]) if found else None


def identity_of_database(now: Settings) -> dict[str, str]:
    """What tells this database from a later one of the same name."""
    with psycopg.connect(plain(now.environment["DATABASE_OWNER_URL"])) as database:
        row = database.execute(
            "SELECT system_identifier::text, oid::text FROM pg_control_system(), pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    if row is None:
        raise Failed("the database does not know itself")
    return {"cluster": row[0], "database": row[1]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
