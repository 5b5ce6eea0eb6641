"""A reader writes to the office: the one form of the pages of plain words, on a page of its own."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, TooMany
from app.web import gates, rules, service
from app.web.views.home import bp


@bp.get("/write")
@gates.public
def write() -> ResponseReturnValue:
    """Ask what happened, and on which page."""
    values = {"about": rules.about(request.args.get("about")), "page": request.args.get("page", "")[: rules.PAGE_MOST]}
    return render_template("web/write.html", values=values, errors={})


@bp.post("/write")
@gates.public
def take_letter() -> ResponseReturnValue:
    """Keep the letter; the office gets it by mail."""
    try:
        with transaction():
            letter = rules.letter(request.form)
            language, by = str(get_locale()), gates.current()
            service.take_letter(letter, address=request.remote_addr, language=language, by=by, now=clock.now())
    except Invalid as invalid:
        return render_template("web/write.html", values=request.form, errors=invalid.errors), 422
    except TooMany as refusal:
        return render_template("web/write.html", values=request.form, errors={"": refusal}), 429
    return redirect(url_for("web.written"), 303)


@bp.get("/write/sent")
@gates.public
def written() -> ResponseReturnValue:
    """Say that the office has it."""
    return render_template("web/written.html")
