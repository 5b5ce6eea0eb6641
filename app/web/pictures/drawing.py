"""The strokes every picture is made of: numbers, shapes and the frame, as SVG text without inline style."""

import math
from collections.abc import Iterable

from markupsafe import Markup, escape

BLUE, COTTO, INK, STONE, SUN = "#0066CC", "#C23B1A", "#14202E", "#F5F2EC", "#FFC53D"
SKY, LEAF, ROSE, NIGHT, WHITE = "#BBD8F5", "#2F7A55", "#F4C6B3", "#0B2E59", "#FFFFFF"


def n(value: float) -> str:
    """A coordinate with one decimal at most."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def pc(part: float, whole: float) -> str:
    """A share of the whole as an SVG percentage, two decimals at most."""
    value = 100 * part / whole if whole else 0
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def circle(x: float, y: float, r: float, fill: str) -> str:
    """A disc."""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(r)}" fill="{fill}"/>'


def rect(x: float, y: float, w: float, h: float, fill: str, turn: float = 0) -> str:
    """A rectangle, turned about its centre."""
    spin = f' transform="rotate({n(turn)} {n(x + w / 2)} {n(y + h / 2)})"' if turn else ""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}" fill="{fill}"{spin}/>'


def half(x: float, y: float, r: float, fill: str, facing: int) -> str:
    """Half a disc about (x, y), its flat side facing 0 up, 1 right, 2 down, 3 left."""
    move = f"translate({n(x)} {n(y)}) rotate({(facing * 90 + 180) % 360})"
    return f'<path d="M{n(-r)} 0A{n(r)} {n(r)} 0 0 1 {n(r)} 0Z" fill="{fill}" transform="{move}"/>'


def quarter(x: float, y: float, r: float, fill: str, turn: int) -> str:
    """A quarter of a disc with its corner in (x, y), turned by quarters."""
    move = f"translate({n(x)} {n(y)}) rotate({turn * 90})"
    return f'<path d="M0 0V{n(-r)}A{n(r)} {n(r)} 0 0 1 {n(r)} 0Z" fill="{fill}" transform="{move}"/>'


def triangle(x: float, y: float, size: float, fill: str) -> str:
    """A triangle standing on its base, centred in (x, y)."""
    s = size / 2
    return f'<path d="M{n(x - s)} {n(y + s)}H{n(x + s)}L{n(x)} {n(y - s)}Z" fill="{fill}"/>'


def shape(d: str, fill: str) -> str:
    """A filled path."""
    return f'<path d="{d}" fill="{fill}"/>'


def bearing(lat: float, lon: float, centre: tuple[float, float]) -> float:
    """Compass bearing in degrees from the city's centre."""
    east = (lon - centre[1]) * math.cos(math.radians(centre[0]))
    return math.degrees(math.atan2(east, lat - centre[0]))


def frame(parts: Iterable[str], attributes: str, label: str | None = None, desc: str | None = None) -> Markup:
    """The svg element; with a label it is a picture with a name, without one it is decoration."""
    body = "".join(parts)
    if label is None:
        return Markup(f'<svg {attributes} aria-hidden="true" focusable="false">{body}</svg>')  # noqa: S704 - drawn by us
    words = f"<title>{escape(label)}</title>" + (f"<desc>{escape(desc)}</desc>" if desc else "")
    return Markup(f'<svg {attributes} role="img">{words}{body}</svg>')  # noqa: S704 - words escaped
