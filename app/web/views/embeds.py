"""What stands on other people's pages: the widget, its snippet, oEmbed, and the short address."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.errors import Missing
from app.web import gates, sheets
from app.web.context import city
from app.web.leaving import DAY, open_to_all
from app.web.navigation import absolute
from app.web.pictures import cards

bp = Blueprint("embeds", __name__)
plain = Blueprint("oembed", __name__)
plain.without_language = True  # type: ignore[attr-defined]  # read by the factory: the page's address says the language

WIDTH, HEIGHT = 390, 520
LEAST = (240, 320)  # a frame smaller than that cannot show the project
FRAMED = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors *"
)


@bp.get("/projects/<slug>/widget")
@gates.public
def widget(slug: str) -> Response:
    """One project in a frame: no script, no cookie, links that open their own window."""
    colour = city().colour
    own = "" if colour.upper() == "#0066CC" else colour[1:]
    answer = Response(render_template("web/widget.html", sheet=sheets.of(slug, clock.now()), own_colour=own))
    answer.headers["Content-Security-Policy"] = FRAMED
    answer.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    answer.headers["X-Robots-Tag"] = "noindex"
    return open_to_all(answer, 60)


@bp.get("/projects/<slug>/share")
@gates.public
def snippet(slug: str) -> ResponseReturnValue:
    """Everything to pass a project on: frame, badge, QR code, poster, feed."""
    g.frames_own_page = True
    sheet = sheets.of(slug, clock.now())
    frame = _frame(sheet, WIDTH, HEIGHT)
    return render_template("web/share.html", sheet=sheet, frame=frame, width=WIDTH, height=HEIGHT)


def _frame(sheet: sheets.Sheet, width: int, height: int) -> str:
    """The line of HTML that shows the widget elsewhere."""
    return render_template("web/frame.html", sheet=sheet, width=width, height=height).strip()


@plain.get("/p/<slug>")
@gates.public
def short(slug: str) -> ResponseReturnValue:
    """The short address of a poster: to the page in the language that the reader's phone asks for."""
    lang = request.accept_languages.best_match(current_app.config["LANGUAGES"]) or "it"
    answer = redirect(url_for("campaigns.show", slug=campaigns.by_slug(slug).slug, lang=lang), 302)
    answer.headers["Vary"] = "Accept-Language"
    return answer


@plain.get("/oembed")
@gates.public
def oembed() -> ResponseReturnValue:
    """The oEmbed endpoint: how to show one of our projects, in the space that the other site has."""
    if request.args.get("format", "json") != "json":
        return _said({"error": "Only format=json is offered."}, 501)
    found = _project(request.args.get("url", ""))
    if found is None:
        return _said({"error": "There is no project at this address."}, 404)
    lang, slug = found
    g.lang = lang
    try:
        sheet = sheets.of(slug, clock.now())
    except Missing:
        return _said({"error": "There is no project at this address."}, 404)
    wide = _room(request.args.get("maxwidth"), WIDTH)
    high = _room(request.args.get("maxheight"), HEIGHT)
    said: dict[str, object] = {
        "version": "1.0",
        "type": "link",
        "title": sheet.campaign.title,
        "provider_name": f"Cofonda {city().short}",
        "provider_url": absolute("web.home", lang=lang),
        "cache_age": DAY,
    }
    if wide >= LEAST[0] and high >= LEAST[1]:
        said |= {"type": "rich", "html": _frame(sheet, wide, high), "width": wide, "height": high}
    # A thumbnail keeps within the room too; the card has one size.
    if _room(request.args.get("maxwidth"), cards.WIDE) >= cards.WIDE and "maxheight" not in request.args:
        picture = absolute("cards.project", slug=slug, lang=lang)
        said |= {"thumbnail_url": picture, "thumbnail_width": cards.WIDE, "thumbnail_height": cards.HIGH}
    return _said(said, 200)


def _said(words: dict[str, object], status: int) -> Response:
    answer = open_to_all(jsonify(words))
    answer.status_code = status
    return answer


def _room(asked: str | None, most: int) -> int:
    """The space asked for, at most ours; what is no number asks for nothing."""
    return min(int(asked), most) if asked and asked.isascii() and asked.isdigit() and len(asked) < 7 else most


def _project(address: str) -> tuple[str, str] | None:
    """Language and slug of the project's page at a whole address of this site; nothing for any other page."""
    try:
        asked, ours = urlsplit(address), urlsplit(current_app.config["BASE_URL"])
        if (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
            return None
        endpoint, values = current_app.url_map.bind("").match(asked.path, method="GET")
    except (ValueError, HTTPException, RequestRedirect):
        return None
    lang = values.get("lang") or request.accept_languages.best_match(current_app.config["LANGUAGES"]) or "it"
    return (str(lang), str(values["slug"])) if endpoint in ("campaigns.show", "oembed.short") else None
