"""The programs that make pictures and papers: resvg for PNG, segno for QR codes, Pillow for photos, typst for PDF."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import resvg_py
import segno
import typst
from PIL import Image, ImageOps

from app.files import gateway as kept
from app.files.models import File
from app.web import lettering

POSTER = Path(__file__).resolve().parents[2] / "templates" / "web" / "poster.typ"
_STYLE = (
    ".b-don{fill:#C23B1A}.b-blue{fill:%(city)s}.b-ink{fill:#14202E}.b-gap{fill:#ECE6DA}.b-cut{fill:#fff}"
    ".b-thr{fill:#14202E}.b-lab{font-family:'Titillium Web';font-size:20px;fill:#14202E}"
)


def png(svg: str, *, colour: str, width: int | None = None) -> bytes:
    """The drawing as PNG, with our own letters only: the same on every machine."""
    return _png(svg, colour, width, tuple(lettering.fonts()))


@lru_cache(maxsize=64)
def _png(svg: str, colour: str, width: int | None, fonts: tuple[str, ...]) -> bytes:
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        width=width,
        style_sheet=_STYLE % {"city": colour},
        font_files=list(fonts),
        font_family=lettering.FAMILY,
        skip_system_fonts=True,
    )


def ico(picture: bytes) -> bytes:
    """A PNG as the icon file that old browsers ask for."""
    out = BytesIO()
    with Image.open(BytesIO(picture)) as one:
        one.save(out, "ICO", sizes=[(32, 32)])
    return out.getvalue()


def photo(file: File, width: int, height: int) -> bytes:
    """A stored picture cut to that size, as JPEG."""
    with Image.open(BytesIO(kept.read(file)), formats=("WEBP",)) as picture:
        fitted = ImageOps.fit(picture.convert("RGB"), (width, height))
    out = BytesIO()
    fitted.save(out, "JPEG", quality=86)
    return out.getvalue()


def data_address(picture: bytes, media_type: str) -> str:
    """The picture written into an address, for a drawing that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(picture).decode()}"


def qr_svg(address: str) -> str:
    """The address as a QR code, dark on white with its quiet border."""
    out = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
        out,
        kind="svg",
        border=4,
        scale=8,
        dark="#14202E",
        light="#ffffff",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue().decode()


def qr_png(address: str) -> bytes:
    """The same, large enough for print."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="png", border=4, scale=16, dark="#14202E", light="#ffffff"
    )
    return out.getvalue()


def poster_pdf(facts: Mapping[str, Any], pictures: Mapping[str, bytes], *, made_at: datetime) -> bytes:
    """An A4 poster as PDF/UA-1; the same facts give the same bytes."""
    whole = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return _poster(whole, tuple(sorted(pictures.items())), made_at.replace(microsecond=0), tuple(lettering.fonts()))


@lru_cache(maxsize=32)
def _poster(facts: str, pictures: tuple[tuple[str, bytes], ...], made_at: datetime, fonts: tuple[str, ...]) -> bytes:
    with TemporaryDirectory() as folder:
        main = Path(folder) / "poster.typ"
        main.write_bytes(POSTER.read_bytes())
        for name, picture in pictures:
            (Path(folder) / name).write_bytes(picture)
        return typst.compile(
            main,
            root=Path(folder),
            sys_inputs={"data": facts},
            font_paths=[Path(fonts[0]).parent],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=made_at,
        )


def fingerprint(*parts: str | bytes) -> str:
    """A short name for this content: the same content, the same name."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
        found.update(b"\0")
    return found.hexdigest()[:32]
