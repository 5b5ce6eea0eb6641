"""What the group shows beside its words: photographs, links to videos, documents."""

from datetime import datetime

from app.campaigns import queries
from app.campaigns.models import Campaign, Document, GalleryItem
from app.campaigns.rules import DOCUMENTS_MOST, GALLERY_MOST, MOVES, WORDS_MOST, Act, Paper, Shown, video_host
from app.campaigns.service.access import refuse_stranger
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.core.moves import move
from app.core.refs import new_ref
from app.files import service as files
from app.files.models import File
from app.journal import service as journal


def hang_photo(campaign: Campaign, file: File, words: str, *, by: Actor, now: datetime) -> GalleryItem:
    """A photograph of the group's, last in the gallery, with what it shows."""
    return _hang(campaign, Shown.PHOTO, words, file, None, by=by, now=now)


def hang_video(
    campaign: Campaign, address: str, words: str, poster: File | None, *, by: Actor, now: datetime
) -> GalleryItem:
    """A link to a video elsewhere; nothing of that place is ever loaded into our page."""
    if video_host(address.strip()) is None:
        raise Invalid({"address": Refusal("Copy the whole address of the video’s page: it begins with https://.")})
    return _hang(campaign, Shown.VIDEO, words, poster, address.strip(), by=by, now=now)


def _hang(
    campaign: Campaign, kind: Shown, words: str, file: File | None, address: str | None, *, by: Actor, now: datetime
) -> GalleryItem:
    campaign = _ours(campaign, by)
    hung = queries.gallery(campaign)
    if len(hung) >= GALLERY_MOST:
        raise Invalid({"": Refusal("The gallery holds %(most)s pictures. Remove one first.", most=GALLERY_MOST)})
    item = GalleryItem(
        ref=new_ref("gal"),
        campaign_id=campaign.id,
        kind=kind,
        position=max((each.position for each in hung), default=0) + 1,
        words=_checked(words, kind),
        file_id=file.id if file else None,
        address=address,
        added_at=now,
        added_by=by.id,
    )
    db.session.add(item)
    journal.record("campaigns.hang", subject=campaign.key, by=by, now=now, item=item.ref, kind=kind.value)
    return item


def _checked(words: str, kind: Shown) -> str:
    """What a picture shows, in one line; a gallery that cannot be heard is not for everybody."""
    plain = " ".join(words.split())
    if not plain or len(plain) > WORDS_MOST:
        photo = Refusal("Write what the picture shows, in at most %(most)s characters.", most=WORDS_MOST)
        video = Refusal("Write what the video is about, in at most %(most)s characters.", most=WORDS_MOST)
        raise Invalid({"words": photo if kind is Shown.PHOTO else video})
    return plain


def describe(campaign: Campaign, item: GalleryItem, words: str, *, by: Actor, now: datetime) -> None:
    """Say anew what it shows."""
    campaign = _ours(campaign, by)
    item.words = _checked(words, item.kind)
    journal.record("campaigns.describe", subject=campaign.key, by=by, now=now, item=item.ref)


def shift(campaign: Campaign, item: GalleryItem, step: int, *, by: Actor, now: datetime) -> None:
    """One place forward or back; at either end it stays."""
    campaign = _ours(campaign, by)
    order = [each.id for each in queries.gallery(campaign)]
    old = order.index(item.id)
    new = min(max(0, old + (1 if step > 0 else -1)), len(order) - 1)
    order.insert(new, order.pop(old))
    for each in queries.gallery(campaign):
        each.position = order.index(each.id) + 1
    journal.record("campaigns.shift", subject=campaign.key, by=by, now=now, item=item.ref, place=new + 1)


def take_down(campaign: Campaign, item: GalleryItem, *, by: Actor, now: datetime) -> None:
    """Out of the gallery for good; the picture itself can no longer be fetched."""
    campaign = _ours(campaign, by)
    journal.record("campaigns.take_down", subject=campaign.key, by=by, now=now, item=item.ref, kind=item.kind.value)
    db.session.delete(item)
    db.session.flush()
    if item.file_id is not None:
        files.withdraw(item.file_id)


def add_document(campaign: Campaign, file: File, kind: str, title: str, *, by: Actor, now: datetime) -> Document:
    """A paper for everybody, with what it is."""
    campaign = _ours(campaign, by)
    plain = " ".join(title.split())
    errors: dict[str, Refusal | str] = {}
    if kind not in list(Paper):
        errors["kind"] = Refusal("Choose what the document is.")
    if not plain or len(plain) > WORDS_MOST:
        errors["title"] = Refusal("Give the document a title of at most %(most)s characters.", most=WORDS_MOST)
    if errors:
        raise Invalid(errors)
    if len(queries.documents(campaign)) >= DOCUMENTS_MOST:
        raise Conflict("A page holds %(most)s documents. Remove one first.", most=DOCUMENTS_MOST)
    document = Document(
        ref=new_ref("doc"),
        campaign_id=campaign.id,
        kind=Paper(kind),
        title=plain,
        file_id=file.id,
        added_at=now,
        added_by=by.id,
    )
    db.session.add(document)
    journal.record("campaigns.add_document", subject=campaign.key, by=by, now=now, document=document.ref, kind=kind)
    return document


def remove_document(campaign: Campaign, document: Document, *, by: Actor, now: datetime) -> None:
    """Off the page; the journal keeps that it was there."""
    campaign = _ours(campaign, by)
    journal.record(
        "campaigns.remove_document", subject=campaign.key, by=by, now=now, document=document.ref, title=document.title
    )
    db.session.delete(document)


def _ours(campaign: Campaign, by: Actor) -> Campaign:
    campaign = queries.locked(campaign.id)
    refuse_stranger(campaign, by)
    move(MOVES, campaign.state, Act.WRITE)
    return campaign
