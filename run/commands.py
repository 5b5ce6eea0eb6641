"""What a person at the keyboard asks for beside `make run`: a command of the application, or a fresh beginning."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from run import settings
from run.postgres import DevPostgres
from run.settings import INSTANCE, ROOT
from run.supervisor import Failed

LOCK = INSTANCE / "run.lock"
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Refuse to run twice on the same data; the kernel forgets the lock with its process."""
    INSTANCE.mkdir(exist_ok=True)
    with LOCK.open("a") as lock:
        for _ in range(20):  # the process that a killed make has left may need a moment to stop
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.25)
        else:
            where = settings.read(settings.LAST_RUN).get("BASE_URL", "") if settings.LAST_RUN.exists() else ""
            raise Failed(f"Cofonda already runs here: {where}. Stop it with Ctrl-C where it was started.")
        yield


def flask(words: list[str]) -> int:
    """Run one of the application's commands with this machine's settings, starting the database if it sleeps."""
    now = settings.development()
    last = settings.read(settings.LAST_RUN) if settings.LAST_RUN.exists() else {}
    environment = {**now.environment, **last, **os.environ}
    cluster = None
    if "DATABASE_URL" not in os.environ:
        cluster = DevPostgres(settings.CLUSTER).start()
        environment |= {"DATABASE_URL": cluster.app_url(), "DATABASE_OWNER_URL": cluster.owner_url()}
        environment["DATABASE_WORKER_URL"] = cluster.app_url()
    try:
        return subprocess.run([*FLASK, *words], cwd=ROOT, env=environment, check=False).returncode
    finally:
        if cluster is not None:
            cluster.stop()


def reset() -> int:
    """Delete the database, the uploads, the sandbox's memory and the secrets of development."""
    with alone():
        DevPostgres(settings.CLUSTER).forget()
        for path in [INSTANCE / "files", INSTANCE / "sandbox"]:
            shutil.rmtree(path, ignore_errors=True)
        for path in [settings.DEMO_DONE, settings.DEMO_BEGUN, settings.ACCOUNTS, settings.SECRETS, settings.LAST_RUN]:
            path.unlink(missing_ok=True)
    print("The data of development is gone; `make run` begins anew.")
    return 0
