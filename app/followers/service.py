"""Verbs on followers; the only writer of the room's tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from app.core.clock import local
from app.core.db import db
from app.core.errors import Gone
from app.core.refs import new_ref
from app.followers import queries
from app.followers.models import Follow
from app.followers.queries import Thing
from app.followers.rules import CONFIRM_WITHIN, Kind, Pace, Subject
from app.outbox import service as outbox

BATCH = 100


def ask(email: str, what: Thing, *, pace: Pace, language: str, now: datetime) -> Follow:
    """Somebody types an address: its owner is asked by mail; nothing is sent before the owner says yes."""
    follow = queries.find(email, what)
    if follow is None:
        follow = Follow(
            ref=new_ref("fol"),
            email=email,
            language=language,
            subject=what.subject,
            pace=pace,
            asked_at=now,
            told_news=queries.newest(),
            **{what.column: what.id},
        )
        db.session.add(follow)
    follow.asked_at = now
    db.session.flush()
    outbox.send(
        email,
        "followers/confirm",
        language=language,
        now=now,
        token=queries.secret(follow.ref, pace),
        name=what.name,
        subject=str(what.subject),
        pace=str(pace),
    )
    return follow


def confirm(token: str, *, now: datetime) -> Thing:
    """The owner of the address says yes: from now on there is news, as often as was asked for."""
    ref, word = queries.opened(token, *Pace)
    follow = queries.locked(ref)
    if follow is None or now - follow.asked_at > CONFIRM_WITHIN:
        raise Gone("This link has expired. Ask once more on the page that you want to follow.")
    if follow.confirmed_at is None or follow.ended_at is not None:
        follow.told_news = queries.newest()
    follow.pace = Pace(word)
    follow.confirmed_at, follow.ended_at = follow.confirmed_at or now, None
    db.session.flush()
    return queries.followed(follow)


def stop(token: str, *, now: datetime) -> None:
    """No more letters. The address is forgotten, unless a donor's: there we must remember not to write."""
    ref, _ = queries.opened(token, "stop")
    follow = queries.locked(ref)
    if follow is None and (pledge := queries.pledge_by_ref(ref)) is not None:
        follow = queries.find(pledge.email, queries.project_of(pledge)) or _donor(
            pledge.campaign_id, pledge.email, pledge.language, now=now, since=queries.newest()
        )
    if follow is None:
        return
    if follow.campaign_id is not None and queries.gives(follow.email, follow.campaign_id):
        follow.ended_at = follow.ended_at or now
        follow.confirmed_at = None
    else:
        db.session.delete(follow)
    db.session.flush()


def _donor(campaign_id: int, email: str, language: str, *, now: datetime, since: int) -> Follow:
    follow = Follow(
        ref=new_ref("fol"),
        email=email,
        language=language,
        subject=Subject.PROJECT,
        campaign_id=campaign_id,
        pace=Pace.DAILY,
        donor=True,
        asked_at=now,
        told_news=since,
    )
    db.session.add(follow)
    return follow


def notice(*, now: datetime) -> int:
    """Write down what happened lately; donors of a project with news become its followers. Returns how much is new."""
    found = queries.unnoticed(now)
    for news in found:
        db.session.add(news)
        db.session.flush()
        if news.kind is Kind.UPDATE and news.campaign_id is not None:
            for email, language in queries.donors_without_row(news.campaign_id):
                _donor(news.campaign_id, email, language, now=now, since=news.id - 1)
            db.session.flush()
    return len(found)


def tell_next(*, now: datetime) -> bool:
    """Write the letters of the next hundred followers; says whether there may be more."""
    found = queries.due(now, limit=BATCH)
    for follow in found:
        _tell(follow, now)
    db.session.flush()
    return len(found) == BATCH


def _tell(follow: Follow, now: datetime) -> None:
    items, what, stop_token = queries.waiting(follow), queries.followed(follow), queries.secret(follow.ref, "stop")
    outbox.send(
        follow.email,
        "followers/news",
        language=follow.language,
        now=now,
        key=f"followers.news:{follow.id}:{items[-1].id}",
        unsubscribe=outbox.page(follow.language, f"/follow/stop/{stop_token}"),
        stop=stop_token,
        items=items,
        name=what.name,
        subject=str(what.subject),
        donor=follow.donor and follow.confirmed_at is None,
    )
    follow.told_news, follow.told_on = items[-1].id, local(now).date()


def tidy(*, now: datetime) -> None:
    """Forget addresses whose owner never said yes."""
    db.session.execute(
        delete(Follow).where(
            Follow.confirmed_at.is_(None), ~Follow.donor, Follow.asked_at < now - CONFIRM_WITHIN - timedelta(days=1)
        )
    )
