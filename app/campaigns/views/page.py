"""Puts together the sheet of one campaign from the reads of many rooms."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import get_locale

from app.campaigns import queries
from app.campaigns.queries import Whole
from app.campaigns.rules import chosen_first, presets
from app.core.clock import end_of_day, local
from app.core.money import Money
from app.matching.rules import Crowd, effect, if_reached, room_left
from app.pledges import queries as pledges
from app.proposals import queries as proposals
from app.territory import queries as territory
from app.transparency import queries as transparency

NEWS_ON_PAGE = 3
ANSWERS_ON_PAGE = 5


def sheet(whole: Whole, *, order: str, now: datetime) -> dict[str, Any]:
    """Everything that the page of a campaign shows; one that is not open yet is shown as if it opened now."""
    campaign, story, terms = whole.campaign, whole.story, whole.terms
    totals, ending = pledges.totals(campaign.id), transparency.ending(campaign)
    case = ending.case
    lines, milestones = proposals.plan(whole.proposal)
    given = pledges.giving(campaign.id, order)
    hung = queries.hung(campaign)
    language = str(get_locale())
    offered = presets(story.lines, terms.gift_min)
    collected = bool(case and case.collection_started_at)
    gave = pledges.crowd(campaign.id, terms.match, collected=collected)
    closes_at = campaign.closes_at or end_of_day(local(now).date() + timedelta(days=terms.campaign_days))
    return {
        "campaign": campaign,
        "whole": whole,
        "preview": not campaign.public,
        "closes_at": closes_at,
        "last_day": queries.last_day(closes_at),
        "story": story,
        "picture": whole.picture,
        "terms": terms,
        "totals": totals,
        "zone": whole.zone,
        "zones": territory.zones(),
        "group": whole.group,
        "members": whole.members,
        "entity": whole.entity,
        "proposal": whole.proposal,
        "award": whole.award,
        "lines": lines,
        "milestones": milestones,
        "signed": whole.signed,
        "hung": hung,
        "own_pictures": queries.showable(hung),
        "documents": queries.documents(campaign),
        "updates": queries.news(campaign, NEWS_ON_PAGE) if whole.news else [],
        "questions": queries.some_answers(campaign, ANSWERS_ON_PAGE) if whole.answers else [],
        "gifts": given.wall,
        "discs_of": given.discs,
        "days": given.days,
        "order": order,
        "presets": [(each.amount, each.said(language)) for each in offered],
        "city_part": if_reached(gave, campaign.budget, campaign.stretch, terms.match),
        "gave": gave,
        "chosen": chosen_first(offered),
        "effects": _effects(whole, [each.amount for each in offered], gave, now),
        "case": case,
        "close": ending.close,
        "ending": ending,
        "now": now,
        "timedelta": timedelta,
    }


def _effects(whole: Whole, amounts: list[Money], gave: Crowd, now: datetime) -> list[tuple[Money, Any]]:
    """What each offered amount would do now, for the donate box; none where the budget has no room for it."""
    campaign, match = whole.campaign, whole.terms.match
    room = room_left(gave.counted, campaign.budget, campaign.stretch, match)
    return [
        (amount, effect(amount, gave, campaign.budget, campaign.stretch, match, at=now))
        for amount in amounts
        if amount <= room
    ]
