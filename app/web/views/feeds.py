"""Feeds of news and calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response
from flask_babel import get_locale
from flask_babel import gettext as _

from app.calls import queries as calls
from app.calls.models import Call
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, Update
from app.core import clock
from app.groups import queries as groups
from app.web import feeds, gates
from app.web.context import city
from app.web.feeds import Entry, Feed
from app.web.filters import deadline, paragraphs
from app.web.leaving import share
from app.web.navigation import absolute
from app.web.words import markdown

bp = Blueprint("feeds", __name__)
LIMIT = 50
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # what a feed without entries says of its age


@bp.get("/feeds/news.<any(atom, json):form>")
@gates.public
def news(form: str) -> Response:
    """The latest news of all projects."""
    found = campaigns.latest_updates(LIMIT)
    names = groups.names({campaign.group_id for _update, campaign in found})
    entries = [_told(update, campaign, names[campaign.group_id]) for update, campaign in found]
    title = _("News from the neighbourhoods of %(city)s", city=city().short)
    return _sent("feeds.news", form, str(title), absolute("web.home"), entries)


@bp.get("/projects/<slug>/news.<any(atom, json):form>")
@gates.public
def project(slug: str, form: str) -> Response:
    """The news of one project."""
    campaign = campaigns.by_slug(slug)
    name = groups.group(campaign.group_id).name
    entries = [_told(update, campaign, name) for update in campaigns.updates(campaign)[:LIMIT]]
    page = absolute("campaigns.show", slug=slug)
    return _sent("feeds.project", form, campaign.title, page, entries, slug=slug)


@bp.get("/feeds/calls.<any(atom, json):form>")
@gates.public
def board(form: str) -> Response:
    """The calls as they are published."""
    now = clock.now()
    found = [*calls.open_calls(now), *calls.announced(now), *calls.closed(now)]
    found.sort(key=lambda call: (call.published_at or call.created_at, call.id), reverse=True)
    entries = [_called(call) for call in found[:LIMIT]]
    title = _("Calls of %(city)s", city=city().short)
    return _sent("feeds.board", form, str(title), absolute("calls.index"), entries)


def _told(update: Update, campaign: Campaign, author: str) -> Entry:
    url = f"{absolute('campaigns.show', slug=campaign.slug)}#news"
    title = f"{campaign.title}: {update.title}"
    return Entry(_key(update.ref), title, url, str(markdown(update.body)), update.posted_at, author)


def _called(call: Call) -> Entry:
    words = call.summary
    if call.closes_at:
        words += "\n\n" + str(_("Deadline: %(day)s", day=deadline(call.closes_at)))
    url = absolute("calls.show", slug=call.slug)
    at = call.published_at or call.created_at
    return Entry(_key(call.ref), call.title, url, str(paragraphs(words)), at, city().name)


def _key(ref: str) -> str:
    """A name that stays the same whatever the site's address will be."""
    return f"urn:cofonda:{ref}"


def _sent(endpoint: str, form: str, title: str, page: str, entries: Sequence[Entry], **at: Any) -> Response:
    own = absolute(endpoint, form=form, **at)
    began = min((entry.at for entry in entries), default=BEGAN)
    feed = Feed(title, page, own, str(get_locale()), entries, began)
    made = feeds.atom(feed) if form == "atom" else feeds.json_feed(feed)
    return share(lambda: made, feeds.ATOM if form == "atom" else feeds.JSON, made)
