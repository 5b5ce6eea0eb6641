"""The office's side: which proposals wait for the check of admissibility, one dossier each, the decision."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.files import queries as files
from app.groups import queries as groups
from app.identity import queries as identity
from app.journal import queries as journal
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.proposals.rules import SENT, THEMES, State
from app.proposals.views.board import STATES, bp, wrong
from app.web import downloads, gates

VIEWS = {"waiting": (State.SUBMITTED,), "admissible": (State.ADMISSIBLE,), "inadmissible": (State.INADMISSIBLE,)}


@bp.get("/queue")
@gates.role("officer")
def queue() -> ResponseReturnValue:
    """What waits for the check, oldest first; what is decided beside it."""
    view, words = request.args.get("view", "waiting"), request.args.get("q", "").strip()
    states = VIEWS.get(view, VIEWS["waiting"])
    counts = queries.counts()
    return render_template(
        "proposals/queue.html",
        rows=queries.found(states, words),
        view=view if view in VIEWS else "waiting",
        counts={name: sum(counts.get(state, 0) for state in wanted) for name, wanted in VIEWS.items()},
        words=words,
        states=STATES,
        now=clock.now(),
    )


def _sent(ref: str) -> Proposal:
    proposal = queries.by_ref(ref)
    if proposal is None or proposal.state not in SENT:
        raise Missing
    return proposal


def _page(proposal: Proposal, **more: Any) -> str:
    standing, check = queries.standing(proposal), queries.check_of(proposal)
    entity = groups.entity_of(proposal.group_id)
    context: dict[str, Any] = {"values": {}, "errors": {}, **more}
    return render_template(
        "proposals/dossier.html",
        proposal=proposal,
        standing=standing,
        zone=queries.zone(proposal),
        picture=queries.picture(proposal),
        lines=queries.lines(proposal),
        milestones=queries.milestones(proposal),
        findings=queries.findings(standing),
        check=check,
        officer=identity.person(check.officer_id) if check else None,
        own=queries.is_participant(proposal.id, gates.require().id),
        entity=entity,
        papers=[(kind, item) for kind, item in groups.items(entity.id).items() if item.file_id] if entity else [],
        history=journal.history(f"proposal:{proposal.id}"),
        state=STATES[proposal.state],
        themes=THEMES,
        now=clock.now(),
        **context,
    )


@bp.get("/dossier/<ref>")
@gates.role("officer", "responsible")
def dossier(ref: str) -> ResponseReturnValue:
    """One proposal as the office looks at it."""
    return _page(_sent(ref))


@bp.post("/dossier/<ref>")
@gates.role("officer")
def decide(ref: str) -> ResponseReturnValue:
    """Decide on admissibility."""
    proposal = _sent(ref)
    found = {each.key: each.holds for each in queries.findings(queries.standing(proposal))}
    outcome, reasons = request.form.get("outcome", ""), request.form.get("reasons", "")
    try:
        with transaction():
            service.check(proposal, outcome, reasons, found=found, by=gates.require(), now=clock.now())
    except (Conflict, Invalid, Forbidden) as refusal:
        errors, status = wrong(refusal)
        return _page(_sent(ref), errors=errors, values=request.form), status
    flash(_("Decided. The group has a mail."), "done")
    return redirect(url_for("proposals.queue"), 303)


@bp.get("/dossier/<ref>/papers/<kind>")
@gates.role("officer", "responsible")
def paper(ref: str, kind: str) -> ResponseReturnValue:
    """A paper of the organisation that proposes."""
    entity = groups.entity_of(_sent(ref).group_id)
    items = {str(each): item for each, item in groups.items(entity.id).items()} if entity else {}
    file = files.by_id(items[kind].file_id or 0) if kind in items else None
    if file is None:
        raise Missing
    return downloads.send(file)
