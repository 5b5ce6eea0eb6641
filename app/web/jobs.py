"""Housekeeping of the job queue itself."""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import db, transaction
from app.core.jobs import every, job


@every("*/5 * * * * *")
@job("web.rescue_jobs")
def rescue_jobs() -> None:
    """Give back the jobs of workers whose heartbeat stopped (killed, crashed); every job is idempotent."""
    with transaction():
        db.session.execute(
            text(
                "select procrastinate_retry_job_v2(j.id, now(), null, null, null) from procrastinate_jobs j"
                " left join procrastinate_workers w on w.id = j.worker_id"
                " where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - interval '4 seconds')"
            )
        )
        db.session.execute(text("select procrastinate_prune_stalled_workers_v1(4)"))
