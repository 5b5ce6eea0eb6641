"""The administrator's settings: the municipality's name, office, logo and its one colour."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock, settings
from app.core.db import transaction
from app.core.errors import Invalid
from app.web import colour, gates, rules, service
from app.web.views.home import bp


@bp.get("/settings")
@gates.role("administrator")
def city_settings() -> ResponseReturnValue:
    """What every page says of the city."""
    return _page(settings.several("city."), {})


@bp.post("/settings")
@gates.role("administrator")
def save_city() -> ResponseReturnValue:
    """Save what was typed, or only show the colour on a sample."""
    if request.form.get("preview"):
        refused = colour.problem(request.form.get("colour", "").strip())
        return _page(request.form, {"colour": refused} if refused else {})
    logo = request.files.get("logo")
    sent = (logo.read(), logo.filename or "logo") if logo and logo.filename else None
    try:
        wanted = rules.city(request.form)
        if request.form.get("no_logo"):
            wanted["logo"] = ""
        with transaction():
            changed = service.change_city(wanted, logo=sent, by=gates.require(), now=clock.now())
    except Invalid as invalid:
        errors = {"logo" if name == "file" else name: said for name, said in invalid.errors.items()}
        return _page(request.form, errors), 422
    g.pop("city", None)
    flash(_("Saved. Every page says so from now on.") if changed else _("Nothing has changed."), "done")
    return redirect(url_for("web.city_settings"), 303)


def _page(values: object, errors: object) -> str:
    shown = str(getattr(values, "get", lambda _name, usual: usual)("colour", "")).strip()
    return render_template(
        "web/settings.html",
        values=values,
        errors=errors,
        sample=shown if colour.fits(shown) else "",
        contrast=colour.contrast(shown, "#FFFFFF") if colour.fits(shown) else None,
        stored=settings.several("city."),
    )
