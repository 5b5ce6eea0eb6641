"""Becoming a citizen of the site."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, TooMany
from app.identity import rules, service
from app.identity.views.board import address, bp, language, wrong
from app.web import gates


@bp.get("/register")
@gates.public
def register() -> ResponseReturnValue:
    """Ask who wants an account; who came from an invitation goes back to it at the end."""
    onward = rules.safe_next(request.args.get("next")) or ""
    return render_template("identity/register.html", values={"next": onward}, errors={})


@bp.post("/register")
@gates.public
def take_registration() -> ResponseReturnValue:
    """Take the answers; the next page is the same whether the address was known or not."""
    try:
        with transaction():
            service.register(
                name=request.form.get("name", ""),
                email=request.form.get("email", ""),
                password=request.form.get("password", ""),
                born_on=rules.read_day(request.form.get("born_on", "")),
                tax_code=request.form.get("tax_code", ""),
                language=language(),
                address=address(),
                now=clock.now(),
                onward=rules.safe_next(request.form.get("next")) or "",
            )
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        return render_template("identity/register.html", values=request.form, errors=errors), status
    return redirect(url_for("identity.registered"), 303)


@bp.get("/register/sent")
@gates.public
def registered() -> ResponseReturnValue:
    """Say that a mail is on its way."""
    return render_template("identity/registered.html")


@bp.get("/confirm/<token>")
@gates.by_token
def confirm(token: str) -> ResponseReturnValue:
    """Ask for the password that was chosen: opening a link alone, as mail scanners do, confirms nothing."""
    found = service.open_registration(token, now=clock.now())
    return render_template("identity/confirm.html", email=found.email, errors={})


@bp.post("/confirm/<token>")
@gates.by_token
def confirm_now(token: str) -> ResponseReturnValue:
    """Open the account and let its owner in."""
    now = clock.now()
    try:
        with transaction():
            person = service.confirm_email(token, password=request.form.get("password", ""), now=now)
            raw = service.open_session(person, now=now, address=address(), browser=request.user_agent.string)
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        found = service.open_registration(token, now=now)
        return render_template("identity/confirm.html", email=found.email, errors=errors), status
    gates.remember(raw)
    flash(_("Your address is confirmed and your account is open."), "done")
    return redirect(rules.safe_next(request.args.get("next")) or url_for("identity.account"), 303)
