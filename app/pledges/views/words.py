"""The words shown on a giving page, carried through the form so that what is agreed to is what was read."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup, escape

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import free_until, last_charge_at
from app.core.money import ZERO, Money
from app.groups import queries as groups
from app.matching.rules import Effect, effect
from app.pledges import queries
from app.pledges.rules.consent import Consent, Terms

FRESH = timedelta(hours=2)
SUMS = ("amount", "threshold", "city", "replaces")


@dataclass(frozen=True)
class Shown:
    """What a donor of this amount is told now."""

    terms: Terms
    effect: Effect


def for_promise(campaign: Campaign, amount: Money, *, counts: bool, email: str, now: datetime) -> Shown:
    """What this gift does and under which conditions, as things stand; refuses where there is no room."""
    terms, group = campaigns.terms(campaign), groups.group(campaign.group_id)
    gave = queries.crowd(campaign.id, terms.match)
    already = queries.given_before(campaign.id, email) if terms.match.donor_cap and email else ZERO
    does = effect(amount, gave, campaign.budget, campaign.stretch, terms.match, at=now, already=already)
    closes_at = campaign.closes_at
    if closes_at is None:
        raise RuntimeError("a campaign that takes pledges has an end")
    return Shown(
        Terms(
            amount=amount,
            project=campaign.title,
            group=group.name,
            constituted=groups.verified_entity(campaign.group_id) is not None,
            threshold=campaign.threshold,
            people=terms.match.donors_min,
            city=max(ZERO, does.city) if counts else ZERO,
            replaces=does.replaces if counts else ZERO,
            reached=counts and does.above,
            counts=counts,
            last_charge_on=campaigns.last_day(last_charge_at(closes_at, terms.last_charge_days)),
            free_until_on=campaigns.last_day(free_until(closes_at, terms.free_cancel_hours)),
            notice_days=terms.notice_days,
        ),
        does,
    )


def for_gap(campaign: Campaign, amount: Money, *, payee: str, until: date) -> Terms:
    """The words of a gift that is charged at once to fill the gap."""
    return Terms(
        amount=amount,
        project=campaign.title,
        group=payee,
        constituted=True,
        threshold=campaign.threshold,
        city=ZERO,
        replaces=ZERO,
        counts=True,
        last_charge_on=until,
        free_until_on=until,
        notice_days=0,
        now=True,
    )


def seal(terms: Terms, now: datetime) -> str:
    """The facts named in the words, signed: they come back with the form and cannot be changed on the way."""
    facts: dict[str, Any] = asdict(terms)
    for name in SUMS:
        facts[name] = getattr(terms, name).cents
    for name in ("last_charge_on", "free_until_on"):
        facts[name] = getattr(terms, name).isoformat()
    return _signer().dumps({"facts": facts, "at": now.isoformat()})


def unseal(text: str, now: datetime) -> Terms | None:
    """The facts of the words that were read, if they are ours and not stale."""
    try:
        told = _signer().loads(text)
        facts, at = dict(told["facts"]), datetime.fromisoformat(told["at"])
    except (BadData, ValueError, KeyError, TypeError, json.JSONDecodeError):
        return None
    if not timedelta(0) <= now - at <= FRESH:
        return None
    for name in SUMS:
        facts[name] = Money(facts[name])
    for name in ("last_charge_on", "free_until_on"):
        facts[name] = date.fromisoformat(facts[name])
    return Terms(**facts)


def emphasised(agreed: Consent) -> list[Markup]:
    """The points with what matters most in bold."""
    points = []
    for point in agreed.points:
        drawn = str(escape(point))
        for words in agreed.strong:
            drawn = drawn.replace(str(escape(words)), f"<strong>{escape(words)}</strong>", 1)
        points.append(Markup(drawn))  # noqa: S704 - everything in it was escaped two lines above
    return points


def same_promise(read: Terms | None, stands: Terms) -> bool:
    """Whether the words that were read still say what matters; a cent of the match may have moved meanwhile."""
    return read is not None and _what_matters(read) == _what_matters(stands)


def _what_matters(terms: Terms) -> tuple[Terms, bool, bool]:
    return replace(terms, city=ZERO, replaces=ZERO), terms.city > ZERO, terms.replaces > ZERO


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="pledges.words")
