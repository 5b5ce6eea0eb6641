"""Is everything there that we need: database, migrations, worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import SystemClock
from app.core.db import db

_STARTED = SystemClock().now()
_VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def head() -> str:
    """The newest migration in the source, by its number."""
    return max(path.stem for path in _VERSIONS.glob("[0-9]*.py"))


def readiness() -> dict[str, bool]:
    """Part to whether it is ready; a worker is alive if its heartbeat is younger than 10 seconds."""
    try:
        version = db.session.execute(text("select version_num from alembic_version")).scalar()
        beat = db.session.execute(
            text("select count(*) from procrastinate_workers where last_heartbeat > now() - interval '10 seconds'")
        ).scalar_one()
    except SQLAlchemyError:
        db.session.rollback()
        return {"database": False, "migrations": False, "worker": False}
    return {"database": True, "migrations": version == head(), "worker": bool(beat)}


def schema() -> str:
    """The migration that the database stands at."""
    return str(db.session.execute(text("select version_num from alembic_version")).scalar())


def deployed_at() -> datetime:
    """When this process began to run the code that it runs."""
    return _STARTED
