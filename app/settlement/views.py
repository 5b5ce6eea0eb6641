"""The office's pages on closes and collections."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.errors import Missing
from app.core.money import N_
from app.groups import queries as groups
from app.settlement import queries
from app.web import gates, listing

bp = Blueprint("settlement", __name__, url_prefix="/settlement")
OFFICE = ("officer", "responsible", "finance", "administrator")


LIST = listing.register(
    listing.List(
        endpoint="settlement.index",
        title=N_("Closes and collections"),
        sheet=queries.sheet,
        search=N_("Title or group"),
        enrich=queries.with_totals,
        columns=(
            (N_("Project"), lambda s: s.campaign.title),
            (N_("Group"), lambda s: s.group.name),
            (N_("Neighbourhood"), lambda s: s.zone.name),
            (N_("State"), lambda s: _(queries.WORDS[s.case.state])),
            (N_("Threshold"), lambda s: s.campaign.threshold),
            (N_("Promised"), lambda s: s.close.promised if s.close else s.totals.promised),
            (N_("Collected"), lambda s: s.totals.collected),
            (N_("Match"), lambda s: s.case.match),
            (N_("Next step"), lambda s: s.due_at),
        ),
    )
)


@bp.get("/")
@gates.role(*OFFICE)
def index() -> ResponseReturnValue:
    """All campaigns from their deadline on."""
    return listing.show(LIST, "settlement/index.html", last_day=campaigns.last_day)


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
        revisions=queries.revisions(standing.campaign.id),
        last_day=campaigns.last_day,
        entity_ref=entity.ref if entity else None,
        now=clock.now(),
    )
