"""Small marks of the house: the sign, the hatching, the four steps, the shape of an empty list."""

from markupsafe import Markup

from app.web.pictures.covers import DRAW, PALETTES, scene
from app.web.pictures.drawing import frame

GREYS = ("#F5F2EC", "#ECE6DA", "#DDD6C9", "#ECE6DA")


def mark(light: bool = False) -> Markup:
    """The sign of Cofonda: two halves that meet, people's and the city's."""
    left, right = ('fill="#F4A48C"', 'fill="#7DB8F2"') if light else ('class="b-don"', 'class="b-blue"')
    halves = [f'<path d="M19 3A16 16 0 0 0 19 35Z" {left}/>', f'<path d="M22 7A16 16 0 0 1 22 39Z" {right}/>']
    return frame(halves, 'viewBox="0 0 40 40"')


def hatch_defs() -> Markup:
    """The pattern of what is promised, once per page."""
    pattern = (
        '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="8" height="8" fill="#DCEAF9"/><rect class="b-blue" width="4" height="8"/></pattern></defs>'
    )
    return frame([pattern], 'class="cv-defs" width="0" height="0"')


def step_mark(step: int) -> Markup:
    """The four pictures of how it works."""
    tiles = "".join(
        f'<rect x="{k % 4 * 29}" y="{k // 4 * 29}" width="25" height="25"'
        f' class="{"b-don" if k < 6 else "b-blue" if k < 15 else "b-gap"}"/>'
        for k in range(16)
    )
    drawn = {
        1: '<circle class="b-don" cx="28" cy="28" r="24"/><circle class="b-don" cx="84" cy="28" r="24"/>'
        '<circle class="b-don" cx="28" cy="84" r="24"/><circle cx="84" cy="84" r="24" fill="#FFC53D"/>',
        2: '<rect class="b-gap" width="112" height="112"/><rect class="b-don" y="68" width="112" height="44"/>'
        '<rect class="b-ink" y="48" width="112" height="5"/>',
        3: '<path class="b-don" d="M54 6A50 50 0 0 0 54 106Z"/><path class="b-blue" d="M58 6A50 50 0 0 1 58 106Z"/>',
        4: tiles,
    }
    return frame([drawn[step]], 'viewBox="0 0 112 112"')


def empty_shape(theme: str | None = None) -> Markup:
    """A cover's shapes in stone: the place of something that is not there yet."""
    key = theme if theme in DRAW else "cura"
    body = scene(key, None, None, "empty")
    for colour, grey in zip(PALETTES[key], GREYS, strict=True):
        body = body.replace(colour, grey)
    for colour in ("#FFFFFF", "#FFC53D", "#C23B1A", "#0B2E59", "#14202E", "#BBD8F5", "#0066CC"):
        body = body.replace(colour, "#DDD6C9")
    return frame([body], 'class="cv-cover cv-cover--empty" viewBox="0 0 640 400" preserveAspectRatio="xMidYMid slice"')
