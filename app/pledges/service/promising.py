"""From the form to a promise that stands: our row first, then the hosted page, then what the provider says of it."""

from datetime import datetime, timedelta

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import State as CampaignState
from app.campaigns.rules import free_until, last_charge_at, takes_pledges
from app.core import words
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Gone, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal import service as journal
from app.ledger import service as ledger
from app.matching.rules import effect, most_gifts, room_left
from app.payments.gateway import Checkout, Setup
from app.pledges import queries
from app.pledges.models import Pledge
from app.pledges.rules import (
    MOVES,
    NAME_MOST,
    Act,
    Kind,
    State,
    check_email,
    checkout_expires,
    refuse_amount,
    refuse_card,
)
from app.pledges.rules.books import dropped, promised
from app.pledges.rules.consent import Consent
from app.pledges.service import letters
from app.pledges.service.hands import refuse_own
from app.territory import queries as territory


def start(
    campaign: Campaign,
    *,
    amount: Money,
    email: str,
    name: str,
    show_name: bool,
    language: str,
    agreed: Consent,
    form_key: str,
    by: Actor | None,
    now: datetime,
) -> Pledge:
    """Write down what the donor promises, with the very words she agreed to; the same form twice is one pledge."""
    campaign = campaigns.locked(campaign.id)
    # Asked with the campaign held: of two clicks that arrive together the second one finds the pledge of the first.
    if (known := queries.by_form_key(form_key)) is not None:
        return known
    if not takes_pledges(campaign.state, campaign.closes_at, now) or campaign.closes_at is None:
        raise Gone("This campaign is closed: it takes no more pledges.")
    terms = campaigns.terms(campaign)
    address, shown = check_email(email), " ".join(name.split())
    if len(shown) > NAME_MOST:
        raise Invalid({"name": Refusal("Write at most %(most)s characters.", most=NAME_MOST)})
    if refusal := refuse_amount(amount, terms.gift_min, room(campaign)):
        raise Invalid({"amount": refusal})
    pledge = Pledge(
        ref=new_ref("plg"),
        campaign_id=campaign.id,
        person_id=by.id if by else None,
        kind=Kind.PROMISE,
        state=State.STARTED,
        amount=amount,
        counts=not is_member(campaign, address, by),
        large=amount >= terms.large_pledge,
        email=address,
        name=shown,
        show_name=show_name and bool(shown),
        language=language,
        consent_text=agreed.text,
        consent_version=agreed.version,
        consent_sha256=agreed.sha256,
        consented_at=now,
        last_charge_on=campaigns.last_day(last_charge_at(campaign.closes_at, terms.last_charge_days)),
        form_key=form_key,
        checkout_expires_at=checkout_expires(now, campaign.closes_at),
        on_behalf_of=_account_known_now(campaign),
        started_at=now,
    )
    db.session.add(pledge)
    db.session.flush()
    journal.record("pledges.start", subject=pledge.key, by=by, now=now, amount=amount.cents, consent=agreed.sha256)
    return pledge


def opened(pledge_id: int, *, customer: str, checkout: str) -> None:
    """The hosted page is open."""
    pledge = queries.locked(pledge_id)
    pledge.customer_id, pledge.checkout_id = customer, checkout


def reread(pledge_id: int, *, now: datetime) -> None:
    """Remember that the provider was asked; news will not be waited for again so soon."""
    queries.locked(pledge_id).reread_at = now


def apply_checkout(
    pledge_id: int, checkout: Checkout, setup: Setup | None, stored_at: datetime | None, *, now: datetime
) -> Pledge:
    """Make the row what the provider says; called by the browser's return, by news and by the sweeper alike."""
    campaign = campaigns.locked(queries.pledge(pledge_id).campaign_id)
    pledge = queries.locked(pledge_id)
    pledge.reread_at = now
    if pledge.checkout_id is None:
        pledge.checkout_id, pledge.customer_id = checkout.id, checkout.customer
    card = setup.card if setup is not None and setup.status == "succeeded" else None
    if setup is not None and card is not None and pledge.payment_method is None:
        pledge.setup_id, pledge.payment_method = setup.id, card.id
        pledge.card_brand, pledge.card_last4, pledge.fingerprint = card.brand, card.last4, card.fingerprint
        pledge.card_month, pledge.card_year = card.exp_month, card.exp_year
        pledge.stored_at = stored_at or now
    if pledge.state is not State.STARTED:
        return pledge  # applied before; a card stored after the end is forgotten by the sweeper
    if card is not None:
        _decide(pledge, campaign, now)
    elif checkout.status == "expired":
        end(pledge, Act.EXPIRE, "page_expired", now)
    return pledge


def _decide(pledge: Pledge, campaign: Campaign, now: datetime) -> None:
    """The card is stored: does the promise stand?"""
    terms = campaigns.terms(campaign)
    in_time = pledge.stored_at is not None and campaign.closes_at is not None and pledge.stored_at < campaign.closes_at
    if campaign.state is not CampaignState.LIVE or not in_time:
        end(pledge, Act.EXPIRE, "late", now)
        letters.tell(pledge, campaign, "too_late", now=now)
    elif refuse_card(pledge.card_month or 1, pledge.card_year or 1, pledge.last_charge_on):
        end(pledge, Act.REFUSE, "card_expires", now)
        letters.tell(pledge, campaign, "not_taken", now=now, why="card_expires", last_charge_on=pledge.last_charge_on)
    elif pledge.amount > room(campaign):
        end(pledge, Act.REFUSE, "full", now)
        letters.tell(pledge, campaign, "not_taken", now=now, why="full", last_charge_on=pledge.last_charge_on)
    elif pledge.large:
        pledge.state = move(MOVES, pledge.state, Act.HOLD)
        journal.record("pledges.hold", subject=pledge.key, by=None, now=now)
        letters.tell(pledge, campaign, "held", now=now, large=terms.large_pledge)
    else:
        pledge.state = move(MOVES, pledge.state, Act.STORE)
        _stands(pledge, campaign, now)


def _stands(pledge: Pledge, campaign: Campaign, now: datetime) -> None:
    pledge.active_at = now
    terms = campaigns.terms(campaign)
    ledger.post(promised(campaign.id, pledge.id, pledge.amount, now))
    journal.record("pledges.stand", subject=pledge.key, by=None, now=now, amount=pledge.amount.cents)
    closes_at = campaign.closes_at or now
    letters.tell(
        pledge,
        campaign,
        "promised",
        now=now,
        zone=_zone(campaign),
        city_part=city_part(pledge, campaign),
        closes_on=campaign.last_day,
        constituted=_is_constituted(campaign),
        constitution_by=campaigns.last_day(closes_at + timedelta(days=terms.constitution_days)),
        notice_days=terms.notice_days,
        last_charge_on=pledge.last_charge_on,
        cancel_until=campaigns.last_day(free_until(closes_at, terms.free_cancel_hours)),
        consent_points=pledge.consent_text.split("\n"),
        consent_version=pledge.consent_version,
        consent_sha256=pledge.consent_sha256,
        consented_at=pledge.consented_at,
    )


def clear_large(pledge: Pledge, *, by: Actor, now: datetime) -> Pledge:
    """The officer has looked at a large pledge: from now on it counts."""
    identity.refuse_hand(by, Hand.LARGE, now)
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    _refuse_own(campaign, pledge, by)
    if campaign.state is not CampaignState.LIVE or campaign.closes_at is None or now >= campaign.closes_at:
        raise Conflict("The campaign is closed: this pledge can no longer count.")
    if pledge.amount > room(campaign):
        raise Conflict("The project has no room left for this pledge.")
    pledge.state = move(MOVES, pledge.state, Act.CLEAR)
    pledge.checked_by = by.id
    journal.record("pledges.clear_large", subject=pledge.key, by=by, now=now)
    _stands(pledge, campaign, now)
    return pledge


def refuse_large(pledge: Pledge, why: str, *, by: Actor, now: datetime) -> Pledge:
    """The officer does not accept it; the donor is told why, the card is forgotten."""
    identity.refuse_hand(by, Hand.LARGE, now)
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    _refuse_own(campaign, pledge, by)
    why = words.reason(why, Refusal("Write the reason: the donor reads it."), field="why", least=1)
    pledge.checked_by = by.id
    end(pledge, Act.REFUSE, why, now, by=by)
    letters.tell(pledge, campaign, "large_refused", now=now, why=why)
    return pledge


def expire(pledge_id: int, why: str, *, now: datetime) -> None:
    """A pledge that never got its card: nothing to undo."""
    campaigns.locked(queries.pledge(pledge_id).campaign_id)
    pledge = queries.locked(pledge_id)
    if pledge.state in (State.STARTED, State.HELD):
        end(pledge, Act.EXPIRE, why, now)


def end(pledge: Pledge, act: Act, why: str, now: datetime, by: Actor | None = None) -> None:
    """The pledge is over, uncharged; a promise that stood goes back in the books."""
    stood = pledge.state is State.ACTIVE
    pledge.state = move(MOVES, pledge.state, act)
    pledge.ended_at, pledge.why = now, why
    if stood:
        ledger.post(dropped(pledge.campaign_id, pledge.id, pledge.amount, now))
    journal.record(f"pledges.{act}", subject=pledge.key, by=by, now=now, why=why)


def _refuse_own(campaign: Campaign, pledge: Pledge, by: Actor) -> None:
    refuse_own(campaign, pledge, by)
    if pledge.state is not State.HELD:
        raise Conflict("This pledge no longer waits for a check.")


def room(campaign: Campaign) -> Money:
    """What the project can still take: pledges stop at budget and stretch lines, or sooner where the terms say so."""
    figures, match = queries.totals(campaign.id), campaigns.terms(campaign).match
    most = most_gifts(campaign.budget, campaign.stretch, match)
    return max(ZERO, min(campaign.most - figures.all_gifts, most - figures.raised))


def is_member(campaign: Campaign, email: str, by: Actor | None) -> bool:
    """Whether this donor belongs to the group, by account or by address."""
    return any(
        person.email == email or (by is not None and person.id == by.id) for person in groups.members(campaign.group_id)
    )


def _account_known_now(campaign: Campaign) -> str | None:
    """The payee's account, if it exists and is ready when the card is stored: only then is it stored on its behalf."""
    entity = groups.verified_entity(campaign.group_id)
    return entity.stripe_account if entity is not None and groups.is_payable(entity.id) else None


def city_part(pledge: Pledge, campaign: Campaign) -> Money:
    """What this gift, standing already, brings of the city's money; nothing where it counts for nothing."""
    if not pledge.counts or pledge.kind is Kind.GAP:
        return ZERO
    match = campaigns.terms(campaign).match
    before = queries.crowd(campaign.id, match, without=pledge.id)
    if pledge.amount > room_left(before.counted, campaign.budget, campaign.stretch, match):
        return ZERO
    already = queries.given_before(campaign.id, pledge.email) if match.donor_cap else ZERO
    does = effect(
        pledge.amount,
        before,
        campaign.budget,
        campaign.stretch,
        match,
        at=pledge.consented_at,
        already=max(ZERO, already - pledge.amount),
    )
    return max(ZERO, does.city)


def _zone(campaign: Campaign) -> str:
    zone = territory.zone_by_id(campaign.zone_id)
    return zone.name if zone else ""


def _is_constituted(campaign: Campaign) -> bool:
    return groups.verified_entity(campaign.group_id) is not None
