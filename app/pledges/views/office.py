"""Large pledges wait here for an officer."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.identity.rules import Hand
from app.pledges import queries, service
from app.pledges.views.blueprint import bp
from app.web.gates import hand, require


def _queue(values: Any, errors: dict[str, Refusal]) -> str:
    held = queries.held()
    return render_template(
        "pledges/large.html",
        rows=[(each, campaigns.campaign(each.campaign_id), queries.totals(each.campaign_id)) for each in held],
        values=values,
        errors=errors,
        now=clock.now(),
    )


@bp.get("/pledges/large")
@hand(Hand.LARGE)
def large() -> ResponseReturnValue:
    """Which pledges wait for a person to look at them."""
    return _queue({}, {})


@bp.post("/pledges/large/<ref>")
@hand(Hand.LARGE)
def check_large(ref: str) -> ResponseReturnValue:
    """Let it count, or refuse it with a reason."""
    pledge, by, now = queries.by_ref(ref), require(), clock.now()
    try:
        with transaction():
            if request.form.get("decision") == "clear":
                service.clear_large(pledge, by=by, now=now)
            else:
                service.refuse_large(pledge, request.form.get("why", ""), by=by, now=now)
    except Invalid as invalid:
        return _queue({"ref": ref, **request.form}, invalid.errors), 422
    flash(_("Done: the donor gets a mail."), "done")
    return redirect(url_for("pledges.large"), 303)
