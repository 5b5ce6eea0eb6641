"""Home, the desk, health, static pages, development's mail and clock."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, render_template
from flask.typing import ResponseReturnValue
from jinja2 import TemplateNotFound

from app.web import gates, health

bp = Blueprint("web", __name__)
plain = Blueprint("plain", __name__)
plain.without_language = True  # type: ignore[attr-defined]  # read by the factory: machines' addresses have no language
blueprints = [bp, plain]

PAGES = ("how", "rules", "contacts", "accessibility", "privacy", "terms", "style-guide")


@bp.get("/")
@gates.public
def home() -> ResponseReturnValue:
    """What is going on in the city."""
    return render_template("web/home.html")


@bp.get("/pages/<name>")
@gates.public
def page(name: str) -> ResponseReturnValue:
    """A page of plain words."""
    if name not in PAGES:
        abort(404)
    try:
        return render_template(f"web/{name.replace('-', '_')}.html")
    except TemplateNotFound:
        abort(404)


@plain.get("/healthz")
@gates.public
def healthz() -> ResponseReturnValue:
    """The process is up."""
    return jsonify(ok=True)


@plain.get("/readyz")
@gates.public
def readyz() -> ResponseReturnValue:
    """Database, migrations and worker are there: 200, else 503 saying which is not."""
    found = health.readiness()
    return jsonify(ok=all(found.values()), **found), 200 if all(found.values()) else 503
