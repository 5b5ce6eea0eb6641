"""The ranking: everybody reads it once approved, the office before; one hand approves it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries as calls
from app.calls.models import Call
from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing
from app.evaluation import queries, schemas, service
from app.evaluation.models import Ranking
from app.evaluation.rules import State
from app.evaluation.views.board import bp
from app.identity.rules import Hand
from app.web import gates

OFFICE = frozenset({"officer", "responsible"})


def _visible(call: Call) -> Ranking:
    """The approved ranking; the drawn one for the office alone."""
    found = queries.ranking(call.id)
    if found is None or (found.state is State.DRAWN and not gates.roles() & OFFICE):
        raise Missing("The ranking of this call is not approved yet.")
    return found


def _page(call: Call, values: Any, errors: Any) -> ResponseReturnValue:
    ranking, person = _visible(call), gates.current()
    drawn = ranking.state is State.DRAWN
    page = render_template(
        "evaluation/ranking.html",
        call=call,
        board=queries.board(ranking),
        pages={one: url_for("campaigns.show", slug=slug) for one, slug in campaigns.public_of_call(call.id).items()},
        drawn=drawn,
        seen=ranking.ref,
        may_approve=drawn and "responsible" in gates.roles(),
        same_hand=queries.hands_of(call.id, person.id) if drawn and person else "",
        may_call_up=not drawn and "responsible" in gates.roles(),
        fund_left=queries.fund_left(call.id),
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/calls/<slug>/ranking")
@gates.public
def ranking(slug: str) -> ResponseReturnValue:
    """The ranking of a call, with the line where the fund ends and why."""
    return _page(calls.by_slug(slug), {"act_on": clock.today()}, {})


@bp.post("/calls/<slug>/ranking")
@gates.hand(Hand.RANK)
def approve(slug: str) -> ResponseReturnValue:
    """Approve by an act: the ceilings are set aside in the same moment."""
    call = calls.by_slug(slug)
    if _visible(call).state is not State.DRAWN:
        raise Conflict("This ranking is already approved.")
    try:
        act = schemas.act(request.form, g.lang)
        with transaction():
            by, seen = gates.require(), request.form.get("seen")
            service.approve_ranking(call, act=act.number, act_on=act.on, by=by, now=clock.now(), seen=seen)
    except Invalid as refusal:
        return _page(call, request.form, refusal.errors)
    flash(_("Approved. The money is set aside and the groups are told."), "done")
    return redirect(url_for("evaluation.ranking", slug=slug), 303)


@bp.post("/calls/<slug>/ranking/call-up")
@gates.hand(Hand.RANK)
def call_up(slug: str) -> ResponseReturnValue:
    """Fund the first in reserve with money that came back."""
    call = calls.by_slug(slug)
    with transaction():
        service.call_up(call, by=gates.require(), now=clock.now())
    flash(_("The first in reserve is funded and told."), "done")
    return redirect(url_for("evaluation.ranking", slug=slug), 303)
