"""Accepting an invitation by its link, registering on the way if need be, and leaving a group."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Missing
from app.groups import queries as groups
from app.groups import service as groups_service
from app.identity import queries as identity
from app.proposals import queries, service
from app.proposals.views.board import bp, wrong
from app.web import gates


@bp.get("/join/<token>")
@gates.by_token
def join(token: str) -> ResponseReturnValue:
    """Who invites me to what; a visitor is asked to sign in or to register, and comes back here."""
    return _page(token, {})


def _page(token: str, errors: dict[str, object]) -> str:
    invitation = groups_service.invitation_behind(token, now=clock.now())
    group, person = groups.group(invitation.group_id), gates.current()
    return render_template(
        "proposals/join.html",
        token=token,
        invitation=invitation,
        group=group,
        zone=groups.zone_of(group),
        inviter=identity.person(invitation.invited_by),
        person=person,
        inside=person is not None and groups.is_member(group.id, person.id),
        proposals=queries.live_of_group(group.id),
        back=request.path,
        errors=errors,
    )


@bp.post("/join/<token>")
@gates.by_token
def accept_link(token: str) -> ResponseReturnValue:
    """Join by the link."""
    person = gates.require()
    try:
        with transaction():
            group = service.join(token, by=person, now=clock.now())
    except (Conflict, Forbidden) as refusal:
        errors, status = wrong(refusal)
        return _page(token, dict(errors)), 403 if isinstance(refusal, Forbidden) else status
    flash(_("You now belong to %(group)s.", group=group.name), "done")
    return redirect(_landing(group.id, group.ref), 303)


@bp.post("/accept/<ref>")
@gates.signed_in
def accept(ref: str) -> ResponseReturnValue:
    """Join by an invitation that was sent to my own address, without its link."""
    person, now = gates.require(), clock.now()
    if ref not in {each.ref for each in groups.invitations_for(person.email, now)}:
        raise Missing
    with transaction():
        group = service.accept(ref, by=person, now=now)
    flash(_("You now belong to %(group)s.", group=group.name), "done")
    return redirect(_landing(group.id, group.ref), 303)


def _landing(group_id: int, group_ref: str) -> str:
    """The proposal that the group is writing, or the group's page."""
    live = queries.live_of_group(group_id)
    return url_for("proposals.tasks", ref=live[0].ref) if live else url_for("groups.show", ref=group_ref)


@bp.post("/groups/<ref>/leave")
@gates.signed_in
def leave(ref: str) -> ResponseReturnValue:
    """Leave a group of mine."""
    group, person = groups.by_ref(ref), gates.require()
    if group is None or not groups.is_member(group.id, person.id):
        raise Missing
    with transaction():
        service.leave(group, by=person, now=clock.now())
    flash(_("You have left %(group)s.", group=group.name), "done")
    return redirect(url_for("proposals.mine"), 303)
