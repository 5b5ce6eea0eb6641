"""For search engines: what may be read, and where everything is, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app
from markupsafe import escape

from app.calls import queries as calls
from app.campaigns import queries as campaigns
from app.core import clock
from app.programmes import queries as programmes
from app.web import gates
from app.web.leaving import open_to_all
from app.web.navigation import LANGUAGES, absolute
from app.web.views.home import PAGES

bp = Blueprint("crawlers", __name__)
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: machines' addresses have no language

# A file may hold 50,000 addresses: a project has two pages in two languages.
PROJECTS = 10_000
UNLISTED = frozenset(["style-guide"])
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SETS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@dataclass(frozen=True)
class Spot:
    """One page, in every language."""

    endpoint: str
    at: dict[str, Any]
    changed: datetime | None = None


@bp.get("/robots.txt")
@gates.public
def robots() -> Response:
    """Everything public may be read; forms, secret links and the office are nobody's search result."""
    closed = ("desk", "account", "proposals", "groups", "pledges", "people", "journal")
    lines = ["User-agent: *", *(f"Allow: /{language}/groups/about/" for language in LANGUAGES)]
    lines += [f"Disallow: /{language}/{part}" for language in LANGUAGES for part in closed]
    lines += ["Disallow: /dev/"]
    lines += ["", f"Sitemap: {absolute('crawlers.index')}", ""]
    return open_to_all(Response("\n".join(lines), mimetype="text/plain"), 3600)


@bp.get("/sitemap.xml")
@gates.public
def index() -> Response:
    """The list of the lists."""
    parts = [absolute("crawlers.pages")]
    many = -(-campaigns.count(campaigns.Filters())[0] // PROJECTS)
    parts += [absolute("crawlers.projects", part=k) for k in range(1, many + 1)]
    body = "".join(f"<sitemap><loc>{escape(part)}</loc></sitemap>" for part in parts)
    return _xml(f"{HEAD}<sitemapindex {SETS}>{body}</sitemapindex>")


@bp.get("/sitemap-pages.xml")
@gates.public
def pages() -> Response:
    """All pages but those of the projects."""
    now = clock.now()
    found = [Spot("web.home", {}), *(Spot("web.page", {"name": name}) for name in sorted(PAGES.keys() - UNLISTED))]
    names = ("campaigns.index", "calls.index", "programmes.index", "spaces.index", "transparency.index")
    found += [Spot(name, {}) for name in (*names, "transparency.register") if name in current_app.view_functions]
    published = [*calls.open_calls(now), *calls.announced(now), *calls.closed(now), *calls.editions()]
    found += [Spot("calls.show", {"slug": call.slug}, call.published_at) for call in published]
    found += [Spot("programmes.show", {"code": one.code}) for one in programmes.programmes()]
    return _listed(found)


@bp.get("/sitemap-projects-<int:part>.xml")
@gates.public
def projects(part: int) -> Response:
    """The pages of ten thousand projects."""
    rows = campaigns.addresses(PROJECTS, (part - 1) * PROJECTS) if 0 < part < 10_000 else []
    if not rows:
        abort(404)
    names = ("campaigns.show", "transparency.project")
    return _listed(Spot(name, {"slug": slug}, changed) for slug, changed in rows for name in names)


def _listed(spots: Iterable[Spot]) -> Response:
    return _xml(f"{HEAD}<urlset {SETS}>{''.join(_said(spots))}</urlset>")


def _said(spots: Iterable[Spot]) -> Iterator[str]:
    for spot in spots:
        known = {
            lang: escape(absolute(spot.endpoint, lang=lang, **spot.at)) for lang in current_app.config["LANGUAGES"]
        }
        both = "".join(f'<xhtml:link rel="alternate" hreflang="{lang}" href="{url}"/>' for lang, url in known.items())
        first = known[current_app.config["LANGUAGES"][0]]
        both += f'<xhtml:link rel="alternate" hreflang="x-default" href="{first}"/>'
        changed = f"<lastmod>{spot.changed:%Y-%m-%dT%H:%M:%S+00:00}</lastmod>" if spot.changed else ""
        for url in known.values():
            yield f"<url><loc>{url}</loc>{changed}{both}</url>"


def _xml(text: str) -> Response:
    return open_to_all(Response(text, mimetype="application/xml"), 3600)
