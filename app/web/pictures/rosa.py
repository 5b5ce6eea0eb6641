"""The rosa dei quartieri: boroughs around the centre as they lie, one cell for each neighbourhood, each a link."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup, escape

from app.web.pictures.drawing import bearing, n

MIDDLE = 250.0
# Milan, as drawn: the cells of each borough from the inside out, its bearing, how wide it opens, how far it reaches.
MILAN: dict[int, tuple[int, ...]] = {
    1: (1, 2, 3, 4, 5, 6, 7, 68, 8),
    2: (10, 12, 20, 13, 19, 16, 17),
    3: (21, 22, 23, 18, 24),
    4: (25, 26, 27, 28, 35, 29, 30, 31, 32, 33),
    5: (36, 43, 37, 42, 38, 41, 34, 39, 40, 85),
    6: (44, 50, 45, 49, 52, 46, 53, 48, 47, 86),
    7: (51, 58, 57, 56, 60, 61, 55, 62, 54, 63, 87, 88),
    8: (69, 59, 67, 70, 66, 71, 72, 65, 76, 64, 75, 74, 73),
    9: (9, 11, 78, 79, 77, 14, 15, 80, 81, 82, 83, 84),
}
BEARINGS = {9: -6, 2: 38, 3: 84, 4: 128, 5: 174, 6: 220, 7: 266, 8: 311}
SPANS = {9: 44, 2: 44, 3: 46, 4: 46, 5: 46, 6: 46, 7: 44, 8: 46}
REACH = {9: 236, 2: 222, 3: 206, 4: 232, 5: 244, 6: 226, 7: 248, 8: 240}
RINGS = (82.0, 134.0, 186.0)


@dataclass(frozen=True)
class Place:
    """What the picture needs of a neighbourhood."""

    number: int
    name: str
    slug: str
    borough: int
    lat: float
    lon: float


@dataclass(frozen=True)
class Cell:
    """One drawn cell: its outline and its middle."""

    path: str
    x: float
    y: float


def _pole(r: float, angle: float) -> tuple[float, float]:
    turn = math.radians(angle - 90)
    return MIDDLE + r * math.cos(turn), MIDDLE + r * math.sin(turn)


def _cell(inner: float, outer: float, start: float, end: float) -> Cell:
    (x0, y0), (x1, y1) = _pole(outer, start), _pole(outer, end)
    (x2, y2), (x3, y3) = _pole(inner, end), _pole(inner, start)
    out, back = n(outer), n(inner)
    path = f"M{n(x0)} {n(y0)}A{out} {out} 0 0 1 {n(x1)} {n(y1)}L{n(x2)} {n(y2)}A{back} {back} 0 0 0 {n(x3)} {n(y3)}Z"
    return Cell(path, *_pole((inner + outer) / 2, (start + end) / 2))


def _rows(count: int) -> list[int]:
    """How many cells stand in each of the three rings: few inside, more outside."""
    inner = max(1, round(count * 0.21)) if count > 2 else min(count, 1)
    middle = max(1, round(count * 0.35)) if count - inner > 1 else count - inner
    return [inner, middle, count - inner - middle]


ROWS = {5: [1, 2, 2], 7: [2, 2, 3], 10: [2, 3, 5], 12: [3, 4, 5], 13: [3, 4, 6], 14: [3, 5, 6]}


def _ring(numbers: Sequence[int]) -> dict[int, Cell]:
    width = 360 / max(len(numbers), 1)
    return {z: _cell(34, 82, k * width - 20, (k + 1) * width - 20) for k, z in enumerate(numbers)}


def _petal(numbers: Sequence[int], middle: float, span: float, reach: float) -> dict[int, Cell]:
    edges, cells, at = [*RINGS, reach], {}, 0
    for ring, many in enumerate(ROWS.get(len(numbers)) or _rows(len(numbers))):
        for k in range(many):
            start = middle - span / 2 + k * span / many
            cells[numbers[at]] = _cell(edges[ring], edges[ring + 1], start, start + span / many)
            at += 1
    return cells


@lru_cache(maxsize=8)
def layout(places: tuple[Place, ...]) -> tuple[int, dict[int, Cell]]:
    """The number of the zone in the very middle and the cells of all others."""
    numbers = {place.number for place in places}
    if numbers == {z for zones in MILAN.values() for z in zones}:
        cells = _ring(MILAN[1][1:])
        for borough, middle in BEARINGS.items():
            cells |= _petal(MILAN[borough], middle, SPANS[borough], REACH[borough])
        return MILAN[1][0], cells
    return _any_city(places)


def _any_city(places: tuple[Place, ...]) -> tuple[int, dict[int, Cell]]:
    """Other cities: the innermost borough in the middle, the others by bearing, their zones by distance."""
    centre = (sum(p.lat for p in places) / len(places), sum(p.lon for p in places) / len(places))

    def far(place: Place) -> float:
        return math.hypot(place.lat - centre[0], (place.lon - centre[1]) * math.cos(math.radians(centre[0])))

    groups: dict[int, list[Place]] = {}
    for place in sorted(places, key=lambda p: (far(p), p.number)):
        groups.setdefault(place.borough, []).append(place)
    heart = min(groups, key=lambda b: (sum(map(far, groups[b])) / len(groups[b]), b))
    inside = groups.pop(heart)
    cells = _ring([p.number for p in inside[1:]])
    around = sorted(groups.items(), key=lambda item: _mean_bearing(item[1], centre))
    span = 360 / max(len(around), 1)
    for k, (_, zones) in enumerate(around):
        cells |= _petal([p.number for p in zones], k * span, span, 236)
    return inside[0].number, cells


def _mean_bearing(zones: Sequence[Place], centre: tuple[float, float]) -> float:
    lat = sum(p.lat for p in zones) / len(zones)
    lon = sum(p.lon for p in zones) / len(zones)
    return bearing(lat, lon, centre) % 360


def _place(zone: Any) -> Place:
    if isinstance(zone, Place):
        return zone
    borough = getattr(zone, "borough", None)
    number = borough if isinstance(borough, int) else getattr(borough, "number", getattr(zone, "borough_number", 0))
    return Place(zone.number, zone.name, zone.slug, int(number), float(zone.lat), float(zone.lon))


def _tone(count: int) -> str:
    return f"z{min(max(count, 0), 3)}"


def _said(place: Place, count: int, is_open: bool) -> str:
    words = ngettext("%(num)d project", "%(num)d projects", count) if count else gettext("no project yet")
    return f"{place.name}: {words}" + (", " + gettext("collection open") if is_open else "")


def rosa(
    zones: Iterable[Any],
    counts: Mapping[int, int] | None = None,
    open_zones: Iterable[int] = (),
    *,
    focus: int | None = None,
    chosen: int | None = None,
    href: str | None = None,
    title: str | None = None,
) -> Markup:
    """The map. `counts` and `open_zones` go by zone number; `focus` marks "you are here" and hides the rest,
    `chosen` marks it among the others.

    `href` is the address of the list with the zone's slug to be added at its end (".../projects?zone="); with it
    each cell is a link.
    """
    places = tuple(sorted((_place(zone) for zone in zones), key=lambda place: place.number))
    if not places:
        return Markup("")
    many = frozenset((counts or {}).items())
    return _drawn(str(get_locale()), places, many, frozenset(open_zones), focus, chosen, href, title)


@lru_cache(maxsize=128)
def _drawn(
    language: str,
    places: tuple[Place, ...],
    counts: frozenset[tuple[int, int]],
    opened: frozenset[int],
    focus: int | None,
    chosen: int | None,
    href: str | None,
    title: str | None,
) -> Markup:
    """The same figures in the same language make the same picture: it is drawn once."""
    many = dict(counts)
    by_number = {place.number: place for place in places}
    heart, cells = layout(places)
    linked = href is not None and focus is None

    def draw(number: int, shape: str) -> str:
        place, count = by_number[number], many.get(number, 0)
        tone = ("z-focus" if number == focus else "z0") if focus is not None else _tone(count)
        tone += " z-chosen" if number == chosen else ""
        drawn = shape.replace("@", tone)
        if not linked:
            return drawn
        stop = "" if count else ' tabindex="-1"'
        name = escape(_said(place, count, number in opened))
        return f'<a href="{escape(f"{href}{place.slug}")}" aria-label="{name}"{stop}><title>{name}</title>{drawn}</a>'

    last = sorted(cells, key=lambda number: number == chosen)  # its ring lies over the cells beside it
    parts = [draw(heart, f'<circle class="@" cx="{n(MIDDLE)}" cy="{n(MIDDLE)}" r="32"/>')]
    parts += [draw(number, f'<path class="@" d="{cells[number].path}"/>') for number in last]
    if focus is None:
        for number in sorted(opened & by_number.keys()):
            x, y = (cells[number].x, cells[number].y) if number in cells else (MIDDLE, MIDDLE)
            parts.append(f'<circle class="z-open" cx="{n(x)}" cy="{n(y)}" r="8.5"/>')
    if title is None and focus is not None and focus in by_number:
        title = gettext("Where %(zone)s lies in the city", zone=by_number[focus].name)
    title = title or gettext("The neighbourhoods and their projects")
    desc = gettext(
        "A drawn map: the first borough in the middle, the others around it as they lie, north is up. The fuller the"
        " blue, the more projects. A brick-red disc marks an open collection. The list beside says the same."
    )
    # A picture with links in it is a group: inside role=img a reader would not find them.
    role, key = ("group", "rosa") if linked else ("img", f"rosa-{focus or 'all'}")
    head = f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(desc)}</desc>'
    frame = f'class="cv-rosa" viewBox="0 0 500 500" role="{role}" aria-labelledby="{key}-t" aria-describedby="{key}-d"'
    return Markup(f"<svg {frame}>{head}{''.join(parts)}</svg>")  # noqa: S704 - drawn by us, names escaped
