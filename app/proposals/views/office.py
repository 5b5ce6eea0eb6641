"""The office's side: which proposals wait for the check of admissibility, one dossier each, the decision."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import N_
from app.files import queries as files
from app.groups import queries as groups
from app.journal import queries as journal
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.proposals.rules import SENT, THEMES, State
from app.proposals.views.board import STATES, bp, wrong
from app.web import downloads, gates, listing


def _admit(row: Any, form: Any) -> None:
    service.check(row, "admissible", "", found=_found(row), by=gates.require(), now=clock.now())


def _findings(proposal: Proposal) -> list[queries.Finding]:
    return queries.findings(queries.standing(proposal), queries.check_of(proposal))


def _found(proposal: Proposal) -> dict[str, bool]:
    return {each.key: each.holds for each in _findings(proposal)}


def _why_not(row: Any) -> Refusal | None:
    """Many at once only where nothing is left to judge."""
    if row.state is not State.SUBMITTED:
        return Conflict("This proposal is decided already.")
    if queries.is_participant(row.id, gates.require().id):
        return Forbidden("You are one of this proposal’s people: another officer must check it.")
    if not all(_found(row).values()):
        return Conflict("A check does not hold: open the proposal and decide there.")
    return None


LIST = listing.register(
    listing.List(
        endpoint="proposals.queue",
        title=N_("Proposals"),
        sheet=queries.sheet,
        act="proposals.act_on_queue",
        pick=lambda row: (row[0].ref, row[0].title) if row[0].state is State.SUBMITTED else None,
        columns=(
            (N_("Number"), lambda row: row[0].reference),
            (N_("Title"), lambda row: row[0].title),
            (N_("Group"), lambda row: row[1].name),
            (N_("Call"), lambda row: row[2].title),
            (N_("Neighbourhood"), lambda row: row[3].name if row[3] else ""),
            (N_("State"), lambda row: _(STATES[row[0].state][1])),
            (N_("Sent"), lambda row: row[0].submitted_at),
            (N_("Budget"), lambda row: row[0].total),
        ),
        bulks=(
            listing.Bulk(
                name="admit",
                label=N_("Admit the ticked"),
                question=N_("Admit these proposals?"),
                done=N_("Admitted: the group has a mail"),
                find=queries.by_ref,
                say=lambda row: f"{row.reference} {row.title}",
                refuse=_why_not,
                act=_admit,
                roles=frozenset({"officer"}),
                hurts=True,
            ),
        ),
    )
)


@bp.get("/queue")
@gates.role("officer")
def queue() -> ResponseReturnValue:
    """What was sent to the office: what waits for the check first, what is decided beside it."""
    return listing.show(LIST, "proposals/queue.html", states=STATES)


@bp.post("/queue")
@gates.role("officer")
def act_on_queue() -> ResponseReturnValue:
    """One act on the ticked proposals."""
    return listing.act(LIST)


def _sent(ref: str) -> Proposal:
    proposal = queries.by_ref(ref)
    if proposal is None or proposal.state not in SENT:
        raise Missing
    return proposal


def _page(proposal: Proposal, **more: Any) -> str:
    standing, decided = queries.standing(proposal), queries.checked(proposal)
    entity = groups.entity_of(proposal.group_id)
    context: dict[str, Any] = {"values": {}, "errors": {}, **more}
    return render_template(
        "proposals/dossier.html",
        proposal=proposal,
        standing=standing,
        zone=standing.zone,
        picture=standing.picture,
        lines=standing.lines,
        milestones=standing.milestones,
        findings=queries.findings(standing, decided[0] if decided else None),
        check=decided[0] if decided else None,
        officer=decided[1] if decided else None,
        own=gates.require().id in {person.id for person in standing.members},
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
    found = {each.key: each.holds for each in _findings(proposal)}
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
