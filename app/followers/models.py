"""Followers, and the news that their letters carry."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.followers.rules import Kind, Pace, Subject


class Follow(Model):
    """One address that follows one thing: no name, no account; the row goes when the follower stops.

    Donors follow their project without asking for it; where they stop, the row stays so that they stay stopped.
    """

    __tablename__ = "followers_follow"
    __table_args__ = (
        CheckConstraint(named_check("subject", Subject), name="subject"),
        CheckConstraint(named_check("pace", Pace), name="pace"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("language in ('it', 'en')", name="language"),
        CheckConstraint(
            "num_nonnulls(campaign_id, zone_id, call_id) = 1"
            " and (subject = 'project') = (campaign_id is not null) and (subject = 'call') = (call_id is not null)",
            name="one_thing",
        ),
        CheckConstraint("not donor or subject = 'project'", name="donors_follow_projects"),
        Index("uq_followers_follow_campaign", "email", "campaign_id", unique=True),
        Index("uq_followers_follow_zone", "email", "zone_id", unique=True),
        Index("uq_followers_follow_call", "email", "call_id", unique=True),
        Index("ix_followers_follow_campaign_id", "campaign_id"),
        Index("ix_followers_follow_zone_id", "zone_id"),
        Index("ix_followers_follow_call_id", "call_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    language: Mapped[str]
    subject: Mapped[Subject] = mapped_column(Named(Subject))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns_campaign.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("territory_zone.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls_call.id"))
    pace: Mapped[Pace] = mapped_column(Named(Pace))
    donor: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    told_news: Mapped[int] = mapped_column(server_default=text("0"))  # the last news written about
    told_on: Mapped[date | None]


class News(Model):
    """Something that happened and that followers are told, noticed once."""

    __tablename__ = "followers_news"
    __table_args__ = (
        CheckConstraint(named_check("kind", Kind), name="kind"),
        Index("ix_followers_news_campaign_id", "campaign_id", "id"),
        Index("ix_followers_news_zone_id", "zone_id", "id"),
        Index("ix_followers_news_call_id", "call_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind] = mapped_column(Named(Kind))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns_campaign.id"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("territory_zone.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls_call.id"))
    about: Mapped[str]  # the project or the call
    title: Mapped[str]
    words: Mapped[str]
    path: Mapped[str]
    happened_at: Mapped[datetime]
