"""Whose campaign it is."""

from app.campaigns.models import Campaign
from app.core.actor import Actor
from app.core.errors import Missing
from app.groups import queries as groups


def refuse_stranger(campaign: Campaign, by: Actor) -> None:
    """For whoever does not belong to the group the desk of its campaign does not exist."""
    if not groups.is_member(campaign.group_id, by.id):
        raise Missing("There is no campaign with this reference.")
