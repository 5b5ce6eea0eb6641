"""Gifts paid at once on the hosted page: a declined donor who pays again, and anyone who fills the gap."""

from datetime import datetime

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Gone, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.refs import new_ref
from app.groups import queries as groups
from app.groups.models import LegalEntity
from app.journal import service as journal
from app.pledges import queries
from app.pledges.models import Charge, Pledge
from app.pledges.rules import (
    CHECKOUT_LEAST,
    LIVE,
    NAME_MOST,
    ChargeState,
    Kind,
    Mode,
    State,
    check_email,
    checkout_expires,
    refuse_amount,
)
from app.pledges.rules.consent import Consent
from app.pledges.service.collecting import attempt
from app.pledges.service.promising import is_member, room


def pay_again(pledge: Pledge, *, now: datetime) -> Charge:
    """Write an attempt with the donor present, after the stored card was declined; one at a time."""
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    tried = queries.charges(pledge.id)
    if pledge.state is not State.ACTIVE or not tried:
        raise Conflict("There is nothing to pay for this pledge now.")
    last = tried[-1]
    if now >= last.pay_until:
        raise Gone("The time for paying again is over.")
    _refuse_unpayable(last.entity_id)
    if last.state in LIVE:
        if last.mode is Mode.PRESENT:
            return last
        raise Conflict("Your card is being charged right now. Look again in a few minutes.")
    entity = db.session.get_one(LegalEntity, last.entity_id)
    made = attempt(pledge, campaign, entity, Mode.PRESENT, last.pay_until, now)
    made.checkout_expires_at = checkout_expires(now, last.pay_until)
    journal.record("pledges.pay_again", subject=pledge.key, by=None, now=now, charge=made.ref)
    return made


def agree_gap(
    campaign: Campaign,
    entity: LegalEntity,
    *,
    amount: Money,
    email: str,
    name: str,
    show_name: bool,
    language: str,
    agreed: Consent,
    form_key: str,
    pay_until: datetime,
    by: Actor | None,
    now: datetime,
) -> Charge:
    """Write down a gift that fills the gap, to be paid at once; refunded if the gap stays."""
    campaign = campaigns.locked(campaign.id)
    if (known := queries.by_form_key(form_key)) is not None:
        return queries.charges(known.id)[-1]
    gap = queries.totals(campaign.id).gap(campaign.threshold)
    if now >= pay_until or gap == ZERO or queries.given_back(campaign.id):
        raise Gone("Nothing is missing any more: this project takes no gifts now.")
    _refuse_unpayable(entity.id)
    address, shown = check_email(email), " ".join(name.split())
    if is_member(campaign, address, by):
        raise Invalid(
            {"email": Refusal("Gifts from the group’s own members do not count, so they cannot fill the gap.")}
        )
    if len(shown) > NAME_MOST:
        raise Invalid({"name": Refusal("Write at most %(most)s characters.", most=NAME_MOST)})
    open_ = gap - refuse_full_till(campaign.id, gap, address)
    least = min(campaigns.terms(campaign).gift_min, open_)
    if refusal := refuse_amount(amount, least, min(open_, room(campaign))):
        raise Invalid({"amount": refusal})
    pledge = Pledge(
        ref=new_ref("plg"),
        campaign_id=campaign.id,
        person_id=by.id if by else None,
        kind=Kind.GAP,
        state=State.STARTED,
        amount=amount,
        counts=True,
        large=False,
        email=address,
        name=shown,
        show_name=show_name and bool(shown),
        language=language,
        consent_text=agreed.text,
        consent_version=agreed.version,
        consent_sha256=agreed.sha256,
        consented_at=now,
        last_charge_on=campaigns.last_day(pay_until),
        form_key=form_key,
        checkout_expires_at=now + CHECKOUT_LEAST,  # what it holds of the gap nobody else can fill meanwhile
        started_at=now,
    )
    db.session.add(pledge)
    db.session.flush()
    made = attempt(pledge, campaign, entity, Mode.PRESENT, pay_until, now)
    made.checkout_expires_at = pledge.checkout_expires_at
    journal.record("pledges.agree_gap", subject=pledge.key, by=by, now=now, amount=amount.cents, charge=made.ref)
    return made


def refuse_full_till(campaign_id: int, gap: Money, email: str) -> Money:
    """What others are paying of the gap at this moment; refuses where that is all of it."""
    busy, until = queries.at_the_till(campaign_id, but=email)
    if busy >= gap and until is not None:
        raise Conflict(
            "Somebody is giving what is missing at this moment. If it does not come in, you can give from %(moment)s.",
            moment=until,
        )
    return busy


def _refuse_unpayable(entity_id: int) -> None:
    """Nobody pays while the payee's account is checked anew; the database would refuse the charge without a word."""
    if not groups.is_payable(entity_id):
        raise Conflict("The city is checking the payee’s account again. Nobody is charged meanwhile: try again later.")


def page_opened(charge_id: int, *, customer: str, checkout: str) -> None:
    """The hosted payment page is open."""
    row = queries.locked_charge(charge_id)
    row.checkout_id = checkout
    if row.state is ChargeState.INTENT:
        row.state = ChargeState.SENT
    pledge = queries.pledge(row.pledge_id)
    if pledge.customer_id is None:
        pledge.customer_id = customer
