"""Administrators read the journal; nobody can write in it from here."""

from __future__ import annotations

import json

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.core.money import N_
from app.journal import queries
from app.web import gates, listing

bp = Blueprint("journal", __name__, url_prefix="/journal")
LIST = listing.register(
    listing.List(
        endpoint="journal.index",
        title=N_("Journal"),
        sheet=queries.entries,
        search=N_("Act, thing or person, for example grants or proposal:12"),
        columns=(
            (N_("When"), lambda row: row.at),
            (N_("By whom"), lambda row: row.person_name),
            (N_("Action"), lambda row: row.what),
            (N_("Thing"), lambda row: row.subject),
            (N_("Details"), lambda row: json.dumps(row.data, ensure_ascii=False, sort_keys=True)),
        ),
    )
)


@bp.get("")
@gates.role("administrator")
def index() -> ResponseReturnValue:
    """Who did what, newest first; of one thing, one person or one kind, if asked."""
    return listing.show(LIST, "journal/index.html")
