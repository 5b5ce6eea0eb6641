"""The demo's donors: they promise on the real path, and type their card on the sandbox's hosted page."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import free_until, last_charge_at
from app.core.money import ZERO, Money
from app.demo.stage import Stage, at_the_sandbox
from app.demo.stories import DONORS
from app.groups import queries as groups
from app.matching.rules import effect
from app.pledges import jobs, queries, service
from app.pledges.models import Pledge
from app.pledges.rules.consent import Terms, consent

GOOD, FAILS_LATER, NO_FUNDS_LATER = "4242424242424242", "4000000000000341", "4000000000009995"
_USUAL = (1000, 1000, 1500, 2000, 2000, 2500, 2500, 3000, 5000, 5000, 5000, 7500, 7500, 10000)


def amounts(whole: Money, count: int, seed: str) -> list[Money]:
    """That many plausible gifts that add up to the whole exactly; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a demo that is the same each time, nothing secret
    shares = [chance.choice(_USUAL) for _ in range(count)]
    scale = whole.cents / sum(shares)
    found = [_round(share * scale) for share in shares]
    order = sorted(range(count), key=lambda i: -found[i])
    rest = whole.cents - sum(found)
    for i in order:  # the largest gifts take up the difference, none below two euros
        moved = max(200 - found[i], rest)
        found[i] += moved
        rest -= moved
        if not rest:
            break
    return [Money(cents) for cents in found]


def _round(cents: float) -> int:
    """What a person would write: 35, 125, 350."""
    step = 500 if cents < 10_000 else 2500 if cents < 30_000 else 5000
    return max(step, round(cents / step) * step)


def card_page(checkout_id: str, card: str = GOOD) -> None:
    """Do what a donor does on the hosted page; a card refused there is an answer too."""
    at_the_sandbox(f"checkout/{checkout_id}/complete", card=card, exp_month=12, exp_year=2031)


def promise(
    stage: Stage, campaign: Campaign, amount: Money, number: int, *, card: str = GOOD, name: str = "", email: str = ""
) -> Pledge:
    """One donor's whole way: our row, the hosted page, back."""
    whole_terms = campaigns.terms(campaign)
    closes_at: datetime = campaign.closes_at or stage.now
    so_far = queries.promised(campaign.id)
    brings = effect(amount, so_far, campaign.budget, campaign.stretch, whole_terms.match)
    agreed = consent(
        Terms(
            amount=amount,
            project=campaign.title,
            group=groups.group(campaign.group_id).name,
            constituted=False,
            threshold=campaign.threshold,
            city=max(ZERO, brings.city),
            replaces=brings.replaces,
            reached=brings.above,
            counts=True,
            last_charge_on=campaigns.last_day(last_charge_at(closes_at, whole_terms.last_charge_days)),
            free_until_on=campaigns.last_day(free_until(closes_at, whole_terms.free_cancel_hours)),
            notice_days=whole_terms.notice_days,
        ),
        "it",
    )
    with stage.act() as now:
        pledge = service.start(
            campaign,
            amount=amount,
            email=email or f"donatore{number}.{campaign.slug[:20]}@posta.example",
            name=name,
            show_name=bool(name),
            language="it",
            agreed=agreed,
            form_key=f"demo-{campaign.id}-{number}",
            by=None,
            now=now,
        )
    pledge_id = pledge.id
    jobs.open_page(pledge_id)
    card_page(queries.pledge(pledge_id).checkout_id or "", card)
    jobs.reread(pledge_id)
    return queries.pledge(pledge_id)


def crowd(
    stage: Stage,
    campaign: Campaign,
    whole: Money,
    count: int,
    *,
    first: datetime,
    last: datetime,
    failing: Sequence[int] = (),
) -> None:
    """Many donors between two moments; those numbered in `failing` have a card that the bank refuses later."""
    chance = random.Random(campaign.slug)  # noqa: S311 - as above
    gifts = amounts(whole, count, campaign.slug)
    chance.shuffle(gifts)
    names = chance.sample(DONORS, len(DONORS))
    span = (last - first).total_seconds()
    moments = sorted(first + timedelta(seconds=chance.random() * span) for _ in gifts)
    for number, (amount, moment) in enumerate(zip(gifts, moments, strict=True)):
        stage.at(moment)
        shown = names.pop() if names and chance.random() < 0.5 else ""
        card = FAILS_LATER if number in failing else GOOD
        promise(stage, campaign, amount, number, card=card, name=shown)
