"""The office: who sits on the panel, how far the scores are, drawing the ranking."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries as calls
from app.calls.rules import State as CallState
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Missing, Refusal
from app.core.money import N_
from app.evaluation import queries, service
from app.evaluation.rules import State
from app.evaluation.views.board import bp
from app.identity import queries as identity
from app.proposals import queries as proposals
from app.web import gates, listing

OFFICE = ("officer", "responsible")


def _word(row: Any) -> str:
    call, ranking = row
    if ranking is None:
        return str(_("The call is still open") if call.state is CallState.OPEN else _("Being scored"))
    return str(_("Waits for approval") if ranking.state is State.DRAWN else _("Approved by an act"))


LIST = listing.register(
    listing.List(
        endpoint="evaluation.rankings",
        title=N_("Rankings"),
        sheet=queries.ranking_list,
        search=N_("Title or number of the act"),
        columns=(
            (N_("Call"), lambda row: row[0].title),
            (N_("State"), _word),
            (N_("Deadline"), lambda row: row[0].closes_at),
            (N_("Act"), lambda row: row[1].act_number if row[1] else ""),
            (N_("Fund"), lambda row: row[0].envelope),
        ),
    )
)


@bp.get("/rankings")
@gates.role(*OFFICE)
def rankings() -> ResponseReturnValue:
    """Every published call with where its ranking stands; of the open ones the panel can be appointed."""
    return listing.show(LIST, "evaluation/rankings.html", word=_word)


def _page(slug: str, errors: Any) -> ResponseReturnValue:
    call, now = calls.by_slug(slug), clock.now()
    if call.archive:
        raise Missing
    panel = queries.panel(call.id)
    seated = {person.id for person in panel}
    page = render_template(
        "evaluation/manage.html",
        call=call,
        panel=panel,
        others=[person for person in identity.with_role("evaluator", now) if person.id not in seated],
        rows=queries.progress(call),
        waiting=len(proposals.awaiting_check(call.id)),
        unready=queries.unready(call),
        ranking=queries.ranking(call.id),
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/calls/<slug>/evaluation")
@gates.role(*OFFICE)
def manage(slug: str) -> ResponseReturnValue:
    """The panel of a call and how far its scores are."""
    return _page(slug, {})


@bp.post("/calls/<slug>/evaluation/panel")
@gates.role("officer")
def appoint(slug: str) -> ResponseReturnValue:
    """Put an evaluator on the panel."""
    call = calls.by_slug(slug)
    person = identity.by_ref(request.form.get("person", ""))
    try:
        if person is None:
            raise Invalid({"person": Refusal("Choose one of the answers.")})
        with transaction():
            service.appoint(call, person, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _page(slug, refusal.errors)
    flash(_("Appointed. A mail is on its way."), "done")
    return redirect(url_for("evaluation.manage", slug=slug), 303)


@bp.post("/calls/<slug>/evaluation/draw")
@gates.role("officer")
def draw(slug: str) -> ResponseReturnValue:
    """Draw the ranking from the complete scores."""
    call = calls.by_slug(slug)
    with transaction():
        service.draw_ranking(call, by=gates.require(), now=clock.now())
    flash(_("The ranking is drawn. A responsible officer approves it."), "done")
    return redirect(url_for("evaluation.ranking", slug=slug), 303)


@bp.post("/calls/<slug>/evaluation/undraw")
@gates.role("officer")
def undraw(slug: str) -> ResponseReturnValue:
    """Take the drawn ranking back, so that scores can change."""
    call = calls.by_slug(slug)
    with transaction():
        service.undraw(call, by=gates.require(), now=clock.now())
    flash(_("Taken back. Scores can change again."), "done")
    return redirect(url_for("evaluation.manage", slug=slug), 303)
