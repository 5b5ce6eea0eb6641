"""What of the provider's balances is not explained, and when we looked."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class Finding(Model):
    """A figure on which we and the provider do not agree; it ends when they do, or a person explains it."""

    __tablename__ = "finance_finding"
    __table_args__ = (
        CheckConstraint("ours <> theirs", name="differs"),
        CheckConstraint(
            "(explained_by is null or ended_at is not null) and (explained_by is null) = (why is null)", name="ended"
        ),
        Index("uq_finance_finding_one_open", "key", unique=True, postgresql_where=text("ended_at is null")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    key: Mapped[str]
    subjects: Mapped[list[Any]]  # what is stopped by it: "campaign:<id>" or "account:<id>"
    about: Mapped[str]
    what: Mapped[str]
    ours: Mapped[int]
    theirs: Mapped[int]
    on_day: Mapped[date]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    explained_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    why: Mapped[str | None]


class Run(Model):
    """One reconciliation: until when the provider's lines were read, and what came of it; never changed."""

    __tablename__ = "finance_run"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    on_day: Mapped[date]
    began_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    lines: Mapped[int]
    charges: Mapped[int]
    unexplained: Mapped[int]
