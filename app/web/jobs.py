"""Housekeeping of the job queue itself."""

from __future__ import annotations

from app.core.db import transaction
from app.core.jobs import every, give_back_stalled, job


@every("*/5 * * * * *")
@job("web.rescue_jobs")
def rescue_jobs() -> None:
    """Give back the jobs of workers whose heartbeat stopped (killed, crashed); every job is idempotent."""
    with transaction():
        give_back_stalled()
