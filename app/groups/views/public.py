"""What everybody can read of a group: its projects, and how far it is on the way to becoming a body."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.errors import Missing
from app.core.money import total
from app.groups import queries
from app.groups.views.board import FORMS, bp
from app.pledges import queries as pledges
from app.settlement import queries as settlement
from app.web import gates


@bp.get("/about/<slug>")
@gates.public
def public(slug: str) -> ResponseReturnValue:
    """A group that has a public project; of people there is only their number."""
    group = queries.by_slug(slug)
    shown = [campaign for campaign in campaigns.of_group(group.id) if campaign.public] if group else []
    if group is None or not shown:
        raise Missing("There is no group with a public project at this address.")
    rows = pledges.rows(shown)
    outcomes = settlement.outcomes(campaign.id for campaign in shown)
    matches = [case.match for _close, case in outcomes.values() if case is not None and case.match is not None]
    return render_template(
        "groups/public.html",
        group=group,
        zone=queries.zone_of(group),
        people=queries.members_count(group.id),
        entity=queries.verified_entity(group.id),
        forms=FORMS,
        path=queries.path(group),
        rows=rows,
        outcomes=outcomes,
        given=total(row.totals.collected for row in rows),
        matched=total(matches),
        now=clock.now(),
    )
