"""The disc and the picture machine: nothing that was uploaded is kept as a picture; what is kept was drawn anew."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from app.core.money import N_
from app.files.models import File
from app.files.rules import AT_ONCE, LATER, PIXELS, SCAN_SIDE, SIDE, SUFFIX, WIDTHS

_STORED = re.compile(r"[0-9a-f]{40}")
TOO_LARGE = N_("This picture is too large. Make it smaller than 25 megapixels.")
Image.MAX_IMAGE_PIXELS = max(PIXELS.values())


class UnreadablePicture(ValueError):
    """The picture cannot be decoded, or is too large to be."""


@dataclass(frozen=True)
class Drawn:
    """A picture made anew: its main form and its smaller ones by variant name."""

    data: bytes
    media_type: str
    width: int
    height: int
    variants: dict[str, bytes]


def _decoded(data: bytes, media_type: str, side: int) -> Image.Image:
    """The picture upright within a square of that side, its size checked first: a small file may lie."""
    try:
        picture: Image.Image = Image.open(BytesIO(data), formats=(media_type.removeprefix("image/").upper(),))
        if picture.width * picture.height > PIXELS[media_type] or max(picture.size) > SIDE:
            raise UnreadablePicture(TOO_LARGE)
        if picture.mode not in ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr"):
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        # A JPEG is decoded at a half, a quarter or an eighth of its size here: memory stays small.
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        return _bare(ImageOps.exif_transpose(picture))
    except UnreadablePicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadablePicture(TOO_LARGE) from None
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        MemoryError,
        ArithmeticError,
        LookupError,
    ):
        raise UnreadablePicture(N_("This picture is broken or cut off. Save it again and send the new file.")) from None


def _bare(picture: Image.Image) -> Image.Image:
    """Only the pixels: a new picture that carries no metadata, place, thumbnail or profile of the old one."""
    pixels = picture.convert("RGBA" if picture.mode in ("RGBA", "LA") else "RGB")
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    return clean


def _within(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    return picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.LANCZOS)


def _encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def draw_picture(data: bytes, media_type: str) -> Drawn:
    """WebP at the widths that pages use, the largest being the file itself."""
    picture = _decoded(data, media_type, 2 * max(WIDTHS))
    large = _within(picture, max(WIDTHS))
    small = _within(large, min(WIDTHS))
    main = _encoded(large, "WEBP", quality=82, method=4)
    variants = {"640.webp": _encoded(small, "WEBP", quality=80, method=4)}
    return Drawn(main, "image/webp", large.width, large.height, variants)


def draw_variants(data: bytes) -> dict[str, bytes]:
    """The AVIF forms of a picture that we drew: slow to make, smallest to send."""
    with Image.open(BytesIO(data), formats=("WEBP",)) as picture:
        large = _bare(picture)
    widths = {name: int(name.partition(".")[0]) for name in LATER}
    return {name: _encoded(_within(large, width), "AVIF", quality=58, speed=8) for name, width in widths.items()}


def draw_scan(data: bytes, media_type: str) -> Drawn:
    """A photographed document in its own form, made anew, large enough to be read."""
    picture = _decoded(data, media_type, SCAN_SIDE)
    if media_type == "image/jpeg":
        made = _encoded(picture.convert("RGB"), "JPEG", quality=88, optimize=True)
    else:
        made = _encoded(picture, "PNG", optimize=True)
    return Drawn(made, media_type, picture.width, picture.height, {})


def _root() -> Path:
    return Path(current_app.config["FILES_DIR"])


def _place(stored_as: str) -> Path:
    if not _STORED.fullmatch(stored_as):
        raise ValueError("not a stored name")
    return _root() / stored_as[:2] / stored_as


def write(data: bytes, media_type: str, variants: dict[str, bytes]) -> str:
    """Put the bytes on disc under a new random name, safely; returns the name. The row comes after."""
    stored_as = secrets.token_hex(20)
    folder = _place(stored_as)
    folder.mkdir(parents=True, mode=0o750)
    for name, content in {f"main{SUFFIX[media_type]}": data, **variants}.items():
        _write_whole(folder / name, content)
    for made in (folder, folder.parent):
        _settle(made)
    return stored_as


def add(file: File, variants: dict[str, bytes]) -> None:
    """Put further forms beside a stored picture; doing it again replaces them."""
    folder = _place(file.stored_as)
    for name, content in variants.items():
        _write_whole(folder / name, content)
    _settle(folder)


def _write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, even if the power fails: written aside, flushed, then renamed."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with aside.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    aside.rename(path)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def path(file: File, variant: str | None = None) -> Path:
    """Where the file lies, or one of its variants ("640.webp", "640.avif", "1280.avif")."""
    if variant is not None and variant not in AT_ONCE + LATER:
        raise ValueError(f"no variant {variant}")
    return _place(file.stored_as) / (variant or f"main{SUFFIX[file.media_type]}")


def read(file: File, variant: str | None = None) -> bytes:
    """The bytes of the file, or of one of its variants."""
    return path(file, variant).read_bytes()


def stored_before(age_seconds: float) -> Iterator[str]:
    """The stored names whose folder is older than that."""
    limit = time.time() - age_seconds  # the disc's own time, which no test or demo clock moves
    for folder in _root().glob("??/*"):
        if _STORED.fullmatch(folder.name) and folder.stat().st_mtime < limit:
            yield folder.name


def remove(stored_as: str) -> None:
    """Remove a stored file and its variants from disc."""
    folder = _place(stored_as)
    for part in folder.iterdir():
        part.unlink()
    folder.rmdir()
