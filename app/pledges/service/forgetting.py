"""A stored card is forgotten once its pledge is over."""

from datetime import datetime

from app.journal import service as journal
from app.pledges import queries


def forgotten(pledge_id: int, *, now: datetime) -> None:
    """The provider no longer has the card."""
    pledge = queries.locked(pledge_id)
    if pledge.detached_at is None:
        pledge.detached_at = now
        journal.record("pledges.forget_card", subject=pledge.key, by=None, now=now)
