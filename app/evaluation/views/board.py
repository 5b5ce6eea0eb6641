"""The blueprint of evaluation."""

from flask import Blueprint

from app.core.errors import Missing
from app.proposals import queries as proposals
from app.proposals.models import Proposal

bp = Blueprint("evaluation", __name__)


def proposal_or_404(ref: str) -> Proposal:
    """The proposal of that reference."""
    found = proposals.by_ref(ref)
    if found is None:
        raise Missing
    return found
