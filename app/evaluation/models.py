"""Panels, declarations, score sheets, rankings and awards. The triggers that hold them are in the migration."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.evaluation.rules import Outcome, State


class Panelist(Model):
    """A person appointed to score the proposals of a call."""

    __tablename__ = "evaluation_panelist"
    __table_args__ = (UniqueConstraint("call_id", "person_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    appointed_at: Mapped[datetime]
    appointed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Declaration(Model):
    """What an evaluator declares on a proposal before scoring it: no conflict of interest, or one, then no score."""

    __tablename__ = "evaluation_conflict"
    __table_args__ = (
        UniqueConstraint("proposal_id", "person_id"),
        CheckConstraint("NOT conflicted OR length(reason) > 0", name="conflict_says_why"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    conflicted: Mapped[bool]
    reason: Mapped[str]
    declared_at: Mapped[datetime]


class Sheet(Model):
    """One evaluator’s scores of one proposal; it counts once it is complete."""

    __tablename__ = "evaluation_sheet"
    __table_args__ = (UniqueConstraint("proposal_id", "person_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    saved_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    scores: Mapped[list[Score]] = relationship(
        back_populates="sheet",
        order_by="Score.id",
        lazy="selectin",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class Score(Model):
    """The points of one criterion with the reason for them."""

    __tablename__ = "evaluation_score"
    __table_args__ = (
        UniqueConstraint("sheet_id", "criterion"),
        CheckConstraint("points BETWEEN 0 AND 10", name="points"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("evaluation_sheet.id", ondelete="CASCADE"))
    criterion: Mapped[str]
    points: Mapped[int | None]
    comment: Mapped[str]

    sheet: Mapped[Sheet] = relationship(back_populates="scores")


class Ranking(Model):
    """The ranking of a call: drawn from the scores, then approved by an act, and from then on unchangeable."""

    __tablename__ = "evaluation_ranking"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint(
            "(state = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL AND act_number IS NOT NULL"
            " AND act_on IS NOT NULL)",
            name="approved_by_an_act",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"), unique=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("calls_terms.id"))
    state: Mapped[State] = mapped_column(Named(State))
    available: Mapped[Money]  # what the fund had when the line was drawn
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    act_number: Mapped[str | None]
    act_on: Mapped[date | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))

    awards: Mapped[list[Award]] = relationship(back_populates="ranking", order_by="Award.position.asc().nulls_last()")


class Award(Model):
    """What a ranking gives one proposal: its place, its score and the ceiling of the match."""

    __tablename__ = "evaluation_award"
    __table_args__ = (
        CheckConstraint(named_check("outcome", Outcome), name="outcome"),
        CheckConstraint("(outcome = 'excluded') = (position IS NULL)", name="place"),
        CheckConstraint("budget > 0 AND ceiling >= 0 AND fund_after >= 0", name="amounts"),
        Index(
            "uq_evaluation_award_place",
            "ranking_id",
            "position",
            unique=True,
            postgresql_where=text("position is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    ranking_id: Mapped[int] = mapped_column(ForeignKey("evaluation_ranking.id"))
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), unique=True)
    position: Mapped[int | None]
    score_milli: Mapped[int | None]
    outcome: Mapped[Outcome] = mapped_column(Named(Outcome))
    budget: Mapped[Money]
    ceiling: Mapped[Money]
    fund_after: Mapped[Money]

    ranking: Mapped[Ranking] = relationship(back_populates="awards")
