"""The life of a campaign: prepared, asked for, sent back, opened, closed."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.calls import queries as calls
from app.campaigns import queries
from app.campaigns.models import Campaign, StoryVersion
from app.campaigns.rules import MOVES, Act, State, missing
from app.campaigns.service.access import refuse_stranger
from app.core.actor import Actor
from app.core.clock import end_of_day, local
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.evaluation.models import Award
from app.groups import queries as groups
from app.journal import service as journal
from app.ledger import service as ledger
from app.ledger.rules import Account
from app.matching.rules import threshold
from app.outbox import service as outbox
from app.proposals.models import Proposal


def accounts_of(campaign_id: int) -> list[Account]:
    """The campaign's accounts: what donors promised, what was kept, what came in cash."""
    owner = f"campaign:{campaign_id}"
    return [
        Account("promises", owner, "donors", floor=False),
        Account("promises", owner, "promised"),
        Account("promises", owner, "kept"),
        Account("cash", owner, "givers", floor=False),
        Account("cash", owner, "received"),
        Account("cash", owner, "fees"),
        Account("cash", owner, "platform", floor=False),
    ]


def prepare(award: Award, *, by: Actor | None, now: datetime, stretch: Money = ZERO) -> Campaign:
    """Open the campaign's desk for a funded project, filled with what the proposal says already."""
    if (known := db.session.scalars(select(Campaign).where(Campaign.award_id == award.id)).one_or_none()) is not None:
        return known
    if award.outcome != "funded":
        raise Conflict("Only a project that the ranking funds has a campaign.")
    proposal = db.session.get_one(Proposal, award.proposal_id)
    terms = calls.terms(proposal.terms_id)
    campaign = Campaign(
        ref=new_ref("cam"),
        slug=_free_slug(proposal.title),
        proposal_id=proposal.id,
        award_id=award.id,
        call_id=proposal.call_id,
        terms_id=proposal.terms_id,
        group_id=proposal.group_id,
        zone_id=proposal.zone_id,
        theme=proposal.theme,
        title=proposal.title,
        summary=proposal.summary,
        picture_id=proposal.picture_id,
        state=State.PREPARING,
        budget=award.budget,
        threshold=threshold(award.budget, terms.match),
        ceiling=award.ceiling,
        stretch=stretch,
        created_at=now,
    )
    db.session.add(campaign)
    db.session.flush()
    db.session.add(
        StoryVersion(
            campaign_id=campaign.id,
            version=1,
            summary=proposal.summary,
            story=proposal.story,
            picture_id=proposal.picture_id,
            picture_alt="",
            impact=[],
            written_at=now,
            written_by=by.id if by else None,
        )
    )
    ledger.open_accounts(*accounts_of(campaign.id))
    journal.record("campaigns.prepare", subject=campaign.key, by=by, now=now, award=award.ref)
    _tell_group(campaign, "campaigns/prepare", now, threshold=campaign.threshold, ceiling=campaign.ceiling)
    return campaign


def ask_to_launch(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """The group says that it is ready; an officer looks at it."""
    campaign = queries.locked(campaign.id)
    refuse_stranger(campaign, by)
    words = queries.story(campaign)
    if lacking := missing(summary=words.summary, story=words.story):
        first = next(iter(lacking.values()))
        raise Conflict(first.message, **first.params)
    campaign.state = move(MOVES, campaign.state, Act.ASK)
    campaign.asked_at, campaign.asked_by, campaign.returned_why = now, by.id, None
    journal.record("campaigns.ask_to_launch", subject=campaign.key, by=by, now=now)


def send_back(campaign: Campaign, why: str, *, by: Actor, now: datetime) -> None:
    """The officer says what is missing; the group prepares on."""
    campaign = queries.locked(campaign.id)
    if groups.is_member(campaign.group_id, by.id):
        raise Forbidden("You belong to this group: another officer has to open its campaign.")
    if not why.strip():
        raise Invalid({"why": Refusal("Write what is missing: the group reads it.")})
    campaign.state = move(MOVES, campaign.state, Act.RETURN)
    campaign.returned_why = why.strip()
    journal.record("campaigns.send_back", subject=campaign.key, by=by, now=now, why=why.strip())
    _tell_group(campaign, "campaigns/sent_back", now, why=why.strip())


def confirm_ready(campaign: Campaign, *, by: Actor, now: datetime) -> Campaign:
    """The officer opens the campaign now; from here on its promises to donors are frozen."""
    campaign = queries.locked(campaign.id)
    if groups.is_member(campaign.group_id, by.id):
        raise Forbidden("You belong to this group: another officer has to open its campaign.")
    terms = queries.terms(campaign)
    campaign.state = move(MOVES, campaign.state, Act.OPEN)
    campaign.opens_at = now
    campaign.closes_at = end_of_day(local(now).date() + timedelta(days=terms.campaign_days))
    campaign.confirmed_by = by.id
    ledger.open_accounts(*accounts_of(campaign.id))
    journal.record(
        "campaigns.confirm_ready", subject=campaign.key, by=by, now=now, closes_at=campaign.closes_at.isoformat()
    )
    db.session.flush()
    _tell_group(campaign, "campaigns/opened", now, closes_on=campaign.last_day, slug=campaign.slug)
    return campaign


def close(campaign: Campaign, *, now: datetime) -> Campaign:
    """The settlement has counted: no promise is taken or changed any more."""
    campaign = queries.locked(campaign.id)
    campaign.state = move(MOVES, campaign.state, Act.CLOSE)
    campaign.closed_at = now
    journal.record("campaigns.close", subject=campaign.key, by=None, now=now)
    return campaign


def _tell_group(campaign: Campaign, template: str, now: datetime, **context: Any) -> None:
    people, key = groups.members(campaign.group_id), f"{template}:{campaign.id}:{now.isoformat()}"
    outbox.send_each(people, template, now=now, key=key, title=campaign.title, ref=campaign.ref, **context)


def _free_slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "progetto"
    if not queries.slug_taken(slug):
        return slug
    return next(name for n in range(2, 10_000) if not queries.slug_taken(name := f"{slug}-{n}"))
