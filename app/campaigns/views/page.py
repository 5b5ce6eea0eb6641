"""Puts together the sheet of one campaign from the reads of many rooms."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import get_locale

from app.campaigns import queries
from app.campaigns.models import Campaign
from app.campaigns.rules import chosen_first, presets
from app.evaluation import queries as evaluation
from app.files import queries as files
from app.groups import queries as groups
from app.matching.rules import match_due
from app.pledges import queries as pledges
from app.proposals import queries as proposals
from app.settlement import queries as settlement
from app.territory import queries as territory
from app.transparency import queries as transparency


def sheet(campaign: Campaign, *, order: str, now: datetime) -> dict[str, Any]:
    """Everything that the page of a campaign shows."""
    story, terms = queries.story(campaign), queries.terms(campaign)
    totals, zone = pledges.totals(campaign.id), territory.zone_by_id(campaign.zone_id)
    case, close = settlement.case(campaign.id), settlement.close_of(campaign.id)
    proposal = proposals.proposal(campaign.proposal_id)
    entity = groups.verified_entity(campaign.group_id)
    language = str(get_locale())
    offered = presets(story.lines, terms.gift_min)
    arrived = totals.collected_counted if case and case.collection_started_at else totals.raised
    return {
        "campaign": campaign,
        "story": story,
        "versions": len(queries.versions(campaign)),
        "picture": files.by_id(story.picture_id) if story.picture_id else None,
        "terms": terms,
        "totals": totals,
        "zone": zone,
        "zones": territory.zones(),
        "neighbours": queries.count(queries.Filters(zones=(zone.slug,))) - 1 if zone else 0,
        "group": groups.group(campaign.group_id),
        "members": groups.members_count(campaign.group_id),
        "entity": entity,
        "proposal": proposal,
        "award": evaluation.award_of(campaign.proposal_id),
        "lines": proposals.lines(proposal),
        "milestones": proposals.milestones(proposal),
        "signed": len(proposals.signatures(proposal)),
        "updates": queries.updates(campaign),
        "questions": queries.answered(campaign),
        "gifts": pledges.wall(campaign.id, order),
        "discs_of": pledges.discs(campaign.id),
        "order": order,
        "presets": [(each.amount, each.said(language)) for each in offered],
        "city_part": match_due(max(arrived, campaign.threshold), campaign.budget, campaign.stretch, terms.match),
        "chosen": chosen_first(offered),
        "case": case,
        "close": close,
        "trail": transparency.trail(campaign) if case and case.match is not None else None,
        "now": now,
        "timedelta": timedelta,
    }
