"""The log of letters for administrators, and for everybody signed in what was sent to them."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict
from app.outbox import queries, service
from app.outbox.rules import LETTER_POLICY, State
from app.web import gates

bp = Blueprint("outbox", __name__, url_prefix="/letters")
PAGE = 50


def wanted() -> queries.Wanted:
    """What the address asks the log for; words that mean nothing are left out."""
    asked = request.args
    state = asked.get("state", "")
    try:
        day = date.fromisoformat(asked.get("day", ""))
    except ValueError:
        day = None
    return queries.Wanted(
        words=asked.get("q", "").strip()[:100],
        state=State(state) if state in list(State) else None,
        kind=asked.get("kind", "").strip()[:100],
        day=day,
    )


@bp.get("")
@gates.role("administrator")
def index() -> ResponseReturnValue:
    """Every letter, newest first, by state, address, kind and day."""
    asked = wanted()
    found = queries.log(asked, before=request.args.get("before", type=int), limit=PAGE + 1)
    return render_template(
        "outbox/index.html",
        letters=[(each, queries.letter(each, hidden=True).subject) for each in found[:PAGE]],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        wanted=asked,
        counts=queries.counts(),
        kinds=queries.kinds(),
    )


@bp.get("/mine")
@gates.signed_in
def mine() -> ResponseReturnValue:
    """What was sent to the person who looks: subject and day, never the secrets inside."""
    found = queries.sent_to(gates.require().email, before=request.args.get("before", type=int), limit=PAGE + 1)
    return render_template(
        "outbox/mine.html",
        letters=[(each, queries.letter(each, hidden=True).subject) for each in found[:PAGE]],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )


@bp.get("/<ref>")
@gates.role("administrator")
def show(ref: str) -> ResponseReturnValue:
    """One letter as it looks and as it reads, without what only its reader may know."""
    message = queries.by_ref(ref)
    g.frames_own_page = True
    return render_template(
        "outbox/show.html",
        message=message,
        subject=queries.letter(message, hidden=True).subject,
        text=service.text_of(message, hidden=True),
    )


@bp.get("/<ref>/html")
@gates.role("administrator")
def drawn(ref: str) -> ResponseReturnValue:
    """The HTML part alone, for the frame of the page above."""
    message = queries.by_ref(ref)
    return Response(service.html_of(message, hidden=True), headers={"Content-Security-Policy": LETTER_POLICY})


@bp.get("/<ref>/again")
@gates.role("administrator")
def ask_again(ref: str) -> ResponseReturnValue:
    """One question before a letter is sent once more."""
    message = queries.by_ref(ref)
    subject = queries.letter(message, hidden=True).subject
    return render_template("outbox/again.html", message=message, subject=subject, errors={})


@bp.post("/<ref>/again")
@gates.role("administrator")
def again(ref: str) -> ResponseReturnValue:
    """Have it sent once more."""
    message = queries.by_ref(ref)
    try:
        with transaction():
            sent = service.send_again(message, by=gates.require().name, now=clock.now()).ref
    except Conflict as refusal:
        message = queries.by_ref(ref)
        subject = queries.letter(message, hidden=True).subject
        return render_template("outbox/again.html", message=message, subject=subject, errors={"": refusal}), 409
    flash(_("The letter is in the queue again."), "done")
    return redirect(url_for("outbox.show", ref=sent), 303)
