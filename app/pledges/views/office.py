"""Large pledges wait here for an officer."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.core.money import N_
from app.identity.rules import Hand
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import State
from app.pledges.views.blueprint import bp
from app.web import listing
from app.web.gates import hand, require


def word(pledge: Pledge) -> tuple[str, str]:
    """Where a large pledge stands: shape and words."""
    if pledge.state is State.HELD:
        return "wait", _("To look at")
    if pledge.state is State.REFUSED:
        return "late", _("Refused")
    return ("done", _("It counts")) if pledge.checked_by else ("todo", _("Ended before"))


def _find(ref: str) -> Pledge | None:
    try:
        return queries.by_ref(ref)
    except Missing:
        return None


LIST = listing.register(
    listing.List(
        endpoint="pledges.large",
        title=N_("Large pledges"),
        sheet=queries.large_list,
        search=N_("Project, name or e-mail"),
        act="pledges.act_on_large",
        pick=lambda row: (
            (row[0].ref, f"{listing.money(row[0].amount)} {row[1].title}") if row[0].state is State.HELD else None
        ),
        columns=(
            (N_("Project"), lambda row: row[1].title),
            (N_("Amount"), lambda row: row[0].amount),
            (N_("From"), lambda row: row[0].email),
            (N_("Name"), lambda row: row[0].name),
            (N_("State"), lambda row: word(row[0])[1]),
            (N_("Stored on"), lambda row: row[0].stored_at),
            (N_("Closes"), lambda row: row[1].closes_at),
            (N_("Looked at by"), lambda row: row[2].name if row[2] else ""),
        ),
        bulks=(
            listing.Bulk(
                name="clear",
                label=N_("Let the ticked count"),
                question=N_("Let these pledges count?"),
                done=N_("It counts: the donor has a mail"),
                find=_find,
                say=lambda row: f"{listing.money(row.amount)} · {queries.title(row)} · {row.email}",
                refuse=lambda row: None if row.state is State.HELD else Conflict("This pledge does not wait any more."),
                act=lambda row, form: service.clear_large(row, by=require(), now=clock.now()),
                roles=frozenset({"officer"}),
                hurts=True,
            ),
        ),
    )
)


@bp.get("/pledges/large")
@hand(Hand.LARGE)
def large() -> ResponseReturnValue:
    """Which pledges wait for a person to look at them."""
    return listing.show(LIST, "pledges/large.html", word=word)


@bp.post("/pledges/large")
@hand(Hand.LARGE)
def act_on_large() -> ResponseReturnValue:
    """One act on the ticked pledges."""
    return listing.act(LIST)


def _page(pledge: Pledge, values: Any, errors: dict[str, Refusal]) -> ResponseReturnValue:
    page = render_template(
        "pledges/large_one.html",
        pledge=pledge,
        campaign=campaigns.campaign(pledge.campaign_id),
        totals=queries.totals(pledge.campaign_id),
        word=word(pledge),
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


def _large(ref: str) -> Pledge:
    pledge = queries.by_ref(ref)
    if not pledge.large:
        raise Missing("There is no large pledge at this address.")
    return pledge


@bp.get("/pledges/large/<ref>")
@hand(Hand.LARGE)
def large_one(ref: str) -> ResponseReturnValue:
    """One large pledge: who, what it does to the campaign, the decision."""
    return _page(_large(ref), {}, {})


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
        return _page(queries.by_ref(ref), request.form, invalid.errors)
    flash(_("Done: the donor gets a mail."), "done")
    return redirect(url_for("pledges.large"), 303)
