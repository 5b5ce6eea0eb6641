"""For machines: is the process up, is everything there."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.web import gates, health

bp = Blueprint("machines", __name__)
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: machines' addresses have no language


@bp.get("/healthz")
@gates.public
def healthz() -> ResponseReturnValue:
    """The process is up."""
    return jsonify(ok=True)


@bp.get("/readyz")
@gates.public
def readyz() -> ResponseReturnValue:
    """Database, migrations and worker are there: 200, else 503 saying which is not."""
    found = health.readiness()
    return jsonify(ok=all(found.values()), **found), 200 if all(found.values()) else 503
