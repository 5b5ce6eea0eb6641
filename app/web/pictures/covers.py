"""Covers: a project's picture until it has a photo, a function of theme, place and name alone."""

import math
import random
from collections.abc import Callable

from markupsafe import Markup

from app.web.pictures.drawing import (
    BLUE,
    COTTO,
    INK,
    LEAF,
    NIGHT,
    ROSE,
    SKY,
    STONE,
    SUN,
    WHITE,
    bearing,
    circle,
    frame,
    half,
    n,
    quarter,
    rect,
    shape,
    triangle,
)

CENTRE = (45.4642, 9.1900)
Palette = tuple[str, str, str, str]
PALETTES: dict[str, Palette] = {
    "fare": (SUN, INK, COTTO, WHITE),
    "verde": ("#DCE9DC", LEAF, SUN, INK),
    "cultura": (NIGHT, SKY, COTTO, SUN),
    "cibo": (ROSE, COTTO, STONE, INK),
    "gioco": (SKY, BLUE, SUN, COTTO),
    "sapere": (STONE, BLUE, COTTO, INK),
    "muoversi": ("#E9E3D6", INK, BLUE, SUN),
    "cura": (COTTO, ROSE, SUN, NIGHT),
}
DISCS = {
    "fare": WHITE,
    "verde": COTTO,
    "cultura": STONE,
    "cibo": SUN,
    "gioco": WHITE,
    "sapere": SUN,
    "muoversi": COTTO,
    "cura": NIGHT,
}
THEMES = tuple(PALETTES)


def _making(p: Palette, g: random.Random) -> list[str]:
    bg, a, b, c = p
    left = g.random() < 0.5
    hammer, saw, gear = (92, 196, 474) if left else (352, 456, 166)
    out = [rect(0, 288, 640, 112, a), rect(0, 288, 640, 14, c)]
    out += [rect(hammer, 64, 20, 176, a), rect(hammer - 40, 64, 100, 44, b)]
    out += [shape(f"M{saw} 240V64L{saw + 116} 240Z", a), shape(f"M{saw + 26} 212V146L{saw + 70} 212Z", bg)]
    for k in range(8):
        x, y = gear + 112 * math.cos(k * math.pi / 4), 157 + 112 * math.sin(k * math.pi / 4)
        out.append(rect(x - 19, y - 19, 38, 38, b, k * 45))
    out += [circle(gear, 157, 104, b), circle(gear, 157, 38, bg)]
    things: list[Callable[[float], tuple[str, float]]] = [
        lambda x: (rect(x, 330, 90, 40, SUN), 90),
        lambda x: (circle(x + 20, 350, 20, b), 40),
        lambda x: (rect(x, 330, 60, 40, c), 60),
        lambda x: (circle(x + 20, 350, 20, SUN), 40),
    ]
    g.shuffle(things)
    x = 72.0
    for thing in things:
        drawn, width = thing(x)
        out.append(drawn)
        x += width + 54
    return out


def _green(p: Palette, g: random.Random) -> list[str]:
    _, a, _, c = p
    out = []
    for i in range(8):
        high, x, f = g.choice([1, 2, 3]), 40 + 80 * i, [a, a, c, a][g.randrange(4)]
        out.append(rect(x - 4, 400 - high * 80 - 20, 8, high * 80 + 20, f))
        out += [quarter(x, 400 - k * 80 - 20, 64, f, 0 if (k + i) % 2 else 3) for k in range(high)]
    return out


def _culture(p: Palette, g: random.Random) -> list[str]:
    bg, a, b, c = p
    arcs = g.choice([[280, 220, 160, 100, 44], [260, 190, 120, 64], [280, 232, 184, 136, 88, 44]])
    inks = [a, bg] * 3
    out = []
    for k, r in enumerate(arcs):
        fill = b if k == len(arcs) - 1 else c if k == len(arcs) - 3 else inks[k % 2]
        out.append(shape(f"M{320 - r} 400A{r} {r} 0 0 1 {320 + r} 400Z", fill))
    out += [rect(0, 0, 80, 400, b), rect(560, 0, 80, 400, b)]
    return (
        out + [half(79, 80 * k + 40, 40, b, 3) for k in range(5)] + [half(561, 80 * k + 40, 40, b, 1) for k in range(5)]
    )


def _food(p: Palette, g: random.Random) -> list[str]:
    bg, a, b, c = p
    flip = g.random() < 0.5
    cuts = g.choice([3, 4])
    big, small = (440, 170) if flip else (200, 470)
    out = [rect(0, 280, 640, 120, c), half(big, 280, 150, a, 2), half(small, 280, 110, b, 2)]
    start = big - 30 * cuts + 16
    out += [rect(start + 60 * k, 190 - (20 if 0 < k < cuts - 1 else 0), 14, 56, bg, 24) for k in range(cuts)]
    out += [rect(small - 40 + 44 * k, 214, 10, 40, a, 24) for k in range(3)]
    fruit = [SUN, b, a, SUN]
    g.shuffle(fruit)
    return out + [circle(80 + 160 * k, 340, 26, fruit[k]) for k in range(4)]


def _play(p: Palette, g: random.Random) -> list[str]:
    _, a, b, c = p
    flip = g.random() < 0.5

    def at(x: float) -> float:
        return 640 - x if flip else x

    bounce = g.choice([[150, 90, 66, 90, 150], [120, 70, 110, 60, 96], [170, 118, 82, 62, 60]])
    out = [
        triangle(at(160), 280, 240, a),
        triangle(at(400), 320, 160, b),
        half(at(560), 400, 80, c, 2),
        rect(0, 384, 640, 16, INK),
    ]
    return out + [circle(at(240 + 70 * k), bounce[k], 16 + 2 * k, [c, INK, c, INK, c][k]) for k in range(5)]


def _knowledge(p: Palette, g: random.Random) -> list[str]:
    bg, a, b, c = p
    out, x = [], 40
    for k in range(9):
        wide, high, fill = g.choice([40, 56, 72]), g.choice([200, 240, 280, 320]), [a, b, c, SUN, a, SKY, b, c, a][k]
        if x + wide > 600:
            break
        out += [rect(x, 360 - high, wide, high, fill), rect(x, 400 - high, wide, 10, bg)]
        x += wide + 6
    return [*out, rect(0, 360, 640, 40, c)]


def _moving(p: Palette, g: random.Random) -> list[str]:
    bg, a, b, c = p
    flip = g.random() < 0.5
    line = (
        '<path d="M170 270L270 130H420L470 270M270 130L320 270L420 130M240 90H300M420 130L400 70H450" fill="none"'
        f' stroke="{b}" stroke-width="16" stroke-linejoin="round" stroke-linecap="round"/>'
    )
    wheels = [circle(170, 270, 120, a), circle(170, 270, 84, bg), circle(470, 270, 120, a), circle(470, 270, 84, bg)]
    body = "".join([*wheels, circle(170, 270, 18, c), circle(470, 270, 18, c), line])
    return [f'<g transform="matrix(-1 0 0 1 640 0)">{body}</g>' if flip else body]


def _care(p: Palette, g: random.Random) -> list[str]:
    _, a, b, c = p
    r, gap = 140, g.choice([84, 100, 112])
    x0, x1 = 320 - gap, 320 + gap
    high = math.sqrt(r * r - gap * gap)
    top, low = 220 - high, 220 + high
    lens = f"M320 {n(top)}A{r} {r} 0 0 1 320 {n(low)}A{r} {r} 0 0 1 320 {n(top)}Z"
    return [circle(x0, 220, r, a), circle(x1, 220, r, b), shape(lens, c), rect(0, 376, 640, 24, c)]


DRAW: dict[str, Callable[[Palette, random.Random], list[str]]] = {
    "fare": _making,
    "verde": _green,
    "cultura": _culture,
    "cibo": _food,
    "gioco": _play,
    "sapere": _knowledge,
    "muoversi": _moving,
    "cura": _care,
}


def scene(theme: str, zone_lat: float | None, zone_lon: float | None, slug: str) -> str:
    """The shapes of a cover, without the frame: ground, the piazza's disc where the zone lies, then the theme."""
    key = theme if theme in PALETTES else "cura"
    chance = random.Random(f"{key}/{slug}")  # noqa: S311 - same name, same picture
    turn = math.radians(bearing(zone_lat, zone_lon, CENTRE)) if zone_lat is not None and zone_lon is not None else 0.0
    x, y = 320 + 250 * math.sin(turn), min(max(190 - 130 * math.cos(turn), 62), 330)
    ground = rect(0, 0, 640, 400, PALETTES[key][0])
    return ground + circle(x, y, 34, DISCS[key]) + "".join(DRAW[key](PALETTES[key], chance))


def cover(
    theme: str,
    zone_lat: float | None = None,
    zone_lon: float | None = None,
    slug: str = "",
    wide: bool = False,
    label: str | None = None,
) -> Markup:
    """The cover as inline SVG, 640 × 400, cropped by its box; decoration unless it has a label."""
    cls = "cv-cover cv-cover--wide" if wide else "cv-cover"
    attributes = f'class="{cls}" viewBox="0 0 640 400" preserveAspectRatio="xMidYMid slice"'
    return frame([scene(theme, zone_lat, zone_lon, slug)], attributes, label)


def cover_file(theme: str, zone_lat: float | None, zone_lon: float | None, slug: str) -> str:
    """The same cover as a file of its own, for pictures of other sites and for PNG."""
    body = scene(theme, zone_lat, zone_lon, slug)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" width="1280" height="800">{body}</svg>'
