"""Home and the pages of plain words."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.money import Money
from app.web import gates, queries, samples, sharing

bp = Blueprint("web", __name__)

# Each page of plain words with the day on which its words were last changed.
PAGES = {
    "how-it-works": date(2026, 11, 30),
    "rules-and-costs": date(2026, 11, 30),
    "contacts": date(2026, 11, 30),
    "accessibility": date(2026, 11, 30),
    "privacy": date(2026, 11, 30),
    "cookies": date(2026, 11, 30),
    "terms": date(2026, 11, 30),
    "propose": date(2026, 11, 30),
    "style-guide": date(2026, 11, 30),
}


@bp.get("/")
@gates.shared("zone")
@gates.public
def home() -> ResponseReturnValue:
    """What is going on in the city, and in the neighbourhood that was chosen."""
    now = clock.now()
    return render_template(
        "web/home.html",
        front=queries.front(now, sharing.kept("so far", queries.so_far), request.args.get("zone", "")),
        now=now,
    )


@bp.get("/pages/<name>")
@gates.shared()
@gates.public
def page(name: str) -> ResponseReturnValue:
    """A page of plain words."""
    if name not in PAGES:
        abort(404)
    now = clock.now()
    sample = {"e": Money, "now": now, "later": now + timedelta(days=18), "a_list": samples.a_list}
    return render_template(f"web/{name.replace('-', '_')}.html", updated=PAGES[name], **sample)
