"""Whose hands may decide on a pledge: nobody's own, with an account or as a guest."""

from app.campaigns.models import Campaign
from app.core.actor import Actor
from app.core.errors import Forbidden
from app.groups import queries as groups
from app.identity import queries as identity
from app.pledges.models import Pledge


def refuse_own(campaign: Campaign, pledge: Pledge, by: Actor) -> None:
    """A donor, also one who gave as a guest with her address, and a member of the group decide nothing here."""
    person = identity.person(by.id)
    own = pledge.person_id == by.id or (person is not None and person.email == pledge.email)
    if own or groups.is_member(campaign.group_id, by.id):
        raise Forbidden("This pledge or its group is yours: another officer has to decide.")
