"""Following by mail without an account: ask, say yes by the link in the mail, stop with one click."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.db import transaction
from app.core.errors import Gone, Invalid
from app.followers import queries, service
from app.followers.rules import Pace, Subject
from app.identity import service as identity
from app.pledges.rules import check_email
from app.web import gates

bp = Blueprint("followers", __name__, url_prefix="/follow")


@bp.get("/<any(project, quarter, call):subject>/<slug>")
@gates.public
def follow(subject: str, slug: str) -> ResponseReturnValue:
    """The form: an address and how often."""
    return _form(subject, slug, {"pace": str(Pace.DAILY)}, {})


def _form(subject: str, slug: str, values: object, errors: object) -> str:
    return render_template(
        "followers/follow.html", what=queries.thing(Subject(subject), slug), values=values, errors=errors
    )


@bp.post("/<any(project, quarter, call):subject>/<slug>")
@gates.public
def ask(subject: str, slug: str) -> ResponseReturnValue:
    """Ask the owner of the address by mail; the answer is the same whether or not the address follows already."""
    what = queries.thing(Subject(subject), slug)
    try:
        email = check_email(request.form.get("email", ""))
    except Invalid as invalid:
        return _form(subject, slug, request.form, invalid.errors), 422
    pace = Pace.NOW if request.form.get("pace") == Pace.NOW else Pace.DAILY
    now = clock.now()
    identity.brake("followers.ask", f"address:{request.remote_addr}", 10, 3600, now)
    identity.brake("followers.ask", f"email:{email}", 3, 3600, now)
    with transaction():
        service.ask(email, what, pace=pace, language=g.get("lang", "it"), now=now)
    return redirect(url_for("followers.asked", subject=subject, slug=slug), 303)


@bp.get("/<any(project, quarter, call):subject>/<slug>/asked")
@gates.public
def asked(subject: str, slug: str) -> ResponseReturnValue:
    """What happens next: a mail with a link."""
    return render_template("followers/asked.html", what=queries.thing(Subject(subject), slug))


@bp.get("/confirm/<token>")
@gates.by_token
def confirm(token: str) -> ResponseReturnValue:
    """One button: programs that look at links before their reader does must not say yes for the reader."""
    ref, _ = queries.opened(token, *Pace)
    row = queries.by_ref(ref)
    if row is None:
        raise Gone("This link has expired. Ask once more on the page that you want to follow.")
    return render_template("followers/confirm.html", what=queries.followed(row), token=token, done=False)


@bp.post("/confirm/<token>")
@gates.by_token
def confirm_now(token: str) -> ResponseReturnValue:
    """Yes."""
    with transaction():
        what = service.confirm(token, now=clock.now())
    return render_template("followers/confirm.html", what=what, token=token, done=True)


@bp.get("/stop/<token>")
@gates.by_token
def stop(token: str) -> ResponseReturnValue:
    """One question, so that a program that only looks at the link ends nothing."""
    queries.opened(token, "stop")
    return render_template("followers/stop.html", token=token, done=False)


@bp.post("/stop/<token>")
@gates.one_click
def stop_now(token: str) -> ResponseReturnValue:
    """No more letters: by the page's button, or by the mail program's (RFC 8058)."""
    with transaction():
        service.stop(token, now=clock.now())
    return render_template("followers/stop.html", token=token, done=True)
