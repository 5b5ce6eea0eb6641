"""Pledges, made by the verbs and the provider's sandbox: the card is really typed on its hosted page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import free_until, last_charge_at
from app.core import clock
from app.core.db import db, transaction
from app.core.money import ZERO, Money
from app.groups import queries as groups
from app.groups.models import LegalEntity
from app.ledger import queries as ledger
from app.outbox import queries as outbox
from app.pledges import jobs, queries, service
from app.pledges.models import Charge, Pledge
from app.pledges.rules import ChargeState
from app.pledges.rules.consent import Consent, Terms, consent
from tests.make import campaigns as make_campaigns
from tests.make import payments
from tests.make.kept import kept, step
from tests.make.numbers import another


def money(amount: Money | int) -> Money:
    """Whole euros, or a sum."""
    return amount if isinstance(amount, Money) else Money(amount * 100)


def agreed(campaign: Campaign, amount: Money, language: str = "it", **changes: Any) -> Consent:
    """The words that a donor of this amount reads."""
    terms = campaigns.terms(campaign)
    assert campaign.closes_at is not None
    facts: dict[str, Any] = {
        "amount": amount,
        "project": campaign.title,
        "group": groups.group(campaign.group_id).name,
        "constituted": False,
        "threshold": campaign.threshold,
        "city": amount.share(15_000),
        "replaces": ZERO,
        "counts": True,
        "last_charge_on": campaigns.last_day(last_charge_at(campaign.closes_at, terms.last_charge_days)),
        "free_until_on": campaigns.last_day(free_until(campaign.closes_at, terms.free_cancel_hours)),
        "notice_days": terms.notice_days,
        **changes,
    }
    return consent(Terms(**facts), language)


def started(
    campaign: Campaign,
    amount: Money | int = 50,
    *,
    email: str = "",
    name: str = "",
    show_name: bool = False,
    language: str = "it",
    form_key: str = "",
    by: Any = None,
) -> Pledge:
    """A pledge whose hosted page is open."""
    number = another("pledge")
    sum_ = money(amount)
    with transaction():
        pledge = service.start(
            campaign,
            amount=sum_,
            email=email or f"donatrice{number}@example.org",
            name=name,
            show_name=show_name,
            language=language,
            agreed=agreed(campaign, sum_, language),
            form_key=form_key or f"form-{number}",
            by=by,
            now=clock.now(),
        )
    jobs.open_page(pledge.id)
    return again(pledge)


@kept
def active_pledge(campaign: Campaign, amount: Money | int = 50, *, card: str = payments.OK, **given: Any) -> Pledge:
    """A pledge after its donor typed the card: active, unless the card, the amount or the time say otherwise."""
    typed = {key: given.pop(key) for key in ("exp_month", "exp_year", "authorise") if key in given}
    pledge = started(campaign, amount, **given)
    payments.type_card(pledge.checkout_id or "", card, **typed)
    jobs.reread(pledge.id)
    return again(pledge)


@kept
def collected(campaign: Campaign, entity: LegalEntity, run_jobs: Any, *, days: int = 14) -> None:
    """Charge every promise of the campaign, as the settlement does once the body is verified."""
    from datetime import timedelta

    payments.same_time()
    with transaction():
        service.open_charges(campaign.id, entity, pay_until=clock.now() + timedelta(days=days), now=clock.now())
    run_jobs()


@kept
def payee(campaign: Campaign, *, officer: Any = None) -> LegalEntity:
    """The campaign's group as a verified body with a real account at the provider."""
    from app.payments import gateway
    from tests.make import groups as make_groups

    group = groups.group(campaign.group_id)
    name, ref = group.name, group.ref
    db.session.commit()
    account = gateway.create_account(name=name, email="ente@example.org", metadata={"group": ref}, key=f"group:{ref}")
    payments.onboard(account.id)
    return make_groups.verified_entity(groups.group(campaign.group_id), officer=officer, account=account.id)


def again(pledge: Pledge) -> Pledge:
    """The pledge as the database has it now."""
    db.session.expire_all()
    return queries.pledge(pledge.id)


def charges(pledge: Pledge) -> list[Charge]:
    """Its attempts as the database has them now."""
    db.session.expire_all()
    return list(queries.charges(pledge.id))


def mails(address: str) -> list[str]:
    """The templates of the mails to that address, oldest first."""
    return [mail.template for mail in reversed(outbox.latest(50, recipient=address))]


def books(campaign: Campaign) -> dict[str, Money]:
    """The campaign's balances by account name."""
    owner = f"campaign:{campaign.id}"
    return ledger.balances("promises", owner) | ledger.balances("cash", owner)


def agrees() -> None:
    """Every check of the room and of the ledger holds, and the provider has exactly our charges."""
    db.session.expire_all()
    for check in [*queries.checks(), *ledger.checks()]:
        assert check.holds, check
    ours = db.session.execute(
        select(Charge.provider_charge, Charge.amount).where(Charge.state == ChargeState.SUCCEEDED)
    )
    theirs = {each["id"]: each["amount"] for each in payments.charges() if each["status"] == "succeeded"}
    assert {ref: amount.cents for ref, amount in ours} == theirs


@step
def at_deadline(campaign: Campaign, clock: Any) -> None:
    """Move to the end of the campaign, the provider's clock too."""
    clock.at(campaign.closes_at)
    payments.same_time()


@kept
def declined(card: str, clock: Any, run_jobs: Any, amount: int = 50) -> tuple[Campaign, Pledge, LegalEntity]:
    """A promise whose card was declined when the campaign was collected."""
    campaign = make_campaigns.live_campaign()
    pledge = active_pledge(campaign, amount, card=card, email="rifiutata@example.org")
    entity = payee(campaign)
    at_deadline(campaign, clock)
    collected(campaign, entity, run_jobs)
    return campaign, again(pledge), entity
