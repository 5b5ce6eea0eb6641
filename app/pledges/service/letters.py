"""What donors are told, each thing once, always with their own link to come back."""

from datetime import datetime
from typing import Any

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core.crypto import new_token
from app.core.db import db
from app.groups import queries as groups
from app.outbox import service as outbox
from app.pledges.models import Link, Pledge
from app.pledges.rules import LINK_LIFE


def link(pledge: Pledge, *, now: datetime) -> str:
    """A fresh private link to this pledge; what is kept is its hash."""
    raw, hashed = new_token()
    db.session.add(Link(pledge_id=pledge.id, token_hash=hashed, sent_at=now, expires_at=now + LINK_LIFE))
    return raw


def tell(pledge: Pledge, campaign: Campaign, what: str, *, now: datetime, again: str = "", **context: Any) -> None:
    """Send one of the room's mails; the same thing about the same pledge is told once, or once per `again`."""
    outbox.send(
        pledge.email,
        f"pledges/{what}",
        language=pledge.language,
        now=now,
        key=f"pledges.{what}:{pledge.id}{':' if again else ''}{again}",
        name=pledge.name,
        amount=pledge.amount,
        title=campaign.title,
        slug=campaign.slug,
        token=link(pledge, now=now),
        reference=pledge.ref,
        counts=pledge.counts,
        **context,
    )


def tell_group(pledge: Pledge, what: str, now: datetime, *, key: str, **context: Any) -> None:
    """Tell every member of the group about one of its gifts, without the donor's name or address."""
    campaign = campaigns.campaign(pledge.campaign_id)
    people, key = groups.members(campaign.group_id), f"pledges.{what}_group:{key}"
    outbox.send_each(
        people, f"pledges/{what}_group", now=now, key=key, title=campaign.title, slug=campaign.slug, **context
    )
