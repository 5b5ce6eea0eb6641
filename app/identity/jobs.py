"""Housekeeping of accounts."""

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.identity import service


@every("23 3 * * *")
@job("identity.tidy")
def tidy() -> None:
    """Remove old tries, dead sessions and expired links every night."""
    with transaction():
        service.tidy(now=clock.now())
