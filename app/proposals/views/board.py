"""The room's blueprint, the words of its parts, and how its pages find their proposal."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from app.core.errors import Invalid, Missing, Refusal, TooMany
from app.proposals import queries
from app.proposals.models import Proposal
from app.proposals.rules import Part, State
from app.web import gates

bp = Blueprint("proposals", __name__, url_prefix="/proposals")

PARTS = {
    Part.IDEA: _l("The idea in brief"),
    Part.PLACE: _l("The need and the place"),
    Part.STORY: _l("The story and the picture"),
    Part.BUDGET: _l("Budget"),
    Part.MILESTONES: _l("Milestones"),
    Part.IMPACT: _l("What changes for the neighbourhood"),
    Part.PEOPLE: _l("Who we are"),
    Part.COMMITMENT: _l("Commitment to form a body"),
    Part.REVIEW: _l("Check your answers"),
}
STATES = {
    State.DRAFT: ("now", _l("Draft")),
    State.SIGNING: ("now", _l("To be signed")),
    State.SUBMITTED: ("wait", _l("With the office")),
    State.ADMISSIBLE: ("done", _l("Admissible")),
    State.INADMISSIBLE: ("late", _l("Not admissible")),
    State.WITHDRAWN: ("todo", _l("Withdrawn")),
}


def my_proposal(ref: str) -> Proposal:
    """The proposal, if the person who looks is one of its people; for anybody else it does not exist."""
    found = queries.seen_by(ref, gates.require().id)
    if found is None:
        raise Missing
    return found


def language() -> str:
    """The language of the page."""
    return str(getattr(get_locale(), "language", "it"))


def wrong(refusal: Refusal) -> tuple[dict[str, Refusal], int]:
    """What a form shows again after a refusal, and its status."""
    if isinstance(refusal, Invalid):
        return refusal.errors, 422
    return {"": refusal}, 429 if isinstance(refusal, TooMany) else 409
