"""The premises that the city lends."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.spaces import queries
from app.web import gates

bp = Blueprint("spaces", __name__, url_prefix="/spaces")


@bp.get("")
@gates.shared()
@gates.public
def index() -> ResponseReturnValue:
    """The premises by area."""
    return render_template("spaces/index.html", lots=queries.lots())
