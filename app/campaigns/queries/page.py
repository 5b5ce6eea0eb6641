"""Reads of one campaign's page: whatever hangs on it, in few questions however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, bindparam, func, select
from sqlalchemy.orm import contains_eager

from app.calls.models import CallTerms
from app.calls.rules import Terms
from app.campaigns.models import Campaign, Document, GalleryItem, Question, StoryVersion, Update, UpdateVersion
from app.campaigns.rules import PUBLIC
from app.core.db import db
from app.core.errors import Missing
from app.evaluation.models import Award, Ranking
from app.files.models import File
from app.groups.models import Group, LegalEntity, Member
from app.groups.rules import EntityState
from app.proposals.models import Commitment, Proposal
from app.territory.models import Zone


@dataclass(frozen=True)
class Whole:
    """A campaign with what its page names, each at most one row."""

    campaign: Campaign
    story: StoryVersion
    picture: File | None
    terms: Terms
    zone: Zone
    group: Group
    proposal: Proposal
    award: Award
    entity: LegalEntity | None
    members: int
    signed: int
    news: int
    answers: int
    neighbours: int


def _how_many(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(*conditions).correlate(Campaign).scalar_subquery()


def _whole(which: Executable, value: str) -> Whole:
    """Everything that the page of one campaign names, in one question."""
    row: Any = db.session.execute(which, {"value": value}).one_or_none()
    if row is None:
        raise Missing("There is no campaign at this address.")
    found = (*row[:3], row[3].terms, *row[4:])
    return Whole(*found)


def _question(*which: ColumnElement[bool]) -> Executable:
    latest = (
        select(func.max(StoryVersion.version))
        .where(StoryVersion.campaign_id == Campaign.id)
        .correlate(Campaign)
        .scalar_subquery()
    )
    other = Campaign.__table__.alias("other")
    return (
        select(
            Campaign,
            StoryVersion,
            File,
            CallTerms,
            Zone,
            Group,
            Proposal,
            Award,
            LegalEntity,
            _how_many(Member.group_id == Campaign.group_id, Member.left_at.is_(None)),
            _how_many(Commitment.proposal_id == Campaign.proposal_id, Commitment.voided_at.is_(None)),
            _how_many(Update.campaign_id == Campaign.id),
            _how_many(Question.campaign_id == Campaign.id, Question.answer.is_not(None)),
            _how_many(other.c.zone_id == Campaign.zone_id, other.c.id != Campaign.id, other.c.state.in_(PUBLIC)),
        )
        .join(StoryVersion, and_(StoryVersion.campaign_id == Campaign.id, StoryVersion.version == latest))
        .outerjoin(File, File.id == StoryVersion.picture_id)
        .join(CallTerms, CallTerms.id == Campaign.terms_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .join(Group, Group.id == Campaign.group_id)
        .join(Proposal, Proposal.id == Campaign.proposal_id)
        .join(Award, Award.id == Campaign.award_id)
        .join(Ranking, Ranking.id == Award.ranking_id)
        .outerjoin(
            LegalEntity, and_(LegalEntity.group_id == Campaign.group_id, LegalEntity.state == EntityState.VERIFIED)
        )
        .options(contains_eager(Award.ranking))
        .where(*which)
    )


# Put together once: to build such a question takes as long as to answer it.
@cache
def _by_slug() -> Executable:
    return _question(Campaign.slug == bindparam("value"), Campaign.state.in_(PUBLIC))


@cache
def _by_ref() -> Executable:
    return _question(Campaign.ref == bindparam("value"))


def whole_by_slug(slug: str) -> Whole:
    """The public campaign at that address with all that its page names."""
    return _whole(_by_slug(), slug)


def whole_by_ref(ref: str) -> Whole:
    """The same before it is public, for its group and the office."""
    return _whole(_by_ref(), ref)


# --- the gallery and the documents -----------------------------------------------------------------------------------


def gallery(campaign: Campaign) -> Sequence[GalleryItem]:
    """Photographs and videos in the group's order."""
    return db.session.scalars(
        select(GalleryItem).where(GalleryItem.campaign_id == campaign.id).order_by(GalleryItem.position, GalleryItem.id)
    ).all()


def gallery_item(campaign: Campaign, ref: str) -> GalleryItem:
    """One photograph or video of this campaign."""
    found = db.session.scalars(
        select(GalleryItem).where(GalleryItem.campaign_id == campaign.id, GalleryItem.ref == ref)
    ).one_or_none()
    if found is None:
        raise Missing("There is no picture with this reference.")
    return found


def hung(campaign: Campaign) -> list[tuple[GalleryItem, File | None]]:
    """The gallery with its pictures, in one question."""
    rows = db.session.execute(
        select(GalleryItem, File)
        .outerjoin(File, File.id == GalleryItem.file_id)
        .where(GalleryItem.campaign_id == campaign.id)
        .order_by(GalleryItem.position, GalleryItem.id)
    )
    return [(item, file) for item, file in rows]


@dataclass(frozen=True)
class OwnPicture:
    """A picture of the gallery as the campaign's words may show it."""

    ref: str
    width: int | None
    height: int | None
    words: str


def showable(gallery: Sequence[tuple[GalleryItem, File | None]]) -> dict[str, OwnPicture]:
    """The gallery's pictures by the name that the group writes."""
    return {
        item.ref: OwnPicture(file.ref, file.width, file.height, item.words)
        for item, file in gallery
        if file is not None
    }


def own_pictures(campaign: Campaign) -> dict[str, OwnPicture]:
    """The pictures that this campaign's words may show."""
    return showable(hung(campaign))


def documents(campaign: Campaign) -> list[tuple[Document, File]]:
    """The documents with their files, the oldest first."""
    rows = db.session.execute(
        select(Document, File)
        .join(File, File.id == Document.file_id)
        .where(Document.campaign_id == campaign.id)
        .order_by(Document.added_at, Document.id)
    )
    return [(document, file) for document, file in rows]


def document(campaign: Campaign, ref: str) -> tuple[Document, File]:
    """One document of this campaign with its file."""
    found = next((pair for pair in documents(campaign) if pair[0].ref == ref), None)
    if found is None:
        raise Missing("There is no document with this reference.")
    return found


# --- news and questions ----------------------------------------------------------------------------------------------


def _news(campaign: Campaign) -> Select[Update, File]:
    return (
        select(Update, File)
        .outerjoin(File, File.id == Update.picture_id)
        .where(Update.campaign_id == campaign.id)
        .order_by(Update.posted_at.desc(), Update.id.desc())
    )


def news(campaign: Campaign, limit: int, offset: int = 0) -> list[tuple[Update, File | None]]:
    """The newest news with their pictures."""
    rows: Any = db.session.execute(_news(campaign).limit(limit).offset(offset))
    return [(update, file) for update, file in rows]


def one_news(campaign: Campaign, ref: str) -> tuple[Update, File | None]:
    """One piece of news of this campaign."""
    row: Any = db.session.execute(_news(campaign).where(Update.ref == ref)).one_or_none()
    if row is None:
        raise Missing("There is no news with this reference.")
    return row[0], row[1]


def earlier_words(update: Update) -> list[tuple[UpdateVersion, File | None]]:
    """How a piece of news read before, newest first."""
    rows = db.session.execute(
        select(UpdateVersion, File)
        .outerjoin(File, File.id == UpdateVersion.picture_id)
        .where(UpdateVersion.update_id == update.id)
        .order_by(UpdateVersion.version.desc())
    )
    return [(version, file) for version, file in rows]


def some_answers(campaign: Campaign, limit: int, offset: int = 0) -> Sequence[Question]:
    """Answered questions, the latest answer first."""
    return db.session.scalars(
        select(Question)
        .where(Question.campaign_id == campaign.id, Question.answer.is_not(None))
        .order_by(Question.answered_at.desc(), Question.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
