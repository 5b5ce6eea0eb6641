"""The campaign, the public versions of its story, its news and the questions put to it."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.campaigns.rules import Impact, Paper, Shown, State, video_host
from app.core.clock import local
from app.core.db import Model, Named, named_check
from app.core.money import Money


class Campaign(Model):
    """One project asking its neighbourhood for money; once it is live its promises cannot be changed (a trigger)."""

    __tablename__ = "campaigns_campaign"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint("budget > 0 and stretch >= 0", name="budget_positive"),
        CheckConstraint("threshold > 0 and threshold <= budget", name="threshold_within_budget"),
        CheckConstraint("ceiling >= 0 and ceiling <= budget", name="ceiling_within_budget"),
        CheckConstraint(
            "state in ('preparing', 'asked')"
            " or (opens_at is not null and closes_at > opens_at and confirmed_by is not null)",
            name="opened_with_dates",
        ),
        Index("ix_campaigns_campaign_state", "state", "closes_at", "id"),
        Index("ix_campaigns_campaign_zone_id", "zone_id", "state", "closes_at", "id"),
        Index("ix_campaigns_campaign_call_id", "call_id", "state", "closes_at", "id"),
        Index("ix_campaigns_campaign_newest", "opens_at", "id"),
        Index("ix_campaigns_campaign_title", text("sort_key(title)"), "id"),
        Index("ix_campaigns_campaign_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), unique=True)
    award_id: Mapped[int] = mapped_column(ForeignKey("evaluation_award.id"), unique=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls_call.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("calls_terms.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"), index=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("territory_zone.id"))
    theme: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]  # of the latest version, as is picture_id: lists need them without a second look
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    state: Mapped[State] = mapped_column(Named(State))
    budget: Mapped[Money]
    threshold: Mapped[Money]
    ceiling: Mapped[Money]
    stretch: Mapped[Money] = mapped_column(server_default=text("0"))
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    returned_why: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)  # a trigger's

    @property
    def key(self) -> str:
        """The campaign's name in the ledger and in the journal."""
        return f"campaign:{self.id}"

    @property
    def last_day(self) -> date | None:
        """The last civil day on which it is open."""
        return local(self.closes_at - timedelta(microseconds=1)).date() if self.closes_at else None

    @property
    def most(self) -> Money:
        """Pledges stop here."""
        return self.budget + self.stretch

    @property
    def public(self) -> bool:
        """Whether everybody may read it."""
        return self.state not in (State.PREPARING, State.ASKED)


class StoryVersion(Model):
    """The words and the picture that the public reads; versions that were public stay (a trigger)."""

    __tablename__ = "campaigns_text"
    __table_args__ = (UniqueConstraint("campaign_id", "version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    version: Mapped[int]
    summary: Mapped[str]
    story: Mapped[str]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    picture_alt: Mapped[str] = mapped_column(server_default=text("''"))
    impact: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    written_at: Mapped[datetime]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))

    @property
    def lines(self) -> list[Impact]:
        """What the amounts make possible."""
        return [Impact(Money(int(each["amount"])), str(each["it"]), str(each.get("en", ""))) for each in self.impact]


class Update(Model):
    """A piece of news from the group, as it reads now; its earlier words stay beside it."""

    __tablename__ = "campaigns_update"
    __table_args__ = (
        Index("ix_campaigns_update_campaign", "campaign_id", "posted_at"),
        Index("ix_campaigns_update_posted_at", "posted_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    title: Mapped[str]
    body: Mapped[str]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    picture_alt: Mapped[str] = mapped_column(server_default=text("''"))
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    changed_at: Mapped[datetime | None]


class UpdateVersion(Model):
    """How a piece of news read before it was changed; it stays as it was (a trigger)."""

    __tablename__ = "campaigns_update_version"
    __table_args__ = (UniqueConstraint("update_id", "version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    update_id: Mapped[int] = mapped_column(ForeignKey("campaigns_update.id"))
    version: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    picture_alt: Mapped[str] = mapped_column(server_default=text("''"))
    written_at: Mapped[datetime]


class GalleryItem(Model):
    """A photograph, or a link to a video elsewhere with a picture of its own; in the order that the group gave."""

    __tablename__ = "campaigns_gallery_item"
    __table_args__ = (
        CheckConstraint(named_check("kind", Shown), name="kind"),
        CheckConstraint("kind <> 'photo' or (file_id is not null and address is null)", name="photo_is_a_file"),
        CheckConstraint("kind <> 'video' or address like 'https://%'", name="video_is_a_link"),
        CheckConstraint("words <> ''", name="described"),
        Index("ix_campaigns_gallery_item_campaign", "campaign_id", "position"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    kind: Mapped[Shown] = mapped_column(Named(Shown))
    position: Mapped[int]
    words: Mapped[str]  # what the photograph shows, or the video's title
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    address: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))

    @property
    def host(self) -> str:
        """Where the video is."""
        return video_host(self.address or "") or ""


class Document(Model):
    """A paper that the group shows to everybody, with what it is."""

    __tablename__ = "campaigns_document"
    __table_args__ = (
        CheckConstraint(named_check("kind", Paper), name="kind"),
        CheckConstraint("title <> ''", name="titled"),
        Index("ix_campaigns_document_campaign", "campaign_id", "added_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    kind: Mapped[Paper] = mapped_column(Named(Paper))
    title: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("files_file.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Question(Model):
    """A neighbour's question and the group's answer; shown once it is answered."""

    __tablename__ = "campaigns_question"
    __table_args__ = (
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered_at"),
        Index("ix_campaigns_question_campaign", "campaign_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    asked_at: Mapped[datetime]
    body: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Word(Model):
    """A word of public campaigns as a reader would type it, to compare typing errors with (a trigger fills it)."""

    __tablename__ = "campaigns_word"
    __table_args__ = (
        Index("ix_campaigns_word_near", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    word: Mapped[str] = mapped_column(primary_key=True)
    lexeme: Mapped[str] = mapped_column(index=True)


class Tally(Model):
    """How many public campaigns there are of one zone, theme or call in one state (a trigger keeps it)."""

    __tablename__ = "campaigns_tally"
    __table_args__ = (
        CheckConstraint("count >= 0", name="not_negative"),
        CheckConstraint("kind in ('zone', 'theme', 'call')", name="kind"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(Named(State), primary_key=True)
    count: Mapped[int]
