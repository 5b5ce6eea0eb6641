"""What an evaluator does: look at her list, declare, read, give points with their reasons."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries as calls
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Missing
from app.evaluation import queries, schemas, service
from app.evaluation.views.board import bp, proposal_or_404
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.proposals.rules import State
from app.web import gates


@bp.get("/evaluation")
@gates.role("evaluator")
def assignments() -> ResponseReturnValue:
    """The proposals that this evaluator has to score, call by call."""
    person = gates.require()
    lists = queries.assigned(person.id)
    return render_template("evaluation/assignments.html", lists=lists, now=clock.now())


def _mine(ref: str) -> Proposal:
    """A proposal of a panel that this evaluator sits on; any other does not exist for her."""
    proposal = proposal_or_404(ref)
    if proposal.state is not State.ADMISSIBLE or queries.seat(proposal, gates.require().id) is None:
        raise Missing
    return proposal


def _page(proposal: Proposal, values: Any, errors: Any) -> ResponseReturnValue:
    person, standing = gates.require(), proposals.standing(proposal)
    said, resting = queries.seat(proposal, person.id) or (None, False)
    sheet = queries.sheet(proposal.id, person.id)
    context: dict[str, Any] = {
        "proposal": proposal,
        "call": standing.call,
        "group": standing.group,
        "zone": standing.zone,
        "people": standing.members,
        "declaration": said,
        "resting": resting,
        "values": values,
        "errors": errors,
    }
    status = 422 if errors else 200
    if said is None or said.conflicted:
        return render_template("evaluation/declare.html", **context), status
    return (
        render_template(
            "evaluation/assess.html",
            sheet=sheet,
            criteria=calls.terms_of(standing.call).criteria,
            lines=standing.lines,
            milestones=standing.milestones,
            picture=standing.picture,
            **context,
        ),
        status,
    )


@bp.get("/evaluation/<ref>")
@gates.role("evaluator")
def assess(ref: str) -> ResponseReturnValue:
    """First the declaration; once there is no conflict, the proposal beside its form."""
    proposal = _mine(ref)
    return _page(proposal, schemas.written(queries.sheet(proposal.id, gates.require().id)), {})


@bp.post("/evaluation/<ref>/declare")
@gates.role("evaluator")
def declare(ref: str) -> ResponseReturnValue:
    """Keep the declaration."""
    proposal = _mine(ref)
    try:
        said = schemas.declaration(request.form)
        with transaction():
            service.declare(
                proposal, conflicted=said.conflicted, reason=said.reason, by=gates.require(), now=clock.now()
            )
    except Invalid as refusal:
        return _page(proposal, request.form, refusal.errors)
    if said.conflicted:
        flash(_("Thank you. Another evaluator scores this proposal."), "info")
        return redirect(url_for("evaluation.assignments"), 303)
    return redirect(url_for("evaluation.assess", ref=ref), 303)


@bp.post("/evaluation/<ref>/score")
@gates.role("evaluator")
def score(ref: str) -> ResponseReturnValue:
    """Keep the points: as far as they are, or complete."""
    proposal = _mine(ref)
    complete = request.form.get("act") == "complete"
    keys = [criterion.key for criterion in calls.terms_of(proposals.call(proposal)).criteria]
    try:
        marks = schemas.marks(request.form, keys)
        with transaction():
            service.score(proposal, marks, complete=complete, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _page(proposal, request.form, refusal.errors)
    flash(_("Your scores are complete.") if complete else _("Saved. Come back when you like."), "done")
    after = url_for("evaluation.assignments") if complete else url_for("evaluation.assess", ref=ref)
    return redirect(after, 303)
