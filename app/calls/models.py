"""Calls and the versions of their terms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.calls.rules import State, Terms
from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.programmes.models import Programme, Source


class Call(Model):
    """A public call: drafted section by section, published once, then ruled by its frozen terms."""

    __tablename__ = "calls_call"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint("envelope IS NULL OR envelope > 0", name="envelope"),
        CheckConstraint("closes_at > opens_at", name="dates"),
        CheckConstraint(
            "state = 'draft' OR archive OR (published_at IS NOT NULL AND opens_at IS NOT NULL AND closes_at IS NOT NULL"
            " AND envelope IS NOT NULL AND source_id IS NOT NULL AND programme_id IS NOT NULL)",
            name="published_whole",
        ),
        CheckConstraint("NOT archive OR state = 'ended'", name="archive_ended"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes_programme.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("programmes_source.id"))
    title: Mapped[str]
    summary: Mapped[str]
    state: Mapped[State] = mapped_column(Named(State))
    kind: Mapped[str]  # what an award is: so far the match ceiling of a campaign
    envelope: Mapped[Money | None]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    draft: Mapped[dict[str, Any]]  # the sections of the terms filled so far; empty once they are frozen
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    archive: Mapped[bool]
    facts: Mapped[dict[str, Any]]  # an edition of the past: what was published about it

    programme: Mapped[Programme | None] = relationship()
    source: Mapped[Source | None] = relationship()
    versions: Mapped[list[CallTerms]] = relationship(back_populates="call", order_by="CallTerms.version")


class CallTerms(Model):
    """One frozen version of a call’s terms: never changed, only followed by the next."""

    __tablename__ = "calls_terms"
    __table_args__ = (
        UniqueConstraint("call_id", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    reason: Mapped[str]  # why a corrigendum changed the version before; empty for the first
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))

    call: Mapped[Call] = relationship(back_populates="versions")

    @property
    def terms(self) -> Terms:
        """The rules of this version."""
        return Terms.from_dict(self.body["terms"])
