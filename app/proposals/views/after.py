"""Where a sent proposal has come to, in words, and the page that its people go to next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.proposals.queries import Standing
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


def after(standings: Sequence[Standing]) -> list[tuple[Standing, After]]:
    """How far each of these proposals has come since it was sent."""
    admitted = [each.proposal.id for each in standings if each.proposal.state is State.ADMISSIBLE]
    known = transparency.reached(admitted) if admitted else {}
    return [(each, _after(each, known.get(each.proposal.id))) for each in standings]


def _after(standing: Standing, reached: transparency.Reached | None) -> After:
    if reached is None:
        return After(STATES[standing.proposal.state])
    award, campaign = reached.award, reached.campaign
    ranking = (_("See the ranking"), url_for("evaluation.ranking", slug=standing.call.slug))
    if campaign is None:
        return After(OUTCOMES[award.outcome], award, None, [ranking])
    prepare = url_for("campaigns.prepare", ref=campaign.ref)
    if not campaign.public:
        asked = campaign.state == "asked"
        state = ("wait", _("The office checks the campaign")) if asked else ("now", _("Campaign to prepare"))
        words = _("See the campaign as you sent it") if asked else _("Prepare the campaign")
        return After(state, award, campaign, [(words, prepare), ranking])
    stage = str(reached.stage)
    links = [
        (_("Page of the campaign"), url_for("campaigns.show", slug=campaign.slug)),
        (_("Follow the money of this project"), url_for("transparency.project", slug=campaign.slug)),
        (_("Tell news and answer questions"), url_for("campaigns.news", ref=campaign.ref)),
        ranking,
    ]
    if reached.agreement is not None:
        words = _("Agreement, payments and receipts")
        links.insert(0, (words, url_for("grants.show", ref=reached.agreement.ref)))
    elif stage == "waiting":
        links.insert(0, (_("Your association, step by step"), url_for("groups.constitution", ref=standing.group.ref)))
    return After(STAGES[stage], award, campaign, links)
