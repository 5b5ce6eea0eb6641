"""The office's pages on closes and collections."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.errors import Missing
from app.groups import queries as groups
from app.settlement import queries
from app.web import gates

bp = Blueprint("settlement", __name__, url_prefix="/settlement")
OFFICE = ("officer", "responsible", "finance", "administrator")


@bp.get("/")
@gates.role(*OFFICE)
def index() -> ResponseReturnValue:
    """All campaigns from their deadline on."""
    ended = request.args.get("view") == "ended"
    running, over = queries.standings(ended=False), queries.standings(ended=True)
    return render_template(
        "settlement/index.html",
        rows=over if ended else running,
        ended=ended,
        counts=(len(running), len(over)),
        last_day=campaigns.last_day,
        now=clock.now(),
    )


@bp.get("/<slug>")
@gates.role(*OFFICE)
def show(slug: str) -> ResponseReturnValue:
    """One campaign's close, collection and end."""
    standing = queries.standing(campaigns.by_slug(slug))
    if standing is None:
        raise Missing("The close of this campaign has not begun.")
    entity = groups.entity_of(standing.campaign.group_id)
    return render_template(
        "settlement/show.html",
        s=standing,
        last_day=campaigns.last_day,
        entity_ref=entity.ref if entity else None,
        now=clock.now(),
    )
