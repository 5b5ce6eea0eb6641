"""Back from the provider's page: ask how it went, apply it, say what happens next."""

from datetime import timedelta

import structlog
from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import free_until, takes_pledges
from app.core import clock
from app.core.db import db
from app.groups import queries as groups
from app.payments.gateway import ProviderDown
from app.pledges import jobs, queries, service
from app.pledges.models import Pledge
from app.pledges.rules import Mode, State
from app.pledges.views.blueprint import bp
from app.pledges.views.giving import to_payment
from app.territory import queries as territory
from app.web.gates import by_token

log = structlog.get_logger()


@bp.get("/pledges/back/<ref>")
@by_token
def returned(ref: str) -> ResponseReturnValue:
    """How the pledge stands after the provider's page; the address is a secret of its donor's browser."""
    pledge = queries.by_ref(ref)
    asked = _ask_the_provider(pledge)
    pledge = queries.by_ref(ref)
    campaign = campaigns.campaign(pledge.campaign_id)
    now = clock.now()
    g.form_action_checkout = True
    return render_template(
        "pledges/returned.html",
        pledge=pledge,
        campaign=campaign,
        zone=territory.zone_by_id(campaign.zone_id),
        totals=queries.totals(campaign.id),
        open=takes_pledges(campaign.state, campaign.closes_at, now),
        left=request.args.get("left") == "1",
        asked=asked,
        city_part=service.city_part(pledge, campaign),
        entity=groups.verified_entity(campaign.group_id),
        live=queries.live_charge(pledge.id),
        refunded=queries.refunds(pledge.id),
        **dates(campaign),
    )


def dates(campaign: Campaign) -> dict[str, object]:
    """The days that a donor has to know."""
    terms = campaigns.terms(campaign)
    if campaign.closes_at is None:
        return {}
    return {
        "terms": terms,
        "constitution_by": campaigns.last_day(campaign.closes_at + timedelta(days=terms.constitution_days)),
        "cancel_until": campaigns.last_day(free_until(campaign.closes_at, terms.free_cancel_hours)),
    }


def _ask_the_provider(pledge: Pledge) -> bool:
    """Read the pledge again at the provider where its end is not known; False where nobody answers."""
    pledge_id, open_ = pledge.id, pledge.state is State.STARTED
    open_ = open_ or queries.live_charge(pledge_id) is not None
    db.session.rollback()
    if not open_:
        return True
    try:
        jobs.reread(pledge_id)
    except ProviderDown as down:
        log.warning("pledges.provider_down", said=down.said)
        return False
    return True


@bp.post("/pledges/back/<ref>")
@by_token
def go_on(ref: str) -> ResponseReturnValue:
    """Back to the provider's page that was left."""
    pledge = queries.by_ref(ref)
    if pledge.state is not State.STARTED:
        return redirect(url_for("pledges.returned", ref=ref), 303)
    charge = queries.live_charge(pledge.id)
    if charge is not None and charge.mode is Mode.PRESENT:
        return to_payment(charge.id)
    pledge_id = pledge.id
    db.session.rollback()
    try:
        return redirect(jobs.open_page(pledge_id), 303)
    except ProviderDown:
        return redirect(url_for("pledges.returned", ref=ref, waiting=1, lang=str(get_locale())), 303)
