"""Administrators give and end roles."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Missing
from app.identity import queries, service
from app.identity.models import Person
from app.identity.rules import Role
from app.identity.views.board import bp
from app.journal import queries as journal
from app.web import gates


def _find(ref: str) -> Person:
    person = queries.by_ref(ref)
    if person is None:
        raise Missing("There is no such person.")
    return person


@bp.get("/people")
@gates.role("administrator")
def people() -> ResponseReturnValue:
    """Find a person."""
    words = request.args.get("q", "").strip()[:100]
    held = request.args.get("role", "")
    now = clock.now()
    if held in list(Role):
        found = queries.with_role(held, now)
    else:
        found = queries.search(words) if words or held == "everybody" else queries.staff(now)
    return render_template(
        "identity/people.html",
        people=found,
        roles=queries.roles_of(found, now),
        words=words,
        held=held,
        all_roles=list(Role),
    )


@bp.get("/people/<ref>")
@gates.role("administrator")
def person(ref: str) -> ResponseReturnValue:
    """One person: roles of today, and how they came about."""
    shown = _find(ref)
    grants = queries.role_grants(shown.id)
    hands = queries.people({hand for grant in grants for hand in (grant.granted_by, grant.ended_by) if hand})
    return render_template(
        "identity/person.html",
        person=shown,
        grants=grants,
        hands=hands,
        open_roles=[role for role in Role if role not in {grant.role for grant in grants if grant.ended_at is None}],
        history=journal.history(f"person:{shown.id}")[-20:],
        own=shown.id == gates.require().id,
    )


@bp.post("/people/<ref>/grant")
@gates.role("administrator")
def grant(ref: str) -> ResponseReturnValue:
    """Give a role."""
    shown, wanted = _find(ref), request.form.get("role", "")
    if wanted not in list(Role):
        flash(_("Choose a role."), "warn")
        return redirect(url_for("identity.person", ref=ref), 303)
    with transaction():
        service.grant(shown, wanted, by=gates.require(), now=clock.now())
    flash(_("The role is given. It works from the next page that the person opens."), "done")
    return redirect(url_for("identity.person", ref=ref), 303)


@bp.post("/people/<ref>/end-role")
@gates.role("administrator")
def end_role(ref: str) -> ResponseReturnValue:
    """End a role."""
    shown, wanted = _find(ref), request.form.get("role", "")
    if wanted not in list(Role):
        raise Missing("There is no such role.")
    with transaction():
        service.end_role(shown, wanted, by=gates.require(), now=clock.now())
    flash(_("The role has ended. It no longer opens any page."), "done")
    return redirect(url_for("identity.person", ref=ref), 303)
