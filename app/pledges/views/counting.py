"""What counts: gifts that share a card or an address before an officer; the gifts left out before their group."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Missing, Refusal
from app.groups import queries as groups
from app.identity.rules import Hand
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import LeftOut
from app.pledges.views.blueprint import bp
from app.web.gates import hand, require, signed_in


@bp.get("/pledges/counting/<slug>")
@hand(Hand.LARGE)
def counting(slug: str) -> ResponseReturnValue:
    """The gifts of a campaign that an officer may want to look at: same card, same address, left out already."""
    campaign, sought = campaigns.by_slug(slug), request.args.get("q", "").strip()[:100]
    terms = campaigns.terms(campaign)
    return render_template(
        "pledges/counting.html",
        campaign=campaign,
        q=sought,
        rows=queries.to_look_at(campaign.id, sought),
        gave=queries.crowd(campaign.id, terms.match),
        totals=queries.totals(campaign.id),
        terms=terms,
    )


def _one(slug: str, ref: str) -> Pledge:
    pledge = queries.by_ref(ref)
    if campaigns.campaign(pledge.campaign_id).slug != slug:
        raise Missing("There is no pledge at this address.")
    return pledge


def _page(pledge: Pledge, values: Any, errors: dict[str, Refusal]) -> ResponseReturnValue:
    campaign = campaigns.campaign(pledge.campaign_id)
    page = render_template(
        "pledges/counting_one.html",
        pledge=pledge,
        campaign=campaign,
        kinds=[str(kind) for kind in LeftOut],
        mine=pledge.left_out_by == require().id,
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/pledges/counting/<slug>/<ref>")
@hand(Hand.LARGE)
def counting_one(slug: str, ref: str) -> ResponseReturnValue:
    """One gift: whether it counts, and the decision."""
    return _page(_one(slug, ref), {}, {})


@bp.post("/pledges/counting/<slug>/<ref>")
@hand(Hand.LARGE)
def decide_counting(slug: str, ref: str) -> ResponseReturnValue:
    """Leave it out, let it count again, or leave it out still; always with a reason."""
    pledge, by, now = _one(slug, ref), require(), clock.now()
    decision, why = request.form.get("decision", ""), request.form.get("why", "")
    try:
        with transaction():
            if decision == "again":
                service.count_again(pledge, why, by=by, now=now)
            elif decision == "keep":
                service.keep_out(pledge, why, by=by, now=now)
            else:
                service.leave_out(pledge, _kind(request.form.get("kind", "")), why, by=by, now=now)
    except Invalid as invalid:
        return _page(_one(slug, ref), request.form, invalid.errors)
    flash(_("Done: donor and group get a mail."), "done")
    return redirect(url_for("pledges.counting", slug=slug), 303)


def _kind(text: str) -> LeftOut:
    try:
        return LeftOut(text)
    except ValueError:
        raise Invalid({"kind": Refusal("Choose one of the answers.")}) from None


def _ours(slug: str) -> Campaign:
    campaign = campaigns.by_slug(slug)
    if not groups.is_member(campaign.group_id, require().id):
        raise Missing("There is no campaign with this reference.")
    return campaign


def _left_out(campaign: Campaign, values: Any, errors: dict[str, Refusal]) -> ResponseReturnValue:
    rows = queries.left_out(campaign.id)
    page = render_template("pledges/left_out.html", campaign=campaign, rows=rows, values=values, errors=errors)
    return page, 422 if errors else 200


@bp.get("/pledges/left-out/<slug>")
@signed_in
def left_out(slug: str) -> ResponseReturnValue:
    """What was left out of a campaign, for its group: amount and reason, nobody's name."""
    return _left_out(_ours(slug), {}, {})


@bp.post("/pledges/left-out/<slug>")
@signed_in
def appeal(slug: str) -> ResponseReturnValue:
    """The group asks another officer to look again."""
    campaign = _ours(slug)
    try:
        with transaction():
            service.appeal(campaign, request.form.get("text", ""), by=require(), now=clock.now())
    except Invalid as invalid:
        return _left_out(campaigns.by_slug(slug), request.form, invalid.errors)
    flash(_("Another officer reads it and decides; you get a mail."), "done")
    return redirect(url_for("pledges.left_out", slug=slug), 303)
