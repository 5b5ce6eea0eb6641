"""The close of a campaign: one immutable record of the decision, one case that follows the money to its end."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.settlement.rules import Outcome, State, Why


class Close(Model):
    """What was found at the close of a campaign; never changed afterwards."""

    __tablename__ = "settlement_close"
    __table_args__ = (
        CheckConstraint(named_check("outcome", Outcome), name="outcome"),
        CheckConstraint(
            "(outcome = 'won') = (counted >= threshold and people >= people_min)", name="decided_to_the_cent"
        ),
        CheckConstraint("counted >= 0 and promised >= counted and donors >= 0", name="amounts"),
        CheckConstraint("decided_at >= closed_at", name="after_the_end"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"), unique=True)
    closed_at: Mapped[datetime]
    decided_at: Mapped[datetime]
    outcome: Mapped[Outcome] = mapped_column(Named(Outcome))
    promised: Mapped[Money]
    counted: Mapped[Money]
    donors: Mapped[int]
    people: Mapped[int] = mapped_column(server_default=text("0"))  # who gave what counts, one by address and card
    people_min: Mapped[int] = mapped_column(server_default=text("0"))
    threshold: Mapped[Money]
    budget: Mapped[Money]
    record: Mapped[dict[str, Any]]
    sha256: Mapped[str]


class Case(Model):
    """Where the money of a closed campaign stands: waiting for the entity, announced, being collected, ended."""

    __tablename__ = "settlement_case"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint(
            "(state in ('confirmed', 'released')) = (ended_at is not null) and (ended_at is null) = (why is null)",
            name="ended",
        ),
        CheckConstraint(
            "(state = 'confirmed') = (match is not null) and (match is null or match >= 0)",
            name="match",
        ),
        CheckConstraint("suspended >= 0 and (suspended = 0 or match is not null)", name="suspended"),
        CheckConstraint(
            "state not in ('notified', 'collecting') or (notice_sent_at is not null and charge_from > notice_sent_at)",
            name="notice_first",
        ),
        CheckConstraint(
            "state <> 'collecting' or (collection_started_at >= charge_from and grace_until is not null)",
            name="collection",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"), unique=True)
    state: Mapped[State] = mapped_column(Named(State))
    close_started_at: Mapped[datetime]
    last_charge_at: Mapped[datetime]
    sessions_expired_at: Mapped[datetime | None]
    notice_sent_at: Mapped[datetime | None]
    charge_from: Mapped[datetime | None]
    collection_started_at: Mapped[datetime | None]
    grace_until: Mapped[datetime | None]
    collected: Mapped[Money | None]
    match: Mapped[Money | None]  # as it stands: it follows gifts that go back later, with a revision for each step
    suspended: Mapped[Money] = mapped_column(server_default=text("0"))  # what it gains if open disputes are won
    arithmetic: Mapped[dict[str, Any] | None]  # the figures on which the match was decided
    why: Mapped[Why | None] = mapped_column(Named(Why))
    ended_at: Mapped[datetime | None]


class Revision(Model):
    """The match of an ended campaign decided anew, because gifts went back or came again; never changed."""

    __tablename__ = "settlement_revision"
    __table_args__ = (
        UniqueConstraint("campaign_id", "n"),
        CheckConstraint("collected >= 0 and match >= 0 and suspended >= 0 and owed >= 0", name="amounts"),
        CheckConstraint("match + suspended <= match_before + suspended_before", name="never_more"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    n: Mapped[int]
    why: Mapped[str]  # the gift by which it came
    at: Mapped[datetime]
    collected_before: Mapped[Money]
    collected: Mapped[Money]
    match_before: Mapped[Money]
    match: Mapped[Money]
    suspended_before: Mapped[Money]
    suspended: Mapped[Money]
    freed: Mapped[Money]  # back to the fund
    owed: Mapped[Money]  # paid already and too much: a receivable on the body
    arithmetic: Mapped[dict[str, Any]]
