"""Programmes, their funding sources, what was released of them, and recorded progress."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.core.money import Money
from app.programmes.rules import Progress


class Programme(Model):
    """A public plan with a code of its own, under which calls are published."""

    __tablename__ = "programmes_programme"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("jsonb_typeof(cups) = 'array'", name="cups"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    city: Mapped[str]
    area: Mapped[str]
    action: Mapped[str]
    implementing_body: Mapped[str]
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    responsible_name: Mapped[str]
    cups: Mapped[list[Any]]
    act: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    created_at: Mapped[datetime]

    sources: Mapped[list[Source]] = relationship(back_populates="programme", order_by="Source.id")
    progress: Mapped[list[ProgressEntry]] = relationship(order_by="ProgressEntry.as_of.desc()")


class Source(Model):
    """A fund that pays for a programme, with the whole amount granted to it."""

    __tablename__ = "programmes_source"
    __table_args__ = (CheckConstraint("total > 0", name="total"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes_programme.id"), index=True)
    name: Mapped[str]
    fund: Mapped[str]
    total: Mapped[Money]
    created_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship(back_populates="sources")
    releases: Mapped[list[Release]] = relationship(order_by="Release.id")


class Release(Model):
    """Money of a source unblocked by an act: a call can promise no more than this."""

    __tablename__ = "programmes_release"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("programmes_source.id"), index=True)
    amount: Mapped[Money]
    act: Mapped[str]
    released_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class ProgressEntry(Model):
    """The four amounts of a programme as recorded on a day, with where they were read."""

    __tablename__ = "programmes_progress"
    __table_args__ = (
        UniqueConstraint("programme_id", "as_of"),
        CheckConstraint("planned >= 0 AND admitted >= 0 AND committed >= 0 AND disbursed >= 0", name="amounts"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes_programme.id"))
    as_of: Mapped[date]
    planned: Mapped[Money]
    admitted: Mapped[Money]
    committed: Mapped[Money]
    disbursed: Mapped[Money]
    source_note: Mapped[str]

    def figures(self) -> Progress:
        """The four amounts as one thing."""
        return Progress(self.planned, self.admitted, self.committed, self.disbursed)
