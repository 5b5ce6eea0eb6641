"""Public pictures; everything private goes out through the gated pages of the room that owns it."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, current_app, request, send_file
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.core.errors import Missing
from app.files import gateway, queries
from app.files.models import File
from app.files.rules import FORMS, LATER, WIDTHS, Kind
from app.web import gates

bp = Blueprint("files", __name__, url_prefix="/files")
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: a picture is the same in every language

YEAR, MINUTE = "public, max-age=31536000, immutable", "public, max-age=60"


@bp.get("/<ref>/<int:width>")
@gates.public
def picture(ref: str, width: int) -> ResponseReturnValue:
    """A public picture at one of the widths, in the smallest form that the browser takes."""
    avif = any(kind == "image/avif" and worth for kind, worth in request.accept_mimetypes)
    answer = _send(_public(ref, width), width, "avif" if avif else "webp")
    answer.headers["Vary"] = "Accept"
    return answer


@bp.get("/<ref>/<int:width>.<any(avif, webp):form>")
@gates.public
def variant(ref: str, width: int, form: str) -> ResponseReturnValue:
    """A public picture in the form that the page names; until AVIF is drawn, as WebP."""
    return _send(_public(ref, width), width, form)


def _public(ref: str, width: int) -> File:
    file = queries.by_ref(ref)
    if file is None or file.private or file.kind is not Kind.PICTURE or width not in WIDTHS:
        raise Missing("There is no such picture.")
    return file


def _send(file: File, width: int, wanted: str) -> Response:
    name = f"{width}.{wanted}"
    ready = name not in LATER or file.varied_at is not None
    form = wanted if ready else "webp"
    kept = None if f"{width}.{form}" == f"{max(WIDTHS)}.webp" else f"{width}.{form}"  # the largest WebP is the file
    try:
        data = gateway.read(file, kept)
    except FileNotFoundError:
        current_app.logger.error("file %s has a row but is not on disc", file.ref)
        raise Missing("There is no such picture.") from None
    answer = send_file(BytesIO(data), mimetype=FORMS[form], etag=f"{file.sha256[:32]}-{kept or 'main'}")
    answer.headers["Cache-Control"] = YEAR if ready else MINUTE
    return answer
