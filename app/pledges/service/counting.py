"""What counts: an officer leaves a gift out of threshold and match with a reason, the group may ask again."""

from datetime import datetime

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import takes_pledges
from app.core import words
from app.core.actor import Actor
from app.core.errors import Conflict, Forbidden, Refusal
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal import service as journal
from app.pledges import queries
from app.pledges.models import Pledge
from app.pledges.rules import LeftOut, State
from app.pledges.service import letters
from app.pledges.service.hands import refuse_own

_WHY = Refusal("Write the reason in a sentence: donor and group read it.")


def leave_out(pledge: Pledge, kind: LeftOut, why: str, *, by: Actor, now: datetime) -> Pledge:
    """The gift stays a gift, but counts neither towards the threshold nor for the city's part."""
    campaign, pledge = _hold(pledge, by, now)
    if not pledge.counts:
        raise Conflict("This gift does not count already.")
    why = words.reason(why, _WHY, field="why")
    pledge.counts = False
    pledge.left_out, pledge.left_out_why, pledge.left_out_by, pledge.left_out_at = kind, why, by.id, now
    journal.record("pledges.leave_out", subject=pledge.key, by=by, now=now, kind=str(kind), why=why)
    _tell(pledge, campaign, "left_out", why, now)
    return pledge


def appeal(campaign: Campaign, text: str, *, by: Actor, now: datetime) -> int:
    """The group asks another officer to look again at the gifts left out; returns how many."""
    if not groups.is_member(campaign.group_id, by.id):
        raise Forbidden("Only the group can ask to look again.")
    campaign = campaigns.locked(campaign.id)
    _still_open(campaign, now)
    asked = [queries.locked(each.id) for each in queries.left_out(campaign.id) if each.appeal is None]
    if not asked:
        raise Conflict("No gift of this campaign is left out without an appeal.")
    text = words.reason(text, Refusal("Write why these gifts should count: an officer reads it."), field="text")
    for pledge in asked:
        pledge.appeal = text
        journal.record("pledges.appeal", subject=pledge.key, by=by, now=now)
    return len(asked)


def count_again(pledge: Pledge, why: str, *, by: Actor, now: datetime) -> Pledge:
    """Another officer lets the gift count again."""
    campaign, pledge = _hold(pledge, by, now)
    _other_hand(pledge, by)
    why = words.reason(why, _WHY, field="why")
    pledge.left_out = pledge.left_out_why = pledge.left_out_by = pledge.left_out_at = pledge.appeal = None
    pledge.counts = True
    journal.record("pledges.count_again", subject=pledge.key, by=by, now=now, why=why)
    _tell(pledge, campaign, "counts_again", why, now)
    return pledge


def keep_out(pledge: Pledge, why: str, *, by: Actor, now: datetime) -> Pledge:
    """Another officer has looked again and leaves it out, with the reason that holds from now on."""
    campaign, pledge = _hold(pledge, by, now)
    _other_hand(pledge, by)
    pledge.left_out_why = words.reason(why, _WHY, field="why")
    pledge.left_out_by, pledge.left_out_at, pledge.appeal = by.id, now, None
    journal.record("pledges.keep_out", subject=pledge.key, by=by, now=now, why=pledge.left_out_why)
    _tell(pledge, campaign, "left_out", pledge.left_out_why, now)
    return pledge


def _hold(pledge: Pledge, by: Actor, now: datetime) -> tuple[Campaign, Pledge]:
    identity.refuse_hand(by, Hand.LARGE, now)
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    refuse_own(campaign, pledge, by)
    _still_open(campaign, now)
    if pledge.state is not State.ACTIVE:
        raise Conflict("Only a promise that stands can be counted or left out.")
    return campaign, pledge


def _still_open(campaign: Campaign, now: datetime) -> None:
    if not takes_pledges(campaign.state, campaign.closes_at, now):
        raise Conflict("The campaign is closed: what counted at its close stays as it was.")


def _other_hand(pledge: Pledge, by: Actor) -> None:
    if pledge.left_out is None:
        raise Conflict("No officer has left this gift out.")
    if pledge.left_out_by == by.id:
        raise Forbidden("You left this gift out: another officer looks at it again.")


def _tell(pledge: Pledge, campaign: Campaign, what: str, why: str, now: datetime) -> None:
    letters.tell(pledge, campaign, what, now=now, again=now.isoformat(), why=why)
    letters.tell_group(pledge, what, now, key=f"{pledge.id}:{now.isoformat()}", amount=pledge.amount, why=why)
