"""Signing in and out, and the way back in for who forgot the password."""

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


@bp.get("/sign-in")
@gates.public
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail and password."""
    target = rules.safe_next(request.args.get("next"))
    if gates.current() is not None:
        return redirect(target or url_for("web.desk"), 303)
    return render_template("identity/sign_in.html", values={"next": target or ""}, errors={})


@bp.post("/sign-in")
@gates.public
def enter() -> ResponseReturnValue:
    """Open a fresh session; the one this browser carried before ends."""
    target = rules.safe_next(request.form.get("next"))
    now, before = clock.now(), gates.carried()
    try:
        with transaction():
            raw = service.sign_in(
                request.form.get("email", ""),
                request.form.get("password", ""),
                address=address(),
                browser=request.user_agent.string,
                now=now,
            )
            if before:
                service.sign_out(before, now=now)
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        return render_template("identity/sign_in.html", values=request.form, errors=errors), status
    gates.remember(raw)
    return redirect(target or url_for("web.desk"), 303)


@bp.post("/sign-out")
@gates.public
def sign_out() -> ResponseReturnValue:
    """End the session, here and in the database; doing it twice does no harm."""
    raw = gates.forget()
    if raw:
        with transaction():
            service.sign_out(raw, now=clock.now())
    flash(_("You are signed out."), "done")
    return redirect(url_for("web.home"), 303)


@bp.get("/reset")
@gates.public
def ask_reset() -> ResponseReturnValue:
    """Ask for the address of the account."""
    return render_template("identity/ask_reset.html", values={}, errors={})


@bp.post("/reset")
@gates.public
def send_reset() -> ResponseReturnValue:
    """Write to the address; the next page is the same whether it is known or not."""
    try:
        with transaction():
            service.ask_reset(request.form.get("email", ""), language=language(), address=address(), now=clock.now())
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        return render_template("identity/ask_reset.html", values=request.form, errors=errors), status
    return redirect(url_for("identity.reset_sent"), 303)


@bp.get("/reset/sent")
@gates.public
def reset_sent() -> ResponseReturnValue:
    """Say that a mail is on its way."""
    return render_template("identity/reset_sent.html")


@bp.get("/reset/<token>")
@gates.by_token
def reset(token: str) -> ResponseReturnValue:
    """Ask for the new password."""
    found = service.open_reset(token, now=clock.now())
    return render_template("identity/reset.html", email=found.person.email, errors={})


@bp.post("/reset/<token>")
@gates.by_token
def reset_now(token: str) -> ResponseReturnValue:
    """Set it; every session of the account ends."""
    now = clock.now()
    try:
        with transaction():
            service.reset_password(token, password=request.form.get("password", ""), now=now)
    except (Invalid, TooMany) as refusal:
        errors, status = wrong(refusal)
        found = service.open_reset(token, now=now)
        return render_template("identity/reset.html", email=found.person.email, errors=errors), status
    gates.forget()
    flash(_("Your new password is set. Sign in with it."), "done")
    return redirect(url_for("identity.sign_in"), 303)
