"""Administrators give and end roles."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import N_
from app.identity import queries, service
from app.identity.models import Person
from app.identity.rules import Role
from app.identity.views.board import bp
from app.journal import queries as journal
from app.web import gates, listing


def _find(ref: str) -> Person:
    person = queries.by_ref(ref)
    if person is None:
        raise Missing("There is no such person.")
    return person


def _with_roles(rows: list[Person]) -> list[tuple[Person, frozenset[str]]]:
    held = queries.roles_of(rows, clock.now())
    return [(row, held[row.id]) for row in rows]


def _not_to_give(row: Person) -> Refusal | None:
    return Forbidden("Nobody gives a role to oneself.") if row.id == gates.require().id else None


def _give(row: Person, form: Any) -> None:
    wanted = form.get("role", "")
    if wanted not in list(Role):
        raise Invalid({"role": Refusal("Choose a role.")})
    if wanted in queries.roles(row.id, clock.now()):
        raise Conflict("This person has the role already.")
    service.grant(row, wanted, by=gates.require(), now=clock.now())


LIST = listing.register(
    listing.List(
        endpoint="identity.people",
        title=N_("People and roles"),
        sheet=lambda: queries.people_list(clock.now()),
        search=N_("Name or e-mail"),
        enrich=_with_roles,
        act="identity.act_on_people",
        pick=lambda row: (row[0].ref, row[0].name) if row[0].id != gates.require().id else None,
        columns=(
            (N_("Name"), lambda row: row[0].name),
            (N_("E-mail"), lambda row: row[0].email),
            (N_("Roles"), lambda row: ", ".join(_(queries.ROLE_WORDS[Role(role)]) for role in sorted(row[1]))),
            (N_("Language"), lambda row: row[0].language),
            (N_("Registered on"), lambda row: row[0].created_at),
        ),
        bulks=(
            listing.Bulk(
                name="give",
                label=N_("Give a role to the ticked"),
                question=N_("Give these people a role?"),
                done=N_("The role is given"),
                find=queries.by_ref,
                say=lambda row: f"{row.name} · {row.email}",
                refuse=_not_to_give,
                act=_give,
                roles=frozenset({"administrator"}),
                fields="identity/bulk_role.html",
                context=lambda: {"all_roles": list(Role)},
            ),
        ),
    )
)


@bp.get("/people")
@gates.role("administrator")
def people() -> ResponseReturnValue:
    """Find people, see who holds which role."""
    return listing.show(LIST, "identity/people.html")


@bp.post("/people")
@gates.role("administrator")
def act_on_people() -> ResponseReturnValue:
    """One act on the ticked people."""
    return listing.act(LIST)


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
