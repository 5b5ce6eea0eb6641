"""The officer's last look before a campaign opens."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.rules import missing
from app.campaigns.views.blueprint import bp
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.groups import queries as groups
from app.matching import queries as matching
from app.proposals import queries as proposals
from app.web.gates import require, role


def _readiness(ref: str, values: object, errors: dict[str, Refusal]) -> str:
    whole = queries.whole_by_ref(ref)
    campaign, story = whole.campaign, whole.story
    return render_template(
        "campaigns/readiness.html",
        campaign=campaign,
        story=story,
        picture=whole.picture,
        lacking=list(missing(summary=story.summary, story=story.story).values()),
        terms=whole.terms,
        group=whole.group,
        members=groups.members(campaign.group_id),
        entity=whole.entity,
        reservation=matching.reservation(campaign.proposal_id),
        lines=proposals.lines(whole.proposal),
        proposal=whole.proposal,
        zone=whole.zone,
        values=values,
        errors=errors,
        now=clock.now(),
    )


@bp.get("/readiness/<ref>")
@role("officer")
def readiness(ref: str) -> ResponseReturnValue:
    """Everything that the public will see, with what is still missing."""
    return _readiness(ref, {}, {})


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
        return _readiness(ref, request.form, invalid.errors), 422
    opened = queries.by_ref(ref).public
    flash(_("The campaign is open.") if opened else _("The group has your note and prepares on."), "done")
    return redirect(url_for("campaigns.show", slug=campaign.slug) if opened else url_for("web.desk"), 303)
