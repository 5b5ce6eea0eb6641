"""Housekeeping of files."""

from app.core.db import transaction
from app.core.jobs import every, job
from app.files import service


@every("41 3 * * *")
@job("files.sweep")
def sweep() -> None:
    """Remove orphans from disc every night."""
    with transaction():
        service.sweep()
