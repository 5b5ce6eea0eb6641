"""Views of lists that a person keeps."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid
from app.web import gates, listing, service
from app.web.views.home import bp


@bp.post("/lists/<of>/views")
@gates.signed_in
def save_view(of: str) -> ResponseReturnValue:
    """Keep what a list is asked now under a name."""
    found = listing.known(of)
    sheet = found.sheet()
    try:
        args = MultiDict(parse_qsl(request.form.get("query", "")[:4000], max_num_fields=200))
    except ValueError:
        args = MultiDict()
    asked = listing.address(sheet, listing.read(sheet, args))
    try:
        with transaction():
            view = service.save_view(request.form.get("name", ""), of, asked, by=gates.require(), now=clock.now())
    except Invalid as wrong:
        page = render_template("web/save_view.html", of=found, query=request.form.get("query", "")[:4000],
                               back=url_for(of, **asked), values=request.form, errors=wrong.errors)  # fmt: skip
        return page, 422
    flash(_("Saved as “%(name)s”. Only you see it.", name=view.name), "done")
    return redirect(url_for(of, **asked), 303)


@bp.post("/lists/views/<ref>/remove")
@gates.signed_in
def remove_view(ref: str) -> ResponseReturnValue:
    """Forget a saved view; the list stays as it showed it, so that it can be saved again."""
    with transaction():
        gone = service.remove_view(ref, by=gates.require())
    flash(_("“%(name)s” is removed. The list still shows it: you can save it again.", name=gone.name), "done")
    of = listing.LISTS.get(gone.list)
    if of is None:
        return redirect(url_for("web.desk"), 303)
    sheet = of.sheet()
    return redirect(url_for(gone.list, **listing.address(sheet, listing.read(sheet, MultiDict(gone.asked)))), 303)
