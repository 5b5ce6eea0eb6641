"""The officer's last look before a campaign opens."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.rules import missing
from app.campaigns.views.blueprint import bp
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.files import queries as files
from app.groups import queries as groups
from app.matching import queries as matching
from app.proposals import queries as proposals
from app.territory import queries as territory
from app.web.gates import require, role


def _readiness(campaign: Campaign, values: object, errors: dict[str, Refusal]) -> str:
    story, terms = queries.story(campaign), queries.terms(campaign)
    proposal = proposals.proposal(campaign.proposal_id)
    return render_template(
        "campaigns/readiness.html",
        campaign=campaign,
        story=story,
        picture=files.by_id(story.picture_id) if story.picture_id else None,
        lacking=missing(summary=story.summary, story=story.story),
        terms=terms,
        group=groups.group(campaign.group_id),
        members=groups.members(campaign.group_id),
        entity=groups.verified_entity(campaign.group_id),
        reservation=matching.reservation(campaign.proposal_id),
        lines=proposals.lines(proposal),
        proposal=proposal,
        zone=territory.zone_by_id(campaign.zone_id),
        values=values,
        errors=errors,
        now=clock.now(),
    )


@bp.get("/readiness/<ref>")
@role("officer")
def readiness(ref: str) -> ResponseReturnValue:
    """Everything that the public will see, with what is still missing."""
    return _readiness(queries.by_ref(ref), {}, {})


@bp.post("/readiness/<ref>")
@role("officer")
def decide(ref: str) -> ResponseReturnValue:
    """Open the campaign, or send it back with a reason."""
    campaign = queries.by_ref(ref)
    try:
        with transaction():
            if request.form.get("decision") == "open":
                service.confirm_ready(campaign, by=require(), now=clock.now())
            else:
                service.send_back(campaign, request.form.get("why", ""), by=require(), now=clock.now())
    except Invalid as invalid:
        return _readiness(queries.by_ref(ref), request.form, invalid.errors), 422
    opened = queries.by_ref(ref).public
    flash(_("The campaign is open.") if opened else _("The group has your note and prepares on."), "done")
    return redirect(url_for("campaigns.show", slug=campaign.slug) if opened else url_for("web.desk"), 303)
