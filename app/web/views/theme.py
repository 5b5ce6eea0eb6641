"""The city's colour as a style sheet: one line, asked for only where a city has its own."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from app.web import colour, gates

bp = Blueprint("theme", __name__)
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: a style sheet has no language


@bp.get("/theme-<code>.css")
@gates.public
def sheet(code: str) -> Response:
    """The colour is in the address, so that the answer can live for a year."""
    chosen = f"#{code}"
    if not colour.fits(chosen):
        abort(404)
    answer = Response(colour.sheet(chosen), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
