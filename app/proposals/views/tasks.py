"""The task list of a proposal, its whole text, sending it, taking it back, and the copy to keep."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict
from app.journal import queries as journal
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.proposals.rules import LIVE, THEMES, Part, started
from app.proposals.views.after import after
from app.proposals.views.board import PARTS, STATES, bp, my_proposal
from app.web import downloads, gates


def part_state(standing: queries.Standing, part: Part) -> str:
    """Where one written part stands: done, mend, or start."""
    if not standing.problems[part]:
        return "done"
    return "mend" if started(standing.draft, part) else "start"


def _context(proposal: Proposal) -> dict[str, Any]:
    standing = queries.standing(proposal)
    return {
        "proposal": proposal,
        "standing": standing,
        "parts": {part: part_state(standing, part) for part in standing.problems},
        "words": PARTS,
        "themes": THEMES,
        "state": STATES[proposal.state],
        "zone": standing.zone,
        "picture": standing.picture,
        "lines": standing.lines,
        "milestones": standing.milestones,
        "signed": gates.require().id in standing.signatures,
        "late": clock.now() >= standing.closes_at,
        "now": clock.now(),
    }


@bp.get("/<ref>")
@gates.signed_in
def tasks(ref: str) -> ResponseReturnValue:
    """What is done and what is missing; once it is sent, what happens to it."""
    proposal = my_proposal(ref)
    if proposal.state in LIVE:
        return render_template("proposals/tasks.html", **_context(proposal))
    check, history = queries.check_of(proposal), journal.history(f"proposal:{proposal.id}")
    context = _context(proposal)
    standing = context["standing"]
    further = after([standing])[0][1]
    context["state"] = further.state
    return render_template("proposals/sent.html", check=check, history=history, further=further, **context)


@bp.get("/<ref>/review")
@gates.signed_in
def review(ref: str) -> ResponseReturnValue:
    """All answers on one page, each with the way to change it."""
    return render_template("proposals/review.html", errors={}, **_context(my_proposal(ref)))


@bp.post("/<ref>/submit")
@gates.signed_in
def submit(ref: str) -> ResponseReturnValue:
    """Send it; a second click finds it sent."""
    proposal = my_proposal(ref)
    try:
        with transaction():
            service.submit(proposal, by=gates.require(), now=clock.now())
    except Conflict as refusal:
        page = render_template("proposals/review.html", errors={"": refusal}, **_context(my_proposal(ref)))
        return page, 409
    return redirect(url_for("proposals.done", ref=ref), 303)


@bp.get("/<ref>/done")
@gates.signed_in
def done(ref: str) -> ResponseReturnValue:
    """The reference number, and what comes next."""
    proposal = my_proposal(ref)
    if proposal.reference is None:
        return redirect(url_for("proposals.tasks", ref=ref), 303)
    return render_template("proposals/done.html", **_context(proposal))


@bp.get("/<ref>/withdraw")
@gates.signed_in
def withdraw(ref: str) -> ResponseReturnValue:
    """Ask whether it is meant."""
    return render_template("proposals/withdraw.html", errors={}, **_context(my_proposal(ref)))


@bp.post("/<ref>/withdraw")
@gates.signed_in
def take_back(ref: str) -> ResponseReturnValue:
    """Take it back, if the tick says that it is meant."""
    proposal = my_proposal(ref)
    if request.form.get("sure") != "yes":
        errors = {"sure": _("Tick the box if you really want to withdraw it.")}
        return render_template("proposals/withdraw.html", errors=errors, **_context(proposal)), 422
    with transaction():
        service.withdraw(proposal, by=gates.require(), now=clock.now())
    flash(_("The proposal is withdrawn."), "done")
    return redirect(url_for("proposals.mine"), 303)


@bp.get("/<ref>/download")
@gates.signed_in
def download(ref: str) -> ResponseReturnValue:
    """The text to keep, in a file that any program opens."""
    proposal = my_proposal(ref)
    text = render_template("proposals/copy.txt", **_context(proposal))
    name = f"{(proposal.reference or proposal.ref).lower()}.md"
    return downloads.data(text.encode(), "text/markdown", name)
