"""Long work that people wait for: begin it, watch it, stop it, take what it made."""

from __future__ import annotations

from flask import Response, flash, g, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import cells, clock
from app.core.db import transaction
from app.core.errors import Conflict, Missing, Refusal
from app.core.money import N_
from app.web import gates, queries, service
from app.web.models import Work
from app.web.rules import OVER, ROLES, Kind, State
from app.web.views.home import bp

KINDS = {
    Kind.VERIFY: (
        N_("Check the books"),
        N_("Proves that every figure equals its ledger balance and says which one differs."),
    ),
    Kind.PLEDGES: (N_("All pledges as CSV"), N_("Every promise with its state and what was collected of it.")),
    Kind.PAYMENTS: (N_("All payments as CSV"), N_("Every payment order with beneficiary, CUP, IBAN and dates.")),
}
STATES = {
    State.WAITING: ("wait", N_("Waits for the worker")),
    State.RUNNING: ("now", N_("Under way")),
    State.DONE: ("done", N_("Done")),
    State.FAILED: ("late", N_("Failed")),
    State.STOPPED: ("todo", N_("Stopped")),
}
AGAIN = "2"  # seconds between two looks


def _mine(ref: str) -> Work:
    """The person's own work, while they still hold a role that may read it."""
    work = queries.work_by_ref(ref)
    if work is None or work.asked_by != gates.require().id or not ROLES[work.kind] & gates.roles():
        raise Missing("There is no such work, or it is somebody else’s.")
    return work


@bp.get("/desk/works")
@gates.role("finance", "administrator")
def works() -> ResponseReturnValue:
    """What can be started, and what was."""
    return render_template(
        "web/works.html",
        kinds=[(kind, *KINDS[kind], bool(ROLES[kind] & gates.roles())) for kind in Kind],
        works=queries.works_of(gates.require().id),
        names=KINDS,
        states=STATES,
    )


@bp.post("/desk/works")
@gates.role("finance", "administrator")
def begin_work() -> ResponseReturnValue:
    """Start one."""
    try:
        kind = Kind(request.form.get("kind", ""))
    except ValueError:
        flash(_("Press the button of the file that you need."), "warn")
        return redirect(url_for("web.works"), 303)
    with transaction():
        work = service.begin(
            kind, roles=gates.roles(), language=g.get("lang", "it"), by=gates.require(), now=clock.now()
        )
    return redirect(url_for("web.work", ref=work.ref), 303)


@bp.get("/desk/works/<ref>")
@gates.role("finance", "administrator")
def work(ref: str) -> ResponseReturnValue:
    """How far it is; the page looks again by itself until it has ended."""
    found = _mine(ref)
    return render_template(
        "web/work.html",
        work=found,
        name=KINDS[found.kind],
        state=STATES[found.state],
        over=found.state in OVER,
        again=AGAIN,
        percent=100 * found.done // found.total if found.total else 0,
    )


@bp.post("/desk/works/<ref>/stop")
@gates.role("finance", "administrator")
def stop_work(ref: str) -> ResponseReturnValue:
    """Stop it at its next step."""
    found = _mine(ref)
    try:
        with transaction():
            service.stop(found, by=gates.require(), now=clock.now())
        flash(_("It stops at its next step. Nothing was changed by it."), "done")
    except Refusal as why:
        flash(gates.say(why), "warn")
    return redirect(url_for("web.work", ref=ref), 303)


@bp.get("/desk/works/<ref>/file.csv")
@gates.role("finance", "administrator")
def work_file(ref: str) -> ResponseReturnValue:
    """What it made, streamed."""
    found = _mine(ref)
    if found.state is not State.DONE or found.kind is Kind.VERIFY:
        raise Conflict("There is no file yet.")
    body = stream_with_context(part for part in (cells.MARK, *queries.parts(found)))
    answer = Response(body, mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename={found.kind}-{clock.local(found.asked_at):%Y-%m-%d}.csv"
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
