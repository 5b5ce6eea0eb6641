"""Cards for other people's pages: a project, a call, the site; 1200 × 630, words wrapped and never cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flask_babel import gettext as _
from markupsafe import escape

from app.web import filters, lettering
from app.web.lettering import BOLD, REGULAR
from app.web.pictures.covers import scene
from app.web.pictures.drawing import BLUE, COTTO, INK, n
from app.web.pictures.marks import mark
from app.web.sheets import Sheet

WIDE, HIGH = 1200, 630
PHOTO = (560, 350)
EDGE, COLUMN = 64, 528
MUTED, LINE = "#4E5A66", "#DDD6C9"
TITLES = (58, 52, 46, 40, 35, 30, 26, 22)
HATCH = (
    '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="8" height="8" fill="#DCEAF9"/><rect class="b-blue" width="4" height="8"/></pattern></defs>'
)


class City(Protocol):
    """What a card says of the city."""

    @property
    def name(self) -> str:
        """Its whole name."""

    @property
    def colour(self) -> str:
        """Its colour."""


def text(words: str, x: float, y: float, size: float, *, weight: int = BOLD, fill: str = INK, end: bool = False) -> str:
    """One line of words; `end` puts its end at x."""
    anchor = ' text-anchor="end"' if end else ""
    kind = f'font-family="{lettering.FAMILY}" font-weight="{weight}" font-size="{n(size)}"'
    return f'<text x="{n(x)}" y="{n(y)}" {kind} fill="{fill}"{anchor}>{escape(words)}</text>'


def block(
    words: str, x: float, top: float, sizes: tuple[int, ...], room: float, height: float, *, weight: int = BOLD
) -> tuple[str, float]:
    """The words in as many lines as they need, and where the block ends."""
    size, found = lettering.fit(words, sizes, room, height, weight)
    step = lettering.leading(size)
    drawn = [text(line, x, top + size * 0.82 + step * k, size, weight=weight) for k, line in enumerate(found)]
    return "".join(drawn), top + step * len(found)


def _one(words: str, sizes: tuple[int, ...], room: float, weight: int = REGULAR) -> tuple[str, int]:
    """The words on one line, smaller where they must be."""
    size, found = lettering.fit(words, sizes, room, lettering.leading(max(sizes)) + 1, weight)
    return found[0], size


def _brand(city: City, room: float = COLUMN) -> str:
    sign = str(mark()).replace("<svg ", f'<svg x="{EDGE}" y="48" width="46" height="46" ', 1)
    name, size = _one(lettering.plain(city.name, REGULAR), (26, 23, 20, 17), room - 190)
    return (
        f'<rect width="{WIDE}" height="16" fill="{city.colour}"/>{sign}'
        + text("Cofonda", EDGE + 58, 82, 34)
        + text(name, EDGE + 58 + lettering.width("Cofonda", 34) + 16, 82, size, weight=REGULAR, fill=MUTED)
    )


def _frame(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}">'
        f"<title>{escape(label)}</title>{HATCH}"
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _picture(photo: str | None, drawn: str) -> str:
    wide, high = PHOTO
    x = WIDE - wide
    if photo:
        return f'<image x="{x}" y="16" width="{wide}" height="{high}" href="{photo}"/>'
    return f'<svg x="{x}" y="16" width="{wide}" height="{high}" viewBox="0 0 640 400">{drawn}</svg>'


def _figure(sum_: str, words: str, colour: str, base: float = 470) -> str:
    """The leading sum and, beside it, the words that say whose it is."""
    start = EDGE + lettering.width(sum_, 76) + 26
    said, size = _one(words, (32, 28, 25, 22, 19), WIDE - EDGE - start)
    return text(sum_, EDGE, base, 76, fill=colour) + text(said, start, base, size, weight=REGULAR, fill=MUTED)


def project(sheet: Sheet, city: City, photo: str | None) -> str:
    """The card of one project: title, neighbourhood, money bar with its sums, its photo or cover."""
    campaign, zone = sheet.campaign, sheet.zone
    place = _("%(zone)s, borough %(number)s", zone=zone.name, number=zone.borough.number)
    where, size = _one(lettering.plain(str(place), REGULAR), (26, 23, 20, 17), COLUMN)
    title = lettering.plain(campaign.title) or lettering.plain(zone.name)
    words, _end = block(title, EDGE, 176, TITLES, COLUMN, 212)
    bar = str(sheet.bar(46)).replace("<svg ", f'<svg x="{EDGE}" y="498" ', 1)
    bar = bar.replace('width="100%"', f'width="{WIDE - 2 * EDGE}"', 1)
    left = f"{sheet.word} · {sheet.ends}" if sheet.ends else sheet.word
    right = str(_("The city: %(sum)s", sum=filters.money_short(sheet.city))) if sheet.city else ""
    parts = [
        _brand(city),
        _picture(photo, scene(campaign.theme, zone.lat, zone.lon, campaign.slug)),
        text(where, EDGE, 150, size, weight=REGULAR, fill=MUTED),
        words,
        _figure(filters.money(sheet.sum), sheet.note(), COTTO),
        bar,
        text(left, EDGE, 608, 26, weight=REGULAR),
        text(right, WIDE - EDGE, 608, 26, fill=city.colour, end=True),
    ]
    return _frame(parts, f"{campaign.title}: {sheet.says()}")


def call(title: str, slug: str, sum_: str, words: str, foot: str, city: City) -> str:
    """The card of a call: its title, the city's fund, until when it is open."""
    drawn, _end = block(lettering.plain(title) or "Cofonda", EDGE, 176, TITLES, COLUMN, 212)
    said, size = _one(lettering.plain(foot, REGULAR), (32, 29, 26, 23, 20), WIDE - 2 * EDGE)
    parts = [
        _brand(city),
        _picture(None, scene("cultura", None, None, slug)),
        text(str(_("Call")), EDGE, 150, 26, weight=REGULAR, fill=MUTED),
        drawn,
        _figure(sum_, words, city.colour),
        f'<rect x="{EDGE}" y="508" width="{WIDE - 2 * EDGE}" height="4" fill="{INK}"/>',
        text(said, EDGE, 570, size, weight=REGULAR),
    ]
    return _frame(parts, title)


def site(city: City, courtyard: str) -> str:
    """The card of the whole site: what it is, above the courtyard."""
    words = str(_("Neighbourhood projects paid together by those who live there and by the city."))
    drawn, _end = block(words, EDGE, 122, (46, 42, 38), WIDE - 2 * EDGE, 120)
    scene_ = f'<image x="158" y="231" width="884" height="399" href="{courtyard}"/>'
    return _frame([scene_, _brand(city, WIDE - 2 * EDGE), drawn], f"Cofonda, {city.name}")


def badge(sheet: Sheet, city: City) -> str:
    """A small strip for a page or a letter: the sign, what it is, how far it is."""
    title = lettering.plain(sheet.campaign.title) or lettering.plain(sheet.zone.name)
    name, size = _one(title, (17, 16, 15, 14), 268, BOLD)
    said, small = _one(sheet.says(), (14, 13, 12, 11), 268)
    sign = str(mark()).replace("<svg ", '<svg x="12" y="12" width="40" height="40" ', 1)
    sign = sign.replace('class="b-don"', f'fill="{COTTO}"').replace('class="b-blue"', f'fill="{city.colour or BLUE}"')
    rows = [(name, 27, size, BOLD, INK), (said, 47, small, REGULAR, MUTED)]
    drawn = []
    for words, y, high, weight, fill in rows:
        # Elsewhere the letters are not ours: the line keeps the length that was measured for it.
        long = lettering.width(words, high, weight)
        line = text(words, 62, y, high, weight=weight, fill=fill)
        kind = f'font-family="\'{lettering.FAMILY}\', Arial, sans-serif" textLength="{n(long)}"'
        kind += ' lengthAdjust="spacingAndGlyphs"'
        drawn.append(line.replace(f'font-family="{lettering.FAMILY}"', kind, 1))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 344 64" width="344" height="64" role="img">'
        f"<title>{escape(sheet.campaign.title)}: {escape(sheet.says())}</title>"
        f'<rect x="1" y="1" width="342" height="62" fill="#fff" stroke="{INK}" stroke-width="2"/>'
        f"{sign}{''.join(drawn)}</svg>"
    )


def icon(colour: str, *, ground: bool) -> str:
    """The sign of the site as an icon; on a white ground where a phone asks for one."""
    back = '<rect width="40" height="40" fill="#fff"/>' if ground else ""
    move = "translate(6.5 5.7) scale(.66)" if ground else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">'
        f'{back}<g transform="{move}"><path d="M19 3A16 16 0 0 0 19 35Z" fill="{COTTO}"/>'
        f'<path d="M22 7A16 16 0 0 1 22 39Z" fill="{colour}"/></g></svg>'
    )
