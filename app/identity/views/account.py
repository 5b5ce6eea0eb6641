"""A person's own account."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock, crypto
from app.core.db import transaction
from app.core.errors import Invalid, TooMany
from app.identity import queries, rules, service
from app.identity.models import Person
from app.identity.views.board import bp, wrong
from app.web import gates


def _page(person: Person, **more: Any) -> str:
    now, carried = clock.now(), gates.carried()
    here = crypto.token_hash(carried) if carried else b""
    sessions = [
        {
            "ref": row.ref,
            "browser": rules.browser_name(row.browser),
            "seen_at": row.seen_at,
            "here": row.token_hash == here,
        }
        for row in queries.sessions(person.id, now)
    ]
    context: dict[str, Any] = {"values": {"name": person.name, "language": person.language}, "errors": {}, **more}
    return render_template(
        "identity/account.html",
        person=person,
        sessions=sessions,
        grants=[grant for grant in queries.role_grants(person.id) if grant.ended_at is None],
        tax_code_end=queries.tax_code_of(person)[-4:],
        **context,
    )


@bp.get("/account")
@gates.signed_in
def account() -> ResponseReturnValue:
    """Who I am here, where I am signed in, what I may do."""
    return _page(gates.require())


@bp.post("/account")
@gates.signed_in
def change_details() -> ResponseReturnValue:
    """Change name and language."""
    person = gates.require()
    wanted = request.form.get("language", "")
    try:
        with transaction():
            service.change_details(person, name=request.form.get("name", ""), language=wanted, now=clock.now())
    except Invalid as refusal:
        errors, status = wrong(refusal)
        return _page(gates.require(), values=request.form, errors=errors), status
    flash(_("Saved."), "done")
    return redirect(url_for("identity.account", lang=wanted), 303)


@bp.get("/account/password")
@gates.signed_in
def password() -> ResponseReturnValue:
    """Ask for the old and the new password."""
    return render_template("identity/password.html", email=gates.require().email, errors={})


@bp.post("/account/password")
@gates.signed_in
def change_password() -> ResponseReturnValue:
    """Set a new password; every other browser is signed out and this one gets a fresh session."""
    person, now = gates.require(), clock.now()
    try:
        with transaction():
            service.change_password(
                person, old=request.form.get("old", ""), new=request.form.get("new", ""), keep=None, now=now
            )
            raw = service.open_session(
                person, now=now, address=request.remote_addr or "", browser=request.user_agent.string
            )
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        return render_template("identity/password.html", email=person.email, errors=errors), status
    gates.remember(raw)
    flash(_("Your password has changed. Other browsers were signed out."), "done")
    return redirect(url_for("identity.account"), 303)


@bp.post("/account/sessions/<ref>/end")
@gates.signed_in
def end_session(ref: str) -> ResponseReturnValue:
    """End one of my sessions at once."""
    person = gates.require()
    with transaction():
        service.end_session(person, ref, by=person, now=clock.now())
    flash(_("That browser is signed out."), "done")
    return redirect(url_for("identity.account"), 303)


@bp.post("/account/sessions/end-others")
@gates.signed_in
def end_other_sessions() -> ResponseReturnValue:
    """End all my sessions but this one."""
    person = gates.require()
    with transaction():
        service.end_other_sessions(person, keep=gates.carried(), by=person, now=clock.now())
    flash(_("All other browsers are signed out."), "done")
    return redirect(url_for("identity.account"), 303)
