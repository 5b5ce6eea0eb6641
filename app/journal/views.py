"""Administrators read the journal; nobody can write in it from here."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.journal import queries
from app.web import gates

bp = Blueprint("journal", __name__, url_prefix="/journal")
PAGE = 50


@bp.get("")
@gates.role("administrator")
def index() -> ResponseReturnValue:
    """Who did what, newest first; of one thing, one person or one kind, if asked."""
    words = request.args.get("q", "").strip()[:100]
    before = request.args.get("before", type=int)
    found = queries.search(words, before=before, limit=PAGE + 1)
    return render_template(
        "journal/index.html", entries=found[:PAGE], older=found[PAGE - 1].id if len(found) > PAGE else None, words=words
    )
