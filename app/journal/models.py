"""The journal's one table; the migration takes UPDATE and DELETE from the application and guards it by a trigger."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class Entry(Model):
    """One thing that somebody, or the system, did."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        CheckConstraint("(person_id is null) = (person_name is null)", name="person_whole"),
        Index("ix_journal_entry_subject_id", "subject", "id"),
        Index("ix_journal_entry_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str]
    subject: Mapped[str]
    # No foreign key: people live on a higher floor, and an entry outlives an erased account.
    person_id: Mapped[int | None]
    person_name: Mapped[str | None]
    data: Mapped[dict[str, Any]]
