"""Public pictures; everything private goes out through the gated pages of the room that owns it."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, current_app, request, send_file
from flask.typing import ResponseReturnValue

from app.core.errors import Missing
from app.files import gateway, queries
from app.files.rules import WIDTHS, Kind
from app.web import gates

bp = Blueprint("files", __name__, url_prefix="/files")
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: a picture is the same in every language


@bp.get("/<ref>/<int:width>")
@gates.public
def picture(ref: str, width: int) -> ResponseReturnValue:
    """A public picture at one of the widths, in the smallest form that the browser takes."""
    file = queries.by_ref(ref)
    if file is None or file.private or file.kind is not Kind.PICTURE or width not in WIDTHS:
        raise Missing("There is no such picture.")
    variant, media_type = None, file.media_type
    if width == WIDTHS[0]:
        avif = any(kind == "image/avif" and worth for kind, worth in request.accept_mimetypes)
        variant, media_type = ("640.avif", "image/avif") if avif else ("640.webp", "image/webp")
    try:
        answer = send_file(
            BytesIO(gateway.read(file, variant)), mimetype=media_type, etag=f"{file.sha256[:32]}-{variant or 'main'}"
        )
    except FileNotFoundError:
        current_app.logger.error("file %s has a row but is not on disc", file.ref)
        raise Missing("There is no such picture.") from None
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Vary"] = "Accept"
    return answer
