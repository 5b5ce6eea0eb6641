"""Long work and what it made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from app.core.db import db
from app.web.models import Work, WorkPart


def work_by_ref(ref: str) -> Work | None:
    """The long work of that reference, as it stands now."""
    return db.session.scalars(
        select(Work).where(Work.ref == ref).execution_options(populate_existing=True)
    ).one_or_none()


def works_of(person_id: int, limit: int = 20) -> Sequence[Work]:
    """What the person started, newest first."""
    return db.session.scalars(
        select(Work).where(Work.asked_by == person_id).order_by(Work.id.desc()).limit(limit)
    ).all()


def parts(work: Work) -> Iterator[str]:
    """What the work made, portion by portion."""
    n = 0
    while True:
        body = db.session.scalars(
            select(WorkPart.body).where(WorkPart.work_id == work.id, WorkPart.n == n)
        ).one_or_none()
        if body is None:
            return
        yield body
        n += 1
