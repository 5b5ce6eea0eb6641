"""Calls with the money rules of Milan’s 2020–21 edition, through the real verbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.calls import queries, service
from app.calls.models import Call
from app.calls.rules import Criterion, Terms, TrancheKind, TranchePlan
from app.calls.service import Basics
from app.core import clock
from app.core.actor import Actor
from app.core.db import transaction
from app.core.money import Money, euros
from app.matching.rules import MatchPolicy
from app.programmes.models import Source
from tests.make import programmes
from tests.make.kept import kept, step

CRITERIA = (
    Criterion("need", "Bisogno del quartiere", "Need of the neighbourhood", 30),
    Criterion("idea", "Qualità dell’idea", "Quality of the idea", 25),
    Criterion("people", "Persone coinvolte", "People involved", 20),
    Criterion("plan", "Piano e preventivo", "Plan and budget", 15),
    Criterion("after", "Che cosa resta dopo", "What stays afterwards", 10),
)


def terms(**changes: Any) -> Terms:
    """Donors raise 40 %, the city adds 60 % up to 60,000 EUR, 60 days; paid half in advance, half at the end."""
    fields: dict[str, Any] = {
        "match": MatchPolicy(share_bp=6000, threshold_bp=4000, cap=euros("60000")),
        "budget_min": euros("2000"),
        "budget_max": euros("100000"),
        "criteria": CRITERIA,
        "score_min": 60,
        "tranches": (TranchePlan(TrancheKind.ADVANCE, 5000), TranchePlan(TrancheKind.BALANCE, 5000)),
        "campaign_days": 60,
        **changes,
    }
    return Terms(**fields)


@step
def draft_call(
    title: str = "Scuola dei Quartieri 2026",
    *,
    source: Source | None = None,
    envelope: Money = euros("180000"),
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    by: Actor | None = None,
    **changes: Any,
) -> Call:
    """A complete draft, ready to be published."""
    now = clock.now()
    basics = Basics(
        title=title,
        summary="Idee di vicini per il proprio quartiere, pagate insieme da chi lo abita e dal Comune.",
        source=source or programmes.source(by=by),
        envelope=envelope,
        opens_at=opens_at or now,
        closes_at=closes_at or now + timedelta(days=30),
    )
    with transaction():
        made = service.draft(basics, by=by, now=now)
        service.fill_all(made, terms(**changes), by=by, now=now)
    return made


@kept
def open_call(title: str = "Scuola dei Quartieri 2026", **given: Any) -> Call:
    """A published call that takes proposals now; `envelope=`, `closes_at=`, `by=` and any field of the terms."""
    made = draft_call(title, **given)
    with transaction():
        service.publish(made, by=given.get("by"), now=clock.now())
    return made


def closed_call(call: Call, frozen_clock: Any) -> Call:
    """The same call after its deadline: the clock moves there and the sweep has run."""
    frozen_clock.at(queries.whole(call).closes_at)
    with transaction():
        service.close_due(now=clock.now())
    return call
