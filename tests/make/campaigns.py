"""Campaigns, made by the verbs that people use."""

from __future__ import annotations

from typing import Any

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.rules import Impact
from app.core import clock
from app.core.db import db, transaction
from app.core.money import Money, euros
from app.groups import queries as groups
from app.groups.models import Group
from app.identity.models import Person
from tests.make import evaluation, identity
from tests.make.kept import dear, kept

IMPACT = (
    Impact(euros("10"), "una scatola di viti buone", "a box of good screws"),
    Impact(euros("25"), "un’ora di laboratorio", "an hour of workshop"),
    Impact(euros("50"), "un attrezzo da prestare", "a tool to lend"),
    Impact(euros("100"), "mezza giornata di artigiano", "half a day of a craftsman"),
)
STORY = (
    "In via Davanzati c’è una portineria chiusa da undici anni. Dentro ci stanno sei banchi, duecento attrezzi e molte"
    " mani.\n\nVogliamo aprirla tre pomeriggi a settimana. **Chi sa aggiustare insegna** a chi vuole imparare."
)


def lines(budget: Money) -> tuple[tuple[str, Money], ...]:
    """A budget of that sum in three lines."""
    tools, people = budget.share(6_000), budget.share(3_000)
    return (("Attrezzi", tools), ("Laboratori", people), ("Commissioni di pagamento", budget - tools - people))


@kept
def prepared(
    group: Group | None = None,
    *,
    budget: Money | int = 12_000,
    title: str = "Officina di ringhiera",
    **given: Any,
) -> Campaign:
    """A funded project's campaign as the group finds it; `call=`, `theme=` and the call's terms go through."""
    whole = budget if isinstance(budget, Money) else Money(budget * 100)
    award = evaluation.approved_award(group, title=title, lines=lines(whole), **given)
    with transaction():
        return service.prepare(award, by=None, now=clock.now())


@kept
def written(group: Group | None = None, **given: Any) -> Campaign:
    """The same with its story and what the amounts buy."""
    campaign = prepared(group, **given)
    with transaction():
        service.write_text(
            campaign,
            summary="Una vecchia portineria diventa il posto dove aggiustare insieme e prestarsi gli attrezzi.",
            story=STORY,
            impact=IMPACT,
            picture_id=None,
            picture_alt="",
            by=members(campaign)[0],
            now=clock.now(),
        )
    return campaign


@kept
def asked(group: Group | None = None, **given: Any) -> Campaign:
    """The group has asked to open it."""
    campaign = written(group, **given)
    with transaction():
        service.ask_to_launch(campaign, by=members(campaign)[0], now=clock.now())
    return campaign


@dear
def live_campaign(group: Group | None = None, *, officer: Person | None = None, **given: Any) -> Campaign:
    """An open campaign: budget 12,000, threshold 4,800, ceiling 7,200 unless `budget=` or terms say otherwise."""
    campaign = asked(group, **given)
    officer = officer or identity.person(roles=["officer"])
    with transaction():
        service.confirm_ready(campaign, by=officer, now=clock.now())
    db.session.refresh(campaign)
    return campaign


def members(campaign: Campaign) -> list[Person]:
    """The people of the campaign's group."""
    return list(groups.members(campaign.group_id))


def again(campaign: Campaign) -> Campaign:
    """The campaign as the database has it now."""
    db.session.expire_all()
    return queries.campaign(campaign.id)
