"""Words in pictures: which signs our letters can draw, how wide they are, where a line ends."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from flask import current_app
from PIL import ImageFont

from app.web.assets import Manifest

FAMILY = "Titillium Web"
REGULAR, BOLD = 400, 700
_SIZE = 100  # widths are measured once at this size


def fonts() -> list[str]:
    """The files of our letters, for the programs that draw."""
    return [_file(weight) for weight in (REGULAR, BOLD)]


def _file(weight: int) -> str:
    manifest: Manifest = current_app.extensions["assets"]
    return str(manifest.folder / manifest.files()[f"titillium-{weight}.ttf"])


@lru_cache(maxsize=8)
def _letters(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, _SIZE, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _drawn(path: str, sign: str) -> bool:
    letters = _letters(path)
    lacking = letters.getmask("\uffff")
    drawn = letters.getmask(sign)
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)


def plain(words: str, weight: int = BOLD) -> str:
    """The words as our letters can draw them: other scripts, emoji and unseen signs are left out."""
    path = _file(weight)
    kept = []
    for sign in unicodedata.normalize("NFC", words):
        if sign.isspace():
            kept.append("\u00a0" if sign == "\u00a0" else " ")
        elif unicodedata.category(sign)[0] != "C" and _drawn(path, sign):
            kept.append(sign)
    return re.sub(" +", " ", "".join(kept)).strip() if any(sign.isalnum() for sign in kept) else ""


def breakable(words: str, longest: int = 20) -> str:
    """The words with places where a line may end inside those that are very long."""
    return re.sub(rf"(\S{{{longest}}})(?=\S)", "\\1\u200b", words)


def width(words: str, size: float, weight: int = BOLD) -> float:
    """How wide the words are at that size."""
    return _letters(_file(weight)).getlength(words) * size / _SIZE


def lines(words: str, size: float, room: float, weight: int = BOLD) -> list[str]:
    """The words in lines no wider than the room; a word that is too long alone is parted."""
    found: list[str] = []
    line = ""
    for word in words.split():
        for piece in _pieces(word, size, room, weight):
            longer = f"{line} {piece}" if line else piece
            if line and width(longer, size, weight) > room:
                found.append(line)
                line = piece
            else:
                line = longer
    return [*found, line] if line else found


def _pieces(word: str, size: float, room: float, weight: int) -> list[str]:
    pieces = [""]
    for sign in word:
        if pieces[-1] and width(pieces[-1] + sign, size, weight) > room:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def fit(words: str, sizes: tuple[int, ...], room: float, height: float, weight: int = BOLD) -> tuple[int, list[str]]:
    """The largest size at which all the words stand in the room; at the smallest, an ellipsis says they go on."""
    for size in sizes:
        found = lines(words, size, room, weight)
        if len(found) * leading(size) <= height:
            return size, found
    most = max(1, int(height // leading(sizes[-1])))
    last = found[most - 1]
    while last and width(last + "…", sizes[-1], weight) > room:
        last = last[:-1]
    return sizes[-1], [*found[: most - 1], last.rstrip() + "…"]


def leading(size: float) -> float:
    """From one line to the next."""
    return size * 1.12
