"""Reads of followers and of the news that waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.calls import queries as calls
from app.calls.models import Call, CallTerms
from app.calls.rules import State as CallState
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, Update
from app.campaigns.rules import PUBLIC
from app.core import crypto
from app.core.clock import local
from app.core.db import db
from app.core.errors import Missing
from app.evaluation.models import Ranking
from app.evaluation.rules import State as RankingState
from app.followers.models import Follow, News
from app.followers.rules import (
    BUNDLE_HOUR,
    NEWS_FRESH,
    TOLD,
    Kind,
    Pace,
    Subject,
    excerpt,
    read_token,
    signed,
    token,
)
from app.pledges.models import Pledge
from app.pledges.rules import State as PledgeState
from app.territory import queries as territory

STANDING = (PledgeState.HELD, PledgeState.ACTIVE, PledgeState.CHARGED)


@dataclass(frozen=True)
class Thing:
    """What is followed: its row, its name and its page."""

    subject: Subject
    id: int
    slug: str
    name: str
    path: str

    @property
    def column(self) -> str:
        """The column of a follower that names it."""
        return {Subject.PROJECT: "campaign_id", Subject.QUARTER: "zone_id", Subject.CALL: "call_id"}[self.subject]


def thing(subject: Subject, slug: str) -> Thing:
    """The public thing at that address; raises Missing where there is none."""
    if subject is Subject.PROJECT:
        campaign = campaigns.by_slug(slug)
        return _project(campaign)
    if subject is Subject.CALL:
        call = calls.by_slug(slug)
        if call.archive or call.state is CallState.DRAFT:
            raise Missing("There is no call at this address.")
        return _call(call)
    zone = territory.zone(slug)
    if zone is None:
        raise Missing("There is no neighbourhood of this name.")
    return _quarter(zone.id)


def _project(campaign: Campaign) -> Thing:
    return Thing(Subject.PROJECT, campaign.id, campaign.slug, campaign.title, f"/projects/{campaign.slug}")


def _call(call: Call) -> Thing:
    return Thing(Subject.CALL, call.id, call.slug, call.title, f"/calls/{call.slug}")


def _quarter(zone_id: int) -> Thing:
    zone = territory.zone_by_id(zone_id)
    if zone is None:
        raise Missing("There is no neighbourhood of this name.")
    return Thing(Subject.QUARTER, zone.id, zone.slug, zone.name, f"/projects/?zone={zone.slug}")


def followed(follow: Follow) -> Thing:
    """What this follower follows."""
    if follow.campaign_id is not None:
        return _project(campaigns.campaign(follow.campaign_id))
    if follow.call_id is not None:
        return _call(calls.call(follow.call_id))
    return _quarter(follow.zone_id or 0)


def find(email: str, what: Thing) -> Follow | None:
    """The follower of that address and thing."""
    return db.session.scalars(
        select(Follow).where(Follow.email == email, getattr(Follow, what.column) == what.id)
    ).one_or_none()


def by_ref(ref: str) -> Follow | None:
    """The follower of that reference."""
    return db.session.scalars(select(Follow).where(Follow.ref == ref)).one_or_none()


def locked(ref: str) -> Follow | None:
    """The same as it stands now, held still until the end of this transaction."""
    return db.session.scalars(
        select(Follow).where(Follow.ref == ref).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def pledge_by_ref(ref: str) -> Pledge | None:
    """The pledge of that reference."""
    return db.session.scalars(select(Pledge).where(Pledge.ref == ref)).one_or_none()


def project_of(pledge: Pledge) -> Thing:
    """The project that this pledge is for."""
    return _project(campaigns.campaign(pledge.campaign_id))


def gives(email: str, campaign_id: int) -> bool:
    """Whether this address has a promise or gift for that campaign that stands."""
    return db.session.scalar(select(exists().where(*_gives(email, campaign_id)))) or False


def _gives(email: Any, campaign_id: Any) -> tuple[ColumnElement[bool], ...]:
    return (Pledge.campaign_id == campaign_id, Pledge.email == email, Pledge.state.in_(STANDING))


# --- the secrets in links ---------------------------------------------------------------------------------------------


def secret(ref: str, word: str) -> str:
    """The secret of a link in a letter; nothing of it is stored."""
    return token(ref, word, _signature(ref, word))


def _signature(ref: str, word: str) -> str:
    return crypto.keyed_hash(f"followers:{ref}:{word}").hex()[:32]


def opened(text: str, *words: str) -> tuple[str, str]:
    """Reference and word of a secret that we signed for one of these words; raises Missing for any other text."""
    read = read_token(text)
    if read is None or read[1] not in words or not signed(read[2], _signature(read[0], read[1])):
        raise Missing("This link is not whole. Copy all of it from the letter.")
    return read[0], read[1]


def donor_stop(pledge: Pledge) -> str:
    """The secret with which a donor ends the news of the project, for the donor's own page."""
    return secret(pledge.ref, "stop")


def stopped(pledge: Pledge) -> bool:
    """Whether this donor wants no news of the project."""
    row = db.session.scalars(
        select(Follow).where(Follow.email == pledge.email, Follow.campaign_id == pledge.campaign_id)
    ).one_or_none()
    return row is not None and row.ended_at is not None


# --- news -------------------------------------------------------------------------------------------------------------


def unnoticed(now: datetime) -> list[News]:
    """What happened lately and is not written down yet, oldest first; rows that are not added to anything."""
    since = now - NEWS_FRESH
    found = [*_updates(since), *_opened(since), *_corrigenda(since), *_rankings(since)]
    known = set(db.session.scalars(select(News.key).where(News.key.in_([each.key for each in found]))))
    return sorted((each for each in found if each.key not in known), key=lambda each: (each.happened_at, each.key))


def _of_campaign(campaign: Campaign, key: str, kind: Kind, title: str, words: str, at: datetime) -> News:
    return News(
        key=key,
        kind=kind,
        campaign_id=campaign.id,
        zone_id=campaign.zone_id,
        call_id=campaign.call_id,
        about=campaign.title,
        title=title,
        words=words,
        path=f"/projects/{campaign.slug}",
        happened_at=at,
    )


def _updates(since: datetime) -> list[News]:
    rows = db.session.execute(
        select(Update, Campaign)
        .join(Campaign, Campaign.id == Update.campaign_id)
        .where(Update.posted_at > since, Campaign.state.in_(PUBLIC))
    )
    return [
        _of_campaign(campaign, f"update:{each.id}", Kind.UPDATE, each.title, excerpt(each.body), each.posted_at)
        for each, campaign in rows
    ]


def _opened(since: datetime) -> list[News]:
    rows = db.session.scalars(select(Campaign).where(Campaign.opens_at > since, Campaign.state.in_(PUBLIC)))
    return [
        _of_campaign(each, f"opened:{each.id}", Kind.OPENED, each.title, each.summary, each.opens_at)
        for each in rows
        if each.opens_at is not None
    ]


def _of_call(call: Call, key: str, kind: Kind, words: str, end: str, at: datetime) -> News:
    return News(
        key=key,
        kind=kind,
        call_id=call.id,
        about=call.title,
        title=call.title,
        words=words,
        path=f"/calls/{call.slug}{end}",
        happened_at=at,
    )


def _corrigenda(since: datetime) -> list[News]:
    rows = db.session.execute(
        select(CallTerms, Call)
        .join(Call, Call.id == CallTerms.call_id)
        .where(CallTerms.version > 1, CallTerms.frozen_at > since)
    )
    return [
        _of_call(call, f"terms:{each.id}", Kind.CORRIGENDUM, excerpt(each.reason), "", each.frozen_at)
        for each, call in rows
    ]


def _rankings(since: datetime) -> list[News]:
    rows = db.session.execute(
        select(Ranking, Call)
        .join(Call, Call.id == Ranking.call_id)
        .where(Ranking.state == RankingState.APPROVED, Ranking.approved_at > since)
    )
    return [
        _of_call(call, f"ranking:{each.id}", Kind.RANKING, "", "/ranking", each.approved_at)
        for each, call in rows
        if each.approved_at is not None
    ]


def newest() -> int:
    """The number of the latest news."""
    return db.session.scalar(select(func.max(News.id))) or 0


def donors_without_row(campaign_id: int) -> list[tuple[str, str]]:
    """Address and language of the donors of a campaign that are not followers yet."""
    rows = db.session.execute(
        select(Pledge.email, func.max(Pledge.language))
        .where(
            Pledge.campaign_id == campaign_id,
            Pledge.state.in_(STANDING),
            ~exists().where(Follow.email == Pledge.email, Follow.campaign_id == campaign_id),
        )
        .group_by(Pledge.email)
        .order_by(Pledge.email)
    )
    return [(email, language) for email, language in rows]


def _told(follow: Any) -> ColumnElement[bool]:
    """Whether a news item is for this follower; what the same address hears of the project itself is not said twice."""
    closer = aliased(Follow)
    heard = (
        exists()
        .where(closer.email == follow.email, closer.campaign_id == News.campaign_id, closer.ended_at.is_(None))
        .correlate(Follow, News)
    )
    since = or_(follow.donor, News.happened_at >= follow.confirmed_at)
    mine = or_(
        and_(follow.campaign_id == News.campaign_id, News.kind.in_(TOLD[Subject.PROJECT])),
        and_(
            follow.zone_id == News.zone_id,
            News.kind.in_(TOLD[Subject.QUARTER]),
            or_(News.kind != Kind.UPDATE, ~heard),
        ),
        and_(follow.call_id == News.call_id, News.kind.in_(TOLD[Subject.CALL])),
    )
    return and_(since, mine)


def due(now: datetime, *, limit: int) -> Sequence[Follow]:
    """Followers for whom news waits and whose time has come, each held by this transaction alone."""
    today = local(now)
    paced: ColumnElement[bool] = Follow.pace == Pace.NOW
    if today.hour >= BUNDLE_HOUR:
        paced = or_(paced, Follow.told_on.is_(None), Follow.told_on < today.date())
    donor = and_(Follow.donor, exists().where(*_gives(Follow.email, Follow.campaign_id)))
    return db.session.scalars(
        select(Follow)
        .where(
            Follow.ended_at.is_(None),
            or_(Follow.confirmed_at.is_not(None), donor),
            paced,
            exists().where(News.id > Follow.told_news, _told(Follow)),
        )
        .order_by(Follow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def waiting(follow: Follow) -> Sequence[News]:
    """The news that this follower has not been written about, oldest first."""
    return db.session.scalars(
        select(News)
        .join(Follow, Follow.id == follow.id)
        .where(News.id > follow.told_news, _told(Follow))
        .order_by(News.id)
    ).all()
