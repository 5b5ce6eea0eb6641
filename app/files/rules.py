"""What may be uploaded, known by its content and never by its name."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from app.core.money import N_


class Kind(StrEnum):
    """What a file is for."""

    PICTURE = "picture"
    DOCUMENT = "document"


MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE
# A decoded picture takes four bytes a pixel. A JPEG is decoded at a fraction of its size, so a phone's largest fits.
PIXELS = {"image/jpeg": 120_000_000, "image/png": 25_000_000, "image/webp": 25_000_000}
SIDE = 20_000
WIDTHS = (640, 1280)
FORMS = {"webp": "image/webp", "avif": "image/avif"}
# Beside the picture itself (WebP at the larger width): the small WebP is drawn at once, AVIF takes longer and follows.
AT_ONCE, LATER = ("640.webp",), ("640.avif", "1280.avif")
SCAN_SIDE = 3_000  # scans keep enough to be read and printed

SUFFIX = {
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
}


def media_type(data: bytes) -> str | None:
    """The type that the first bytes tell, among those we take."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    return None


def refuse(data: bytes, kind: Kind) -> str | None:
    """Why these bytes cannot be taken for that use, if so."""
    if not data:
        return N_("This file is empty. Choose another one.")
    if len(data) > LARGEST:
        return N_("This file is larger than 10 MB. Make it smaller and send it again.")
    found = media_type(data)
    if kind is Kind.PICTURE and found not in ("image/jpeg", "image/png", "image/webp"):
        return N_("This is not a picture that we can read. Send a JPEG, PNG or WebP file.")
    if kind is Kind.DOCUMENT and found not in ("application/pdf", "image/jpeg", "image/png"):
        return N_("This is not a document that we can read. Send a PDF, or a photo as JPEG or PNG.")
    if found == "application/pdf":
        return _refuse_pdf(data)
    return None


def _refuse_pdf(data: bytes) -> str | None:
    if not re.match(rb"%PDF-[12]\.\d", data) or b"%%EOF" not in data[-2048:] or b"startxref" not in data[-4096:]:
        return N_("This PDF is broken or cut off. Open it, save it again as PDF and send the new file.")
    if re.search(rb"/(JavaScript|Launch|RichMedia)\b", data):
        return N_("This PDF contains a programme. Print it to a new PDF and send that.")
    if b"/Encrypt" in data[-4096:]:
        return N_("This PDF is locked with a password. Save it without and send it again.")
    return None


def clean_filename(text: str, suffix: str) -> str:
    """The name to show and to offer for download: no folders, no hidden signs, the suffix of what it really is."""
    name = unicodedata.normalize("NFC", text).replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C" and sign not in '<>:"|?*;%')
    stem = name.rpartition(".")[0] or name
    stem = " ".join(stem.split()).strip(". ")[:80].strip()
    return (stem or "file") + suffix
