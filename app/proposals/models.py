"""Proposals with their lines, milestones, people, signatures and the officer's check; triggers: see the migration."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.core.money import ZERO, Money
from app.proposals.rules import THEMES, Outcome, State


class Proposal(Model):
    """One group's answer to one call."""

    __tablename__ = "proposals_proposal"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint(f"theme in ({', '.join(repr(theme) for theme in THEMES)})", name="theme"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint(
            "state in ('draft', 'signing', 'withdrawn') or reference is not null and slug is not null"
            " and submitted_at is not null and text_sha256 is not null",
            name="submitted_whole",
        ),
        Index(
            "uq_proposals_proposal_one_per_call",
            "call_id",
            "group_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index(None, "group_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("calls_terms.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"))
    slug: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    theme: Mapped[str | None]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("territory_zone.id"))
    place: Mapped[str] = mapped_column(default="")
    need: Mapped[str] = mapped_column(default="")
    story: Mapped[str] = mapped_column(default="")
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    picture_alt: Mapped[str] = mapped_column(default="")
    impact: Mapped[str] = mapped_column(default="")
    total: Mapped[Money] = mapped_column(default=ZERO)
    state: Mapped[State] = mapped_column(Named(State))
    reference: Mapped[str | None] = mapped_column(unique=True)
    text_sha256: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    submitted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Line(Model):
    """One line of the budget; in a draft its name may still be empty or its sum zero."""

    __tablename__ = "proposals_line"
    __table_args__ = (
        UniqueConstraint("proposal_id", "position"),
        CheckConstraint("amount >= 0 and (amount > 0 or name <> '')", name="says_something"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    position: Mapped[int]
    name: Mapped[str]
    amount: Mapped[Money]


class Milestone(Model):
    """One step of the project and its date; in a draft one of the two may still be missing."""

    __tablename__ = "proposals_milestone"
    __table_args__ = (
        UniqueConstraint("proposal_id", "position"),
        CheckConstraint("due_on is not null or title <> ''", name="says_something"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    position: Mapped[int]
    title: Mapped[str]
    due_on: Mapped[date | None]


class Participant(Model):
    """A person's one place in a call, held by the keyed hash of the tax code."""

    __tablename__ = "proposals_participant"
    __table_args__ = (
        UniqueConstraint("call_id", "tax_code_hash"),
        UniqueConstraint("proposal_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"))
    tax_code_hash: Mapped[bytes]
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))


class Commitment(Model):
    """A member's signature over the words of the commitment and the text of the proposal."""

    __tablename__ = "proposals_commitment"
    __table_args__ = (
        Index(
            "uq_proposals_commitment_holding",
            "proposal_id",
            "person_id",
            unique=True,
            postgresql_where=text("voided_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    name: Mapped[str]
    text: Mapped[str]
    text_version: Mapped[str]
    text_sha256: Mapped[str]
    proposal_sha256: Mapped[str]
    signed_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]


class Check(Model):
    """An officer's decision on admissibility, with the reasons and what the machine had found."""

    __tablename__ = "proposals_check"
    __table_args__ = (
        CheckConstraint(named_check("outcome", Outcome), name="outcome"),
        CheckConstraint("outcome = 'admissible' or length(reasons) >= 10", name="refused_with_reasons"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    outcome: Mapped[Outcome] = mapped_column(Named(Outcome))
    reasons: Mapped[str]
    found: Mapped[dict[str, Any]]
    checked_at: Mapped[datetime]


class Numbering(Model):
    """The last reference number given, by prefix and year."""

    __tablename__ = "proposals_numbering"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
