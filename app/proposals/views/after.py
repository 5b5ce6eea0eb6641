"""Where a sent proposal has come to, in words, and the page that its people go to next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.campaigns import queries as campaigns
from app.evaluation import queries as evaluation
from app.grants import queries as grants
from app.proposals.models import Proposal
from app.proposals.rules import State
from app.proposals.views.board import STATES
from app.transparency import queries as transparency

STAGES = {
    "open": ("now", _l("Campaign open")),
    "closing": ("now", _l("Closing")),
    "waiting": ("wait", _l("Waiting for the association")),
    "collecting": ("now", _l("Collecting")),
    "released": ("todo", _l("The campaign failed")),
    "confirmed": ("wait", _l("Agreement to sign")),
    "signed": ("now", _l("Agreement signed")),
    "spending": ("now", _l("Works under way")),
    "balance": ("wait", _l("Balance to pay")),
    "done": ("done", _l("Accounts closed")),
}
OUTCOMES = {
    "funded": ("done", _l("Funded")),
    "reserve": ("wait", _l("In reserve")),
    "below": ("late", _l("Below the least score")),
    "excluded": ("late", _l("Not admissible")),
}


@dataclass(frozen=True)
class After:
    """What became of a sent proposal: its state, its award and campaign, and the pages that lead on."""

    state: tuple[str, Any]
    award: Any = None
    campaign: Any = None
    links: list[tuple[str, str]] = field(default_factory=list)  # the most useful first


def after(proposal: Proposal, call_slug: str, group_ref: str) -> After:
    """How far the proposal has come since it was sent."""
    award = evaluation.award_of(proposal.id) if proposal.state is State.ADMISSIBLE else None
    if award is None:
        return After(STATES[proposal.state])
    ranking = (_("See the ranking"), url_for("evaluation.ranking", slug=call_slug))
    campaign = campaigns.of_proposal(proposal.id)
    if campaign is None:
        return After(OUTCOMES[award.outcome], award, None, [ranking])
    prepare = url_for("campaigns.prepare", ref=campaign.ref)
    if not campaign.public:
        asked = campaign.state == "asked"
        state = ("wait", _("The office checks the campaign")) if asked else ("now", _("Campaign to prepare"))
        words = _("See the campaign as you sent it") if asked else _("Prepare the campaign")
        return After(state, award, campaign, [(words, prepare), ranking])
    stage = str(transparency.trail(campaign).stage)
    links = [
        (_("Page of the campaign"), url_for("campaigns.show", slug=campaign.slug)),
        (_("Follow the money of this project"), url_for("transparency.project", slug=campaign.slug)),
        (_("Tell news and answer questions"), url_for("campaigns.news", ref=campaign.ref)),
        ranking,
    ]
    agreement = grants.agreement_of(proposal.id)
    if agreement is not None:
        links.insert(0, (_("Agreement, payments and receipts"), url_for("grants.show", ref=agreement.ref)))
    elif stage == "waiting":
        links.insert(0, (_("Your association, step by step"), url_for("groups.constitution", ref=group_ref)))
    return After(STAGES[stage], award, campaign, links)
