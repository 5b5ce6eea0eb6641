"""The municipality's one colour: whether it can be read, and the shades that follow from it."""

from __future__ import annotations

import colorsys
import re

from app.core.errors import Refusal

USUAL = "#0066CC"
COTTO = "#C23B1A"
READABLE, APART = 4.5, 60
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _parts(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _light(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, bright = sorted((_light(one), _light(two)))
    return (bright + 0.05) / (dark + 0.05)


def hue_apart(one: str, two: str) -> float:
    """How far apart two hues lie on the wheel, in degrees."""
    first, second = (colorsys.rgb_to_hls(*_parts(colour))[0] * 360 for colour in (one, two))
    turn = abs(first - second)
    return min(turn, 360 - turn)


def problem(colour: str) -> Refusal | None:
    """Why a city may not use it: not a colour, not readable on white, or taken for the colour of people's money."""
    if not _HEX.fullmatch(colour):
        return Refusal("Write the colour as # and six digits or letters from A to F, for example #0066CC.")
    found = contrast(colour, "#FFFFFF")
    if found < READABLE:
        return Refusal(
            "Words in this colour cannot be read well: their contrast on white is %(found)s, and 4.5 is the least."
            " Choose a darker one.",
            found=f"{found:.2f}",
        )
    apart = hue_apart(colour, COTTO)
    if apart < APART:
        return Refusal(
            "This colour is too near to the brick red of people’s money: %(apart)s degrees on the colour wheel, and"
            " %(least)s is the least. Choose a blue, a green or a violet.",
            apart=int(apart),
            least=APART,
        )
    return None


def fits(colour: str) -> bool:
    """Whether a city may use it."""
    return problem(colour) is None


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(255 * (a * (1 - share) + b * share)):02x}" for a, b in pairs)


def sheet(colour: str) -> str:
    """The style sheet that puts it in place of the usual blue."""
    dark, soft = _mixed(colour, "#000000", 0.25), _mixed(colour, "#FFFFFF", 0.9)
    return f":root{{--cv-primary:{colour.lower()};--cv-primary-dark:{dark};--cv-primary-soft:{soft}}}\n"
