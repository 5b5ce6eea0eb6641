"""Gifts that go back: an officer finds a gift and asks, another decides; disputes are seen here too."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.core.money import ZERO, AmountError, Money, parse
from app.identity import queries as identity
from app.identity.rules import Hand
from app.pledges import queries, service
from app.pledges.models import Pledge, Refund
from app.pledges.rules import RefundState, refuse_refund
from app.pledges.views.blueprint import bp
from app.web.gates import hand, require


@bp.get("/pledges/returns/<slug>")
@hand(Hand.APPROVE)
def returns(slug: str) -> ResponseReturnValue:
    """The collected gifts of a campaign: those of which something went back first, or those that are looked for."""
    campaign, sought = campaigns.by_slug(slug), request.args.get("q", "").strip()[:100]
    return render_template(
        "pledges/returns.html",
        campaign=campaign,
        q=sought,
        rows=queries.collected_gifts(campaign.id, sought),
        totals=queries.totals(campaign.id),
    )


def _one(slug: str, ref: str) -> Pledge:
    pledge = queries.by_ref(ref)
    if campaigns.campaign(pledge.campaign_id).slug != slug:
        raise Missing("There is no pledge at this address.")
    return pledge


def _asker(refund: Refund | None) -> str:
    found = identity.person(refund.asked_by) if refund is not None and refund.asked_by else None
    return found.name if found is not None else ""


def _page(pledge: Pledge, values: Any, errors: dict[str, Refusal]) -> ResponseReturnValue:
    charge, refunds = queries.paid_charge(pledge.id), queries.refunds(pledge.id)
    waiting = next((each for each in refunds if each.state is RefundState.ASKED), None)
    page = render_template(
        "pledges/returns_one.html",
        pledge=pledge,
        campaign=campaigns.campaign(pledge.campaign_id),
        charge=charge,
        left=queries.left_of(charge) if charge else None,
        refunds=refunds,
        disputes=queries.disputes(pledge.id),
        waiting=waiting,
        mine=waiting is not None and waiting.asked_by == require().id,
        may_ask=bool(identity.roles(require().id, clock.now()) & {"officer"}),
        asker=_asker(waiting),
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/pledges/returns/<slug>/<ref>")
@hand(Hand.APPROVE)
def returns_one(slug: str, ref: str) -> ResponseReturnValue:
    """One gift: what is left of it, what went back, and the two acts."""
    return _page(_one(slug, ref), {}, {})


def _amount(text: str) -> Money:
    try:
        return parse(text, str(get_locale()))
    except AmountError as wrong:
        raise Invalid({"amount": str(wrong)}) from None


@bp.post("/pledges/returns/<slug>/<ref>")
@hand(Hand.LARGE)
def ask_refund(slug: str, ref: str) -> ResponseReturnValue:
    """Ask that the gift, or a part of it, goes back; with a reason."""
    pledge, by, now = _one(slug, ref), require(), clock.now()
    charge = queries.paid_charge(pledge.id)
    left = queries.left_of(charge) if charge else ZERO
    if isinstance(refusal := refuse_refund(left, left, bool(charge and queries.is_disputed(charge.id))), Conflict):
        raise refusal  # there is no form to send back to
    try:
        amount = _amount(request.form.get("amount", ""))
        with transaction():
            service.ask_refund(pledge, amount, request.form.get("why", ""), by=by, now=now)
    except Invalid as invalid:
        return _page(_one(slug, ref), request.form, invalid.errors)
    flash(_("Asked: another officer decides. Nothing has moved yet."), "done")
    return redirect(url_for("pledges.returns_one", slug=slug, ref=ref), 303)


@bp.post("/pledges/returns/<slug>/<ref>/decision")
@hand(Hand.APPROVE)
def decide_refund(slug: str, ref: str) -> ResponseReturnValue:
    """The second officer agrees or not."""
    pledge, by, now = _one(slug, ref), require(), clock.now()
    asked = next((one for one in queries.refunds(pledge.id) if one.ref == request.form.get("refund")), None)
    if asked is None:
        raise Conflict("No refund of this gift waits for a decision.")
    agreed = request.form.get("decision") == "approve"
    with transaction():
        if agreed:
            service.approve_refund(asked, by=by, now=now)
        else:
            service.turn_down_refund(asked, by=by, now=now)
    flash(_("Done: the money is on its way, donor and group get a mail.") if agreed else _("Turned down."), "done")
    return redirect(url_for("pledges.returns_one", slug=slug, ref=ref), 303)
