"""Tells every donor at every milestone what the gift does; the only writer of the room's table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.campaigns import queries as campaigns
from app.core.db import db
from app.grants import queries as grants
from app.groups import queries as groups
from app.outbox import service as outbox
from app.pledges import service as pledges
from app.pledges.models import Pledge
from app.territory import queries as territory
from app.transparency import queries
from app.transparency.models import MilestoneReached
from app.transparency.rules import RULE

BATCH = 100


def notice(*, now: datetime) -> int:
    """Write down the milestones that were reached; each is told once. Returns how many are new."""
    found = queries.candidates()
    for campaign_id, kind, reached_at in found:
        db.session.add(MilestoneReached(campaign_id=campaign_id, kind=kind, reached_at=reached_at))
    db.session.flush()
    return len(found)


def tell_next(milestone_id: int, *, now: datetime) -> bool:
    """Write the letters of the next hundred donors; says whether there may be more."""
    milestone = db.session.scalars(
        select(MilestoneReached).where(MilestoneReached.id == milestone_id).with_for_update()
    ).one()
    if milestone.told_at is not None:
        return False
    gifts = queries.to_tell(milestone, limit=BATCH)
    if gifts:
        _write(milestone, gifts, now)
        milestone.told_pledge = gifts[-1].id
    if len(gifts) < BATCH:
        milestone.told_at = now
    return milestone.told_at is None


def _write(milestone: MilestoneReached, gifts: Sequence[Pledge], now: datetime) -> None:
    campaign = campaigns.campaign(milestone.campaign_id)
    zone, entity = territory.zone_by_id(campaign.zone_id), groups.verified_entity(campaign.group_id)
    agreement = grants.agreement_of(campaign.proposal_id)
    figures: dict[str, Any] = {
        "paid": grants.paid(agreement) if agreement else None,
        "accepted": grants.accepted(agreement) if agreement else None,
        "account": grants.account(agreement.id) if agreement else None,
    }
    told = queries.stories(campaign)
    for pledge in gifts:
        story = told.get(pledge.id)
        if story is None:
            continue
        outbox.send(
            pledge.email,
            f"transparency/{milestone.kind}",
            language=pledge.language,
            now=now,
            key=f"transparency.{milestone.kind}:{pledge.id}",
            token=pledges.new_link(pledge, now=now),
            story=story,
            title=campaign.title,
            slug=campaign.slug,
            zone=zone.name if zone else "",
            payee=(entity.name if entity else "") or "",
            reference=pledge.ref,
            rule=RULE,
            **figures,
        )
