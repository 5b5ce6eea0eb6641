"""Files on their way out: always as attachments or typed pictures, with a safe name."""

from __future__ import annotations

from io import BytesIO

from flask import Response, send_file
from werkzeug.utils import secure_filename

from app.files import gateway
from app.files.models import File


def send(file: File, *, inline: bool = False) -> Response:
    """A stored file to somebody who may have it; the caller has checked that."""
    answer = send_file(
        BytesIO(gateway.read(file)),
        mimetype=file.media_type,
        as_attachment=not inline,
        download_name=secure_filename(file.name) or "file",
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def data(content: bytes, media_type: str, name: str) -> Response:
    """Bytes made on the spot (CSV, XML, PDF) as an attachment."""
    return send_file(BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)
