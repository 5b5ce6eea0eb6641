"""Housekeeping of files, and the slow forms of pictures."""

from app.core import clock
from app.core.db import transaction
from app.core.jobs import defer, every, job
from app.files import queries, service

AT_ONCE = 50


@every("41 3 * * *")
@job("files.sweep")
def sweep() -> None:
    """Remove orphans from disc every night."""
    with transaction():
        service.sweep()


@job("files.vary")
def vary(file_id: int) -> None:
    """Draw the AVIF forms of one picture."""
    with transaction():
        file = queries.by_id(file_id)
        if file is not None:
            service.vary(file, now=clock.now())


@every("*/10 * * * *")
@job("files.vary_rest")
def vary_rest() -> None:
    """Pictures that still lack their forms, such as those from before there were any: a job each."""
    with transaction():
        for file_id in queries.unvaried(AT_ONCE):
            defer("files.vary", key=f"files.vary:{file_id}", file_id=file_id)
