"""How the city's part of one project is reckoned: on promises while it is open, then on what was really collected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.calls.models import Call, CallTerms
from app.campaigns.models import Campaign
from app.core.db import db
from app.core.money import ZERO, Money
from app.matching.rules import Crowd, Explanation, MatchPolicy, Paid, as_crowd, crowd, explain
from app.pledges import queries as pledges
from app.programmes.models import Source
from app.settlement.models import Case, Close
from app.settlement.rules import Why


class Phase(StrEnum):
    """Which gifts the arithmetic is about."""

    PROMISED = "promised"  # those that stand now: it may still change
    LOST = "lost"  # those that stood at the close of a campaign that nobody pays
    COLLECTING = "collecting"  # those that came in so far
    DECIDED = "decided"  # those on which the match was decided


_STOPPED = frozenset({Why.NOT_CONSTITUTED, Why.TOO_LATE_TO_CHARGE})


@dataclass(frozen=True)
class Arithmetic:
    """The steps to a match, and what came of it."""

    phase: Phase
    policy: MatchPolicy
    gave: Crowd
    told: Explanation
    match: Money  # what the city really pays or would pay: nothing where something else stopped the project
    stopped: Why | None
    funds: tuple[Paid, ...]  # who pays each cent of it


def arithmetic(campaign: Campaign) -> Arithmetic | None:
    """The steps to this campaign's match; None where an old decision kept no figures that give its result again."""
    frozen, source, close, case = _decided(campaign)
    policy = frozen.terms.match
    phase, gave = _gifts(campaign, policy, close, case)
    told = explain(
        gave, campaign.budget, campaign.stretch, policy, collected=phase in (Phase.COLLECTING, Phase.DECIDED)
    )
    stopped = case.why if case is not None and case.why in _STOPPED else None
    match = ZERO if phase is Phase.LOST else told.match
    if case is not None and case.match is not None and case.match != match:
        return None
    return Arithmetic(phase, policy, gave, told, match, stopped, (Paid(source, match),))


def _decided(campaign: Campaign) -> Any:
    """The rules that the campaign was opened under, who pays, the record of the close and the case; in one question."""
    return db.session.execute(
        select(CallTerms, Source.name, Close, Case)
        .select_from(Campaign)
        .join(CallTerms, CallTerms.id == Campaign.terms_id)
        .join(Call, Call.id == Campaign.call_id)
        .join(Source, Source.id == Call.source_id)
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .where(Campaign.id == campaign.id)
        .execution_options(populate_existing=True)
    ).one()


def _gifts(campaign: Campaign, policy: MatchPolicy, close: Close | None, case: Case | None) -> tuple[Phase, Crowd]:
    if case is not None and case.arithmetic is not None:
        return Phase.DECIDED, Crowd.from_dict(case.arithmetic)
    if case is not None and case.ended_at is not None and close is not None and case.match is None:
        return Phase.LOST, replace(as_crowd(close.counted, policy), donors=close.people)
    if case is not None and case.collection_started_at is not None:
        phase = Phase.COLLECTING if case.ended_at is None else Phase.DECIDED
        return phase, crowd(pledges.gifts(campaign.id, collected=True), policy)
    return Phase.PROMISED, crowd(pledges.gifts(campaign.id), policy)
