"""The room's blueprint, and what its pages share."""

from __future__ import annotations

from flask import Blueprint, g, request, session
from flask_babel import get_locale
from werkzeug.wrappers import Response

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal, TooMany
from app.identity import rules, service
from app.web import gates

bp = Blueprint("identity", __name__)
_NOTED = "noted"


def address() -> str:
    """The network address that asks."""
    return request.remote_addr or ""


def language() -> str:
    """The language of the page, in which we also write."""
    return str(getattr(get_locale(), "language", "it"))


def wrong(refusal: Refusal) -> tuple[dict[str, Refusal], int]:
    """What a form shows again after a refusal, and its status."""
    if isinstance(refusal, Invalid):
        return refusal.errors, 422
    return {"": refusal}, 429 if isinstance(refusal, TooMany) else 409


@bp.after_app_request
def note_use(response: Response) -> Response:
    """A session in use does not grow idle; it is written down at most every few minutes."""
    raw = gates.carried()
    if (
        raw is None or (g.get("person") or g.get("looker")) is None
    ):  # never ask the database here: it may be what has just failed
        return response
    now = clock.now()
    if now.timestamp() - session.get(_NOTED, 0) > rules.SESSION_TOUCH.total_seconds():
        with transaction():
            service.touch(raw, now=now)
        session[_NOTED] = int(now.timestamp())
    return response
