"""Signing the commitment: the exact words, a code by mail, the code typed back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, TooMany
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.proposals.rules import COMMITMENT_VERSION, LIVE, commitment_text
from app.proposals.views.board import bp, language, my_proposal, wrong
from app.web import gates


def _page(proposal: Proposal, **more: Any) -> str:
    standing, person, now = queries.standing(proposal), gates.require(), clock.now()
    mine = standing.signatures.get(person.id)
    undertaking = standing.undertaking(person)
    words = mine.text if mine else commitment_text(undertaking)
    context: dict[str, Any] = {"errors": {}, "values": {}, **more}
    return render_template(
        "proposals/sign.html",
        proposal=proposal,
        standing=standing,
        mine=mine,
        title=words.partition("\n")[0],
        words=words.partition("\n")[2],
        courtesy=commitment_text(undertaking, language="en").partition("\n")[2] if language() == "en" else None,
        version=mine.text_version if mine else COMMITMENT_VERSION,
        code_sent=request.args.get("code") == "sent",
        late=now >= standing.closes_at,
        now=now,
        **context,
    )


@bp.get("/<ref>/sign")
@gates.signed_in
def sign(ref: str) -> ResponseReturnValue:
    """The words to sign, and who has signed."""
    proposal = my_proposal(ref)
    if proposal.state not in LIVE:
        return redirect(url_for("proposals.tasks", ref=ref), 303)
    return _page(proposal)


@bp.post("/<ref>/sign/code")
@gates.signed_in
def ask_code(ref: str) -> ResponseReturnValue:
    """Mail the code."""
    proposal = my_proposal(ref)
    try:
        with transaction():
            service.ask_code(proposal, by=gates.require(), now=clock.now())
    except (Conflict, TooMany) as refusal:
        errors, status = wrong(refusal)
        return _page(my_proposal(ref), errors=errors), status
    return redirect(url_for("proposals.sign", ref=ref, code="sent", _anchor="f-code"), 303)


@bp.post("/<ref>/sign")
@gates.signed_in
def put_signature(ref: str) -> ResponseReturnValue:
    """Sign with the code."""
    proposal, code, seen = my_proposal(ref), request.form.get("code", ""), request.form.get("seen", "")
    try:
        with transaction():
            service.sign(proposal, code, seen=seen, by=gates.require(), now=clock.now())
    except (Invalid, Conflict, TooMany) as refusal:
        errors, status = wrong(refusal)
        return _page(my_proposal(ref), errors=errors, values={"code": code}), status
    flash(_("Signed. Thank you."), "done")
    return redirect(url_for("proposals.tasks", ref=ref), 303)
