"""Pictures and papers for elsewhere: social cards, badges, QR codes, posters, icons."""

from __future__ import annotations

from datetime import UTC, datetime
from json import dumps

from flask import Blueprint, Response, abort, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from app.calls import queries as calls
from app.core import clock
from app.files.models import File
from app.web import filters, gates, gateway, lettering, sheets
from app.web.assets import read_built
from app.web.context import city
from app.web.leaving import DAY, share
from app.web.navigation import absolute
from app.web.pictures import cards
from app.web.pictures.covers import cover_file

bp = Blueprint("cards", __name__)
icons = Blueprint("icons", __name__)
icons.without_language = True  # type: ignore[attr-defined]  # read by the factory: an icon has no language

PNG, SVG, PDF = "image/png", "image/svg+xml", "application/pdf"
SIZES = (32, 180, 192, 512)


def _photo(file: File | None, size: tuple[int, int]) -> bytes | None:
    """The photo cut to size; none where there is none or where it is not on disc."""
    try:
        return gateway.photo(file, *size) if file is not None and not file.private else None
    except FileNotFoundError:
        return None


def _drawn(svg: str, form: str = "png", width: int | None = None) -> Response:
    if form == "svg":
        return share(svg.encode, SVG, svg)
    colour = city().colour
    return share(lambda: gateway.png(svg, colour=colour, width=width), PNG, svg, colour, str(width))


@bp.get("/card.png")
@gates.public
def site() -> Response:
    """The card of the whole site."""
    courtyard = gateway.data_address(read_built("courtyard.svg"), SVG)
    return _drawn(cards.site(city(), courtyard))


@bp.get("/projects/<slug>/card.png")
@gates.public
def project(slug: str) -> Response:
    """The card of a project, as a link to it is shown elsewhere."""
    sheet = sheets.of(slug, clock.now())
    photo = _photo(sheet.picture, cards.PHOTO)
    return _drawn(cards.project(sheet, city(), gateway.data_address(photo, "image/jpeg") if photo else None))


@bp.get("/calls/<slug>/card.png")
@gates.public
def call(slug: str) -> Response:
    """The card of a call."""
    found, now = calls.by_slug(slug), clock.now()
    fund = filters.money(found.envelope) if found.envelope else ""
    foot = found.summary
    if found.closes_at and not found.archive:
        ahead = found.closes_at > now
        foot = _("Deadline: %(day)s", day=filters.deadline(found.closes_at)) if ahead else _("The call is closed.")
    return _drawn(cards.call(found.title, found.slug, fund, _("City's fund") if fund else "", str(foot), city()))


@bp.get("/projects/<slug>/badge.<any(png, svg):form>")
@gates.public
def badge(slug: str, form: str) -> Response:
    """A small strip that says how far a project is."""
    return _drawn(cards.badge(sheets.of(slug, clock.now()), city()), form, 688)


@bp.get("/projects/<slug>/qr.<any(png, svg):form>")
@gates.public
def qr(slug: str, form: str) -> Response:
    """The short address of a project as a QR code."""
    address = short(sheets.of(slug, clock.now()).campaign.slug)
    if form == "svg":
        return share(lambda: gateway.qr_svg(address).encode(), SVG, address, seconds=DAY)
    return share(lambda: gateway.qr_png(address), PNG, address, seconds=DAY)


@bp.get("/projects/<slug>/poster.pdf")
@gates.public
def poster(slug: str) -> Response:
    """A poster on A4 for the notice board, with the QR code."""
    sheet, now = sheets.of(slug, clock.now()), clock.now()
    facts, pictures = _poster(sheet)
    made_at = datetime(now.year, now.month, now.day, tzinfo=UTC)
    answer = share(lambda: gateway.poster_pdf(facts, pictures, made_at=made_at), PDF, str(facts), *pictures.values())
    answer.headers["Content-Disposition"] = f'inline; filename="cofonda-{filters.slug(slug)}.pdf"'
    return answer


def _poster(sheet: sheets.Sheet) -> tuple[dict[str, str], dict[str, bytes]]:
    """What the poster says, in the reader's language, and its pictures."""
    campaign, zone, address = sheet.campaign, sheet.zone, short(sheet.campaign.slug)
    photo = _photo(sheet.picture, (1280, 731))
    drawn = cover_file(campaign.theme, zone.lat, zone.lon, campaign.slug).encode()
    place = _("%(zone)s, borough %(number)s", zone=zone.name, number=zone.borough.number)
    ask = _("Point your phone’s camera at the square, or write the address:")
    if sheet.open:
        head = _("Give to this project")
        until = _("You can give until %(day)s.", day=filters.to_day(campaign.last_day))
        rule = _(
            "If the gifts reach %(threshold)s, the city adds up to %(city)s. Otherwise nobody pays.",
            threshold=filters.money(campaign.threshold),
            city=filters.money(campaign.ceiling),
        )
    else:
        head, until, rule = sheet.word, "", sheet.says()
    figure, figure_says = (campaign.threshold, _("is the threshold")) if sheet.open else (sheet.sum, sheet.note())
    facts = {
        "lang": str(get_locale()),
        "title": lettering.breakable(lettering.plain(campaign.title) or lettering.plain(zone.name)),
        "summary": lettering.breakable(lettering.plain(campaign.summary, lettering.REGULAR)),
        "zone": lettering.plain(str(place), lettering.REGULAR),
        "city": lettering.plain(city().name, lettering.REGULAR),
        "colour": city().colour,
        "head": str(head),
        "until": str(until),
        "rule": str(rule),
        "figure": filters.money(figure),
        "figure_says": str(figure_says),
        "ask": str(ask),
        "address": address.split("://", 1)[-1],
        "link": address,
        "picture": "picture.jpg" if photo else "picture.svg",
        "picture_says": str(_("Picture of the project %(title)s", title=campaign.title)),
        "qr_says": str(_("QR code that leads to %(address)s", address=address)),
        "foot": str(_("Every euro can be followed to its receipt.")),
    }
    return facts, {facts["picture"]: photo or drawn, "qr.svg": gateway.qr_svg(address).encode()}


def short(slug: str) -> str:
    """The address of a project that fits on a poster."""
    return absolute("oembed.short", slug=slug)


@icons.get("/icon-<int:size>.png")
@gates.public
def icon(size: int) -> Response:
    """The sign of the site for phones and tabs."""
    if size not in SIZES:
        abort(404)
    return _icon(size)


@icons.get("/apple-touch-icon.png")
@gates.public
def apple() -> Response:
    """The same where Apple's phones look for it."""
    return _icon(180)


@icons.get("/favicon.ico")
@gates.public
def favicon() -> Response:
    """The same where old browsers look for it."""
    svg, colour = cards.icon(city().colour, ground=False), city().colour
    make = lambda: gateway.ico(gateway.png(svg, colour=colour, width=32))  # noqa: E731 - one line, used once
    return share(make, "image/x-icon", svg, seconds=DAY)


def _icon(size: int) -> Response:
    svg, colour = cards.icon(city().colour, ground=size > 32), city().colour
    return share(lambda: gateway.png(svg, colour=colour, width=size), PNG, svg, str(size), seconds=DAY)


@icons.get("/site.webmanifest")
@gates.public
def manifest() -> Response:
    """What a phone needs to put the site on its first page."""
    said = {
        "name": f"Cofonda {city().short}",
        "short_name": "Cofonda",
        "start_url": "/",
        "display": "browser",
        "background_color": "#ffffff",
        "theme_color": city().colour,
        "icons": [
            {"src": url_for("icons.icon", size=size), "sizes": f"{size}x{size}", "type": PNG} for size in (192, 512)
        ],
    }
    whole = dumps(said, ensure_ascii=False)
    return share(whole.encode, "application/manifest+json", whole, seconds=DAY)
