"""Notices news and writes to its followers."""

from __future__ import annotations

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.followers import service


@every("*/30 * * * * *")
@job("followers.tell")
def tell() -> None:
    """Write down what is new, then write to whom it is due, a hundred letters a transaction."""
    with transaction():
        service.notice(now=clock.now())
    more = True
    while more:
        with transaction():
            more = service.tell_next(now=clock.now())


@every("41 3 * * *")
@job("followers.tidy")
def tidy() -> None:
    """Forget addresses whose owner never said yes."""
    with transaction():
        service.tidy(now=clock.now())
