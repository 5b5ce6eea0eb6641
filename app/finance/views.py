"""Finance's one page: the three books, the provider beside them, what is not explained, what runs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.core.jobs import defer
from app.core.money import Money
from app.finance import queries, service
from app.finance.models import Finding
from app.identity.rules import Hand
from app.payments import queries as payments
from app.pledges import queries as gifts
from app.pledges import service as pledge_verbs
from app.web import gates

bp = Blueprint("finance", __name__, url_prefix="/finance")


@bp.get("/")
@gates.role("finance", "administrator")
def index() -> ResponseReturnValue:
    """Balances, days, differences, stops and collections."""
    sums = payments.line_sums()
    amount, fee, out = sums.get("", (0, 0, 0))
    return render_template(
        "finance/index.html",
        books=queries.books(),
        platform=Money(amount - fee + out),
        fees=Money(fee),
        bodies=Money(sum(each - taken for account, (each, taken, _out) in sums.items() if account)),
        cents=Money,
        days=queries.days(clock.now()),
        findings=queries.open_findings(),
        stops=payments.stops(),
        title=queries.title,
        runs=queries.runs(),
        collections=queries.collections(),
        pace=gifts.pace(),
        may_resume="finance" in gates.roles(),
    )


@bp.post("/")
@gates.role("finance", "administrator")
def check_now() -> ResponseReturnValue:
    """Reconcile now instead of tonight."""
    with transaction():
        defer("finance.reconcile", queue="money", key="finance.reconcile")
    flash(_("The books are compared with the payment service now: look again in a minute."), "done")
    return redirect(url_for("finance.index"), 303)


@bp.post("/collections")
@gates.hand(Hand.PAY)
def resume() -> ResponseReturnValue:
    """Let the collections go on that paused themselves."""
    with transaction():
        pledge_verbs.resume(by=gates.require(), now=clock.now())
    flash(_("The collection goes on where it stopped."), "done")
    return redirect(url_for("finance.index"), 303)


def _page(finding: Finding, values: Any, errors: dict[str, Refusal]) -> ResponseReturnValue:
    page = render_template(
        "finance/show.html",
        one=finding,
        cents=Money,
        touched=[queries.title(str(subject)) for subject in finding.subjects],
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/differences/<ref>")
@gates.hand(Hand.PAY)
def show(ref: str) -> ResponseReturnValue:
    """One difference: what it is about, both figures, what it stops."""
    return _page(queries.finding(ref), {}, {})


@bp.post("/differences/<ref>")
@gates.hand(Hand.PAY)
def explain(ref: str) -> ResponseReturnValue:
    """Say what it is; no amount changes."""
    try:
        with transaction():
            service.explain(queries.finding(ref), request.form.get("reason", ""), by=gates.require(), now=clock.now())
    except Invalid as invalid:
        return _page(queries.finding(ref), request.form, invalid.errors)
    flash(_("Explained: what it stopped goes on."), "done")
    return redirect(url_for("finance.index"), 303)
