"""My proposals, and beginning one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries as calls
from app.calls.models import Call
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Gone, Invalid, Missing
from app.groups import queries as groups
from app.groups import service as groups_service
from app.groups.models import Group
from app.groups.schemas import read_group
from app.proposals import queries, service
from app.proposals.rules import LIVE, title_problem
from app.proposals.views.after import after
from app.proposals.views.board import STATES, bp, wrong
from app.territory import queries as territory
from app.web import gates


@bp.get("")
@gates.signed_in
def mine() -> ResponseReturnValue:
    """What my groups write and have sent, and the calls that are open."""
    person, now = gates.require(), clock.now()
    found = queries.standings(queries.mine(person.id))
    taken = {each.call.id for each in found}
    return render_template(
        "proposals/mine.html",
        live=[each for each in found if each.proposal.state in LIVE],
        sent=after([each for each in found if each.proposal.state not in LIVE]),
        open_calls=[call for call in calls.open_calls(now) if call.id not in taken],
        invited=groups.invitations_for(person.email, now),
        states=STATES,
        now=now,
    )


def _start_page(call: Call, **more: Any) -> str:
    person, terms = gates.require(), calls.terms_of(call)
    context: dict[str, Any] = {"values": {"kind": "informal", "group": ""}, "errors": {}, **more}
    eligible = [group for group in groups.groups_of(person.id) if group.frozen_at is None]
    return render_template(
        "proposals/start.html",
        call=call,
        whole=calls.whole(call),
        terms=terms,
        groups=eligible,
        zones=territory.zones(),
        now=clock.now(),
        **context,
    )


@bp.get("/start/<slug>")
@gates.signed_in
def start(slug: str) -> ResponseReturnValue:
    """Ask for a title and who proposes."""
    call = calls.by_slug(slug)
    if not calls.is_open(call, clock.now()):
        raise Gone("This call does not take proposals at the moment.")
    return _start_page(call)


@bp.post("/start/<slug>")
@gates.signed_in
def begin(slug: str) -> ResponseReturnValue:
    """Begin the proposal, forming the group on the way where it is new."""
    call, person, now = calls.by_slug(slug), gates.require(), clock.now()
    try:
        with transaction():
            proposal = service.start(call, _group(), request.form.get("title", ""), by=person, now=now)
    except (Invalid, Conflict) as refusal:
        errors, status = wrong(refusal)
        return _start_page(calls.by_slug(slug), values=request.form, errors=errors), status
    flash(_("The proposal is begun. You can stop whenever you like: everything stays saved."), "done")
    return redirect(url_for("proposals.tasks", ref=proposal.ref), 303)


def _group() -> Group:
    """The group chosen, or a new one."""
    person, now, chosen = gates.require(), clock.now(), request.form.get("group", "")
    if chosen and chosen != "new":
        group = groups.by_ref(chosen)
        if group is None or not groups.is_member(group.id, person.id):
            raise Missing
        return group
    errors = {}
    if refusal := title_problem(" ".join(request.form.get("title", "").split())):
        errors["title"] = refusal
    try:
        asked = read_group(request.form, name="group_name")
    except Invalid as refused:
        raise Invalid({**errors, **refused.errors}) from None
    if errors:
        raise Invalid(errors)
    return groups_service.form(asked.name, asked.zone, by=person, now=now, kind=asked.kind)
