"""Home and the pages of plain words."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.money import Money
from app.web import gates, queries

bp = Blueprint("web", __name__)

PAGES = frozenset(
    ["how-it-works", "rules-and-costs", "contacts", "accessibility", "privacy", "terms", "propose", "style-guide"]
)


@bp.get("/")
@gates.public
def home() -> ResponseReturnValue:
    """What is going on in the city, and in the neighbourhood that was chosen."""
    now = clock.now()
    return render_template("web/home.html", front=queries.front(now, request.args.get("zone", "")), now=now)


@bp.get("/pages/<name>")
@gates.public
def page(name: str) -> ResponseReturnValue:
    """A page of plain words."""
    if name not in PAGES:
        abort(404)
    now = clock.now()
    sample = {"e": Money, "now": now, "later": now + timedelta(days=18)}
    return render_template(f"web/{name.replace('-', '_')}.html", **sample)
