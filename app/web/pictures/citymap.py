"""The city as it lies: one cell for each neighbourhood about its own centre, as wide as its area, each a link."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from app.web.pictures.drawing import n

Point = tuple[float, float]
WIDE, EDGE, SIDES = 640.0, 14.0, 40
# The city ends where the discs of all areas, this much smaller, are held by one line; and no cell reaches farther from
# its centre than so many times the radius of its disc. Borders lean towards the narrower place by this weight.
HELD, REACH, WEIGHT = 0.82, 1.75, 0.35


def _km(zones: Sequence[Any]) -> list[Point]:
    """The centres in kilometres east and north of their mean."""
    lat = sum(float(zone.lat) for zone in zones) / len(zones)
    lon = sum(float(zone.lon) for zone in zones) / len(zones)
    per_degree = 111.32
    return [
        ((float(zone.lon) - lon) * per_degree * math.cos(math.radians(lat)), (float(zone.lat) - lat) * per_degree)
        for zone in zones
    ]


def _cut(shape: list[Point], a: float, b: float, c: float) -> list[Point]:
    """The part of a convex shape where a·x + b·y <= c."""
    kept: list[Point] = []
    for here, there in zip(shape, [*shape[1:], *shape[:1]], strict=True):
        one, two = a * here[0] + b * here[1] - c, a * there[0] + b * there[1] - c
        if one <= 0:
            kept.append(here)
        if (one < 0 < two) or (two < 0 < one):
            share = one / (one - two)
            kept.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
    return kept


def _disc(centre: Point, radius: float) -> list[Point]:
    turns = (2 * math.pi * k / SIDES for k in range(SIDES))
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns]


def _hull(points: Iterable[Point]) -> list[Point]:
    """The line around them all, turning left."""
    known = sorted(set(points))

    def half(row: Iterable[Point]) -> list[Point]:
        kept: list[Point] = []
        for x, y in row:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2], kept[-1]
                if (bx - ax) * (y - ay) > (by - ay) * (x - ax):
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return half(known) + half(reversed(known))


@lru_cache(maxsize=8)
def cells(places: tuple[tuple[Point, float], ...]) -> tuple[tuple[Point, ...], ...]:
    """Each place's own ground: nearer to it than to any other, wide places reaching farther (a power diagram)."""
    drawn = []
    around = _hull(p for centre, area in places for p in _disc(centre, HELD * math.sqrt(area / math.pi)))
    for (x, y), area in places:
        weight = WEIGHT * area / math.pi
        shape = _disc((x, y), REACH * math.sqrt(area / math.pi))
        for (other_x, other_y), other_area in places:
            across, up = other_x - x, other_y - y
            if not (across or up):
                continue
            far = other_x**2 + other_y**2 - x**2 - y**2 - WEIGHT * other_area / math.pi + weight
            shape = _cut(shape, 2 * across, 2 * up, far)
        for (ax, ay), (bx, by) in zip(around, [*around[1:], around[0]], strict=True):
            shape = _cut(shape, by - ay, ax - bx, (by - ay) * ax + (ax - bx) * ay)
        # Ground that a wide neighbour would swallow stays as an island in it.
        drawn.append(tuple(shape or _disc((x, y), math.sqrt(area / math.pi))))
    return tuple(drawn)


def _frame(shapes: Iterable[Sequence[Point]]) -> tuple[float, float, float, float]:
    """Scale, west and north edge, and the height of the picture."""
    points = [point for shape in shapes for point in shape]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    scale = (WIDE - 2 * EDGE) / (east - west)
    return scale, west, north, (north - south) * scale + 2 * EDGE


def _said(zone: Any, count: int, opened: int) -> str:
    words = ngettext("%(num)d project", "%(num)d projects", count) if count else gettext("no project yet")
    if opened:
        words += ", " + ngettext("%(num)d collection open", "%(num)d collections open", opened)
    return f"{zone.name}: {words}"


def city_map(
    zones: Iterable[Any],
    counts: Mapping[int, tuple[int, int]],
    *,
    chosen: Iterable[str] = (),
    href: str | None = None,
) -> Markup:
    """The map: `counts` goes by the zone's row to (projects, open now); `chosen` holds the slugs that are marked.

    `href` is the address of the list with the zone's slug to be added at its end; with it each cell is a link.
    """
    places = sorted(zones, key=lambda zone: zone.number)
    if not places:
        return Markup("")
    where, marked = _km(places), set(chosen)
    shapes = cells(tuple(zip(where, (float(zone.area_km2) for zone in places), strict=True)))
    scale, west, north, high = _frame(shapes)

    def at(point: Point) -> str:
        return f"{n((point[0] - west) * scale + EDGE)} {n((north - point[1]) * scale + EDGE)}"

    drawn, discs = [], []
    for zone, shape, centre in sorted(
        zip(places, shapes, where, strict=True), key=lambda each: (each[0].slug in marked, -each[0].area_km2)
    ):
        count, opened = counts.get(zone.id, (0, 0))
        tone = f"z{min(count, 3)}" + (" z-chosen" if zone.slug in marked else "")
        path = f'<path class="{tone}" d="M{"L".join(at(point) for point in shape)}Z"/>'
        name = escape(_said(zone, count, opened))
        if href is None:
            drawn.append(path)
        else:
            stop = "" if count or zone.slug in marked else ' tabindex="-1"'
            drawn.append(
                f'<a href="{escape(f"{href}{zone.slug}")}" aria-label="{name}"{stop}><title>{name}</title>{path}</a>'
            )
        if opened:
            x, y = at(centre).split()
            discs.append(f'<circle class="z-open" cx="{x}" cy="{y}" r="8"/>')
    title = gettext("The neighbourhoods on the map")
    desc = gettext(
        "Each neighbourhood is drawn about its centre, as wide as its area; the borders are not surveyed. North is up."
        " The fuller the blue, the more projects. A brick-red disc marks an open collection. The table says the same."
    )
    # A picture with links in it is a group: inside role=img a reader would not find them.
    role = "group" if href else "img"
    head = f'<title id="map-t">{escape(title)}</title><desc id="map-d">{escape(desc)}</desc>'
    frame = f'viewBox="0 0 {n(WIDE)} {n(high)}" role="{role}" aria-labelledby="map-t" aria-describedby="map-d"'
    return Markup(f'<svg class="cv-map" {frame}>{head}{"".join(drawn + discs)}</svg>')  # noqa: S704 - names escaped
