"""Finds the milestones that were reached and writes to the donors, a hundred letters a transaction."""

from __future__ import annotations

from app.core import clock
from app.core.db import db, transaction
from app.core.jobs import every, job
from app.transparency import queries, service


@every("*/30 * * * * *")
@job("transparency.tell_milestones")
def tell_milestones() -> None:
    """One letter for each gift and milestone, however often this runs or stops half-way."""
    with transaction():
        service.notice(now=clock.now())
    waiting = queries.unwritten()
    db.session.rollback()
    for milestone_id in waiting:
        more = True
        while more:
            with transaction():
                more = service.tell_next(milestone_id, now=clock.now())
