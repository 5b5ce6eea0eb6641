"""What a donor keeps: the acknowledgement to print, and the tax code where a receipt is possible."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Refusal
from app.groups import queries as groups
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.views.blueprint import bp
from app.pledges.views.mine import held
from app.territory import queries as territory
from app.web.gates import by_token


@bp.get("/pledges/<token>/paper")
@by_token
def paper(token: str) -> ResponseReturnValue:
    """The pledge or the gift on one sheet."""
    pledge = held(token)
    campaign = campaigns.campaign(pledge.campaign_id)
    return render_template(
        "pledges/paper.html",
        token=token,
        pledge=pledge,
        campaign=campaign,
        zone=territory.zone_by_id(campaign.zone_id),
        group=groups.group(campaign.group_id),
        entity=groups.verified_entity(campaign.group_id),
        paid=queries.paid_charge(pledge.id),
        refunds=queries.refunds(pledge.id),
        receipt=queries.receipt_possible(pledge),
        tax_code=queries.tax_code(pledge),
        now=clock.now(),
    )


def _ask(token: str, pledge: Pledge, values: Any, errors: dict[str, Refusal]) -> str:
    campaign = campaigns.campaign(pledge.campaign_id)
    return render_template(
        "pledges/tax_code.html",
        token=token,
        pledge=pledge,
        campaign=campaign,
        entity=groups.verified_entity(campaign.group_id),
        receipt=queries.receipt_possible(pledge),
        known=queries.tax_code(pledge)[-4:],
        values=values,
        errors=errors,
    )


@bp.get("/pledges/<token>/tax-code")
@by_token
def tax_code(token: str) -> ResponseReturnValue:
    """Asked after the gift, and only where it serves."""
    return _ask(token, held(token), {}, {})


@bp.post("/pledges/<token>/tax-code")
@by_token
def give_tax_code(token: str) -> ResponseReturnValue:
    """Keep it, or forget it where the field is empty."""
    pledge = held(token)
    try:
        with transaction():
            service.give_tax_code(pledge, request.form.get("tax_code", "")[:40], now=clock.now())
    except Invalid as invalid:
        return _ask(token, held(token), request.form, invalid.errors), 422
    except Conflict as refusal:
        return _ask(token, held(token), {}, {"": refusal}), 409
    flash(_("Saved."), "done")
    return redirect(url_for("pledges.paper", token=token), 303)
