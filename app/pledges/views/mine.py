"""A donor's own pledge, by the link in the mail."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Gone, Invalid, Missing, Refusal
from app.followers import queries as followers
from app.groups import queries as groups
from app.identity import service as identity
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import LIVE, OPEN, ChargeState, Mode, State, check_email
from app.pledges.views.blueprint import bp
from app.pledges.views.giving import to_payment
from app.pledges.views.returning import dates
from app.territory import queries as territory
from app.transparency import queries as transparency
from app.web.gates import by_token, public


class Expired(Exception):
    """The link was good once."""


def held(token: str) -> Pledge:
    """The pledge of this link; an expired one leads to a new link, an unknown one to nothing."""
    found = queries.link(token)
    if found is None:
        raise Missing("There is no pledge at this address. Copy the whole link from the mail.")
    if found.expires_at <= clock.now():
        raise Expired
    return queries.pledge(found.pledge_id)


@bp.app_errorhandler(Expired)
def expired(error: Expired) -> ResponseReturnValue:
    """The way from an old link to a new one."""
    return render_template("pledges/link.html", expired=True, values={}, errors={}), 410


def _news_stop(pledge: Pledge) -> str | None:
    """The secret that ends the project's news, for a donor who gets them."""
    gets = pledge.state in (State.HELD, State.ACTIVE, State.CHARGED) and not followers.stopped(pledge)
    return followers.donor_stop(pledge) if gets else None


def _show(token: str, pledge: Pledge, values: Any, errors: dict[str, Refusal]) -> str:
    campaign, tried = campaigns.campaign(pledge.campaign_id), queries.charges(pledge.id)
    last = tried[-1] if tried else None
    now = clock.now()
    g.form_action_checkout = True
    unsettled = last is not None and last.state in (ChargeState.DECLINED, ChargeState.CANCELLED)
    paying = last is not None and last.state in LIVE and last.mode is Mode.PRESENT
    can_pay = pledge.state is State.ACTIVE and last is not None and now < last.pay_until and (unsettled or paying)
    return render_template(
        "pledges/mine.html",
        token=token,
        pledge=pledge,
        campaign=campaign,
        zone=territory.zone_by_id(campaign.zone_id),
        entity=groups.verified_entity(campaign.group_id),
        last=last,
        can_pay=can_pay,
        checking=can_pay and last is not None and not groups.is_payable(last.entity_id),
        refunds=queries.refunds(pledge.id),
        disputes=queries.disputes(pledge.id),
        refuses=queries.refuses_to_cancel(pledge, campaign, clock.now()),
        receipt=queries.receipt_possible(pledge),
        story=transparency.gift_story(pledge),
        news_stop=_news_stop(pledge),
        values=values,
        errors=errors,
        now=now,
        **dates(campaign),
    )


@bp.get("/pledges/<token>")
@by_token
def mine(token: str) -> ResponseReturnValue:
    """See it, change who may read your name, cancel, pay again."""
    pledge = held(token)
    values = {"name": pledge.name, "show_name": "yes" if pledge.show_name else ""}
    return _show(token, pledge, values, {})


@bp.post("/pledges/<token>/name")
@by_token
def visibility(token: str) -> ResponseReturnValue:
    """Be named in public, or not."""
    pledge = held(token)
    try:
        with transaction():
            service.show_name(
                pledge,
                name=request.form.get("name", ""),
                show=request.form.get("show_name") == "yes",
                now=clock.now(),
            )
    except Invalid as invalid:
        return _show(token, held(token), request.form, invalid.errors), 422
    flash(_("Saved."), "done")
    return redirect(url_for("pledges.mine", token=token), 303)


@bp.get("/pledges/<token>/cancel")
@by_token
def cancelling(token: str) -> ResponseReturnValue:
    """One question before a promise is taken back."""
    pledge = held(token)
    if pledge.state not in OPEN:
        return redirect(url_for("pledges.mine", token=token), 303)  # it is over, and its page says how
    campaign = campaigns.campaign(pledge.campaign_id)
    return render_template(
        "pledges/cancel.html",
        token=token,
        pledge=pledge,
        campaign=campaign,
        refuses=queries.refuses_to_cancel(pledge, campaign, clock.now()),
    )


@bp.post("/pledges/<token>/cancel")
@by_token
def cancel(token: str) -> ResponseReturnValue:
    """Take the promise back."""
    pledge = held(token)
    try:
        with transaction():
            service.cancel(pledge, now=clock.now())
    except Conflict as refusal:
        return _show(token, held(token), {}, {"": refusal}), 409
    flash(_("Your pledge is cancelled. Nothing is charged."), "done")
    return redirect(url_for("pledges.mine", token=token), 303)


@bp.post("/pledges/<token>/card")
@by_token
def card(token: str) -> ResponseReturnValue:
    """Pay a promise whose card was refused, with the same card or another one, right now."""
    pledge = held(token)
    try:
        with transaction():
            charge_id = service.pay_again(pledge, now=clock.now()).id
    except (Conflict, Gone) as refusal:
        return _show(token, held(token), {}, {"": refusal}), 409
    return to_payment(charge_id)


@bp.get("/pledges/link")
@public
def ask_link() -> ResponseReturnValue:
    """A new link to one's pledges."""
    return render_template("pledges/link.html", expired=False, values={}, errors={})


@bp.post("/pledges/link")
@public
def send_link() -> ResponseReturnValue:
    """Mail the links, and say the same whether or not this address has pledges."""
    try:
        email = check_email(request.form.get("email", ""))
    except Invalid as invalid:
        return render_template("pledges/link.html", expired=False, values=request.form, errors=invalid.errors), 422
    now = clock.now()
    identity.brake("pledges.link", f"address:{request.remote_addr}", 10, 3600, now)
    identity.brake("pledges.link", f"email:{email}", 3, 3600, now)
    with transaction():
        service.send_link(email, now=now)
    return render_template("pledges/link_sent.html", email=email)
