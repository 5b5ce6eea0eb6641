"""My groups: forming one, its people, its invitations, its way to the non-profit."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, TooMany
from app.groups import queries, service
from app.groups.models import Group
from app.groups.schemas import read_group
from app.groups.views.board import body_by, bp, my_group, wrong
from app.identity import service as identity
from app.journal import queries as journal
from app.territory import queries as territory
from app.web import gates

INVITATIONS_AN_HOUR = 20


@bp.get("")
@gates.signed_in
def mine() -> ResponseReturnValue:
    """The groups I belong to, and the letters that wait for my answer."""
    person, now = gates.require(), clock.now()
    own = queries.with_zones(person.id)
    people = queries.members_of(group.id for group, _zone in own)
    found = [{"group": group, "people": people[group.id], "zone": zone} for group, zone in own]
    waiting = [{"invitation": each, "group": group} for each, group in queries.invited(person.email, now)]
    return render_template("groups/mine.html", groups=found, waiting=waiting)


@bp.get("/new")
@gates.signed_in
def new() -> ResponseReturnValue:
    """Ask who the group is."""
    values = {"kind": "informal", "zone": request.args.get("zone", ""), "next": request.args.get("next", "")}
    return render_template("groups/new.html", zones=territory.zones(), values=values, errors={})


@bp.post("/new")
@gates.signed_in
def form() -> ResponseReturnValue:
    """Form the group; whoever forms it is its first member."""
    person = gates.require()
    try:
        asked = read_group(request.form)
        with transaction():
            group = service.form(asked.name, asked.zone, by=person, now=clock.now(), about=asked.about, kind=asked.kind)
    except Invalid as refusal:
        errors, status = wrong(refusal)
        return render_template("groups/new.html", zones=territory.zones(), values=request.form, errors=errors), status
    flash(_("The group is formed. Now invite the others."), "done")
    return redirect(url_for("groups.show", ref=group.ref), 303)


def _page(group: Group, **more: Any) -> str:
    context: dict[str, Any] = {"values": {}, "errors": {}, **more}
    own, entity = campaigns.of_group(group.id), queries.entity_of(group.id)
    return render_template(
        "groups/show.html",
        group=group,
        zone=queries.zone_of(group),
        people=queries.members(group.id),
        invitations=queries.invitations(group.id),
        path=queries.path(group),
        entity=entity,
        constitution=queries.constitution_of(group.id),
        body_by=None if entity else body_by(group, own),
        history=journal.history(f"group:{group.id}"),
        campaigns=own,
        now=clock.now(),
        **context,
    )


@bp.get("/<ref>")
@gates.signed_in
def show(ref: str) -> ResponseReturnValue:
    """One of my groups."""
    return _page(my_group(ref))


@bp.post("/<ref>/invite")
@gates.signed_in
def invite(ref: str) -> ResponseReturnValue:
    """Write to one more person."""
    group, person, now = my_group(ref), gates.require(), clock.now()
    email = request.form.get("email", "")
    try:
        with transaction():
            identity.brake("groups.invite", str(person.id), INVITATIONS_AN_HOUR, 3600, now)
            service.invite(group, email, by=person, now=now, language=str(get_locale()))
    except (Invalid, Conflict, TooMany) as refusal:
        errors, status = wrong(refusal)
        return _page(group, values=request.form, errors=errors), status
    flash(_("We have written to %(email)s.", email=email.strip()), "done")
    return redirect(url_for("groups.show", ref=ref), 303)


@bp.post("/<ref>/invitations/<invitation>/withdraw")
@gates.signed_in
def withdraw_invitation(ref: str, invitation: str) -> ResponseReturnValue:
    """Take a letter back."""
    group, found = my_group(ref), queries.invitation_by_ref(my_group(ref).id, invitation)
    if found is None:
        raise Missing
    with transaction():
        service.withdraw_invitation(found, by=gates.require(), now=clock.now())
    flash(_("The invitation to %(email)s is taken back.", email=found.email), "done")
    return redirect(url_for("groups.show", ref=group.ref), 303)
