"""Answers that other sites read: cached by their content, without a cookie, open to whoever shows them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from app.web import gateway

MINUTES, DAY = 300, 86_400
SIGNED = "3"  # raised when the drawings change, so that no reader keeps the old ones


def share(make: Callable[[], bytes], media_type: str, *content: str | bytes, seconds: int = MINUTES) -> Response:
    """What `make` makes, unless the reader has this very content already: then nothing is made."""
    etag = gateway.fingerprint(SIGNED, media_type, *content)
    known = request.if_none_match.contains(etag)
    answer = Response(status=304) if known else Response(make(), mimetype=media_type)
    answer.set_etag(etag)
    return open_to_all(answer, seconds)


def open_to_all(answer: Response, seconds: int = MINUTES) -> Response:
    """Let any site show it or read it; it holds nothing of one person."""
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
