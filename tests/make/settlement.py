"""Closing campaigns, by the sweep that closes them: the clock moves, the worker runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.money import Money, euros
from app.settlement import queries
from app.settlement.models import Case, Close
from tests.make import campaigns, payments, pledges
from tests.make.kept import dear, kept, step

Run = Callable[..., int]
REACHED = ("4000", "780")  # 4,780.00; with one gift of 50.00 more it is 4,830.00


def clock() -> Any:
    """The test's clock."""
    return current_app.extensions["clock"]


@step
def at(moment: datetime) -> None:
    """Move every clock: ours and the provider's."""
    clock().at(moment)
    payments.same_time()


def campaign(**given: Any) -> Campaign:
    """An open campaign of 12,000.00 on which no promise waits for a check because it is large."""
    return campaigns.live_campaign(**{"large_pledge": euros("100000"), **given})


@kept
def promised(campaign: Campaign, amounts: Sequence[str], *, card: str = payments.OK) -> None:
    """Promises of these sums, each with a card really stored."""
    for amount in amounts:
        pledges.active_pledge(campaign, euros(amount), card=card)


@kept
def after_deadline(campaign: Campaign, run_jobs: Run) -> None:
    """The deadline passes and the close begins."""
    at(queries.deadline(campaigns.again(campaign)))
    run_jobs("settlement.sweep")


@kept
def closed(campaign: Campaign, run_jobs: Run) -> Close:
    """The deadline passes, ten minutes later the campaign is decided."""
    after_deadline(campaign, run_jobs)
    at(clock().now() + timedelta(minutes=10))
    run_jobs("settlement.sweep")
    db.session.expire_all()
    found = queries.close_of(campaign.id)
    assert found is not None
    return found


@kept
def announced(campaign: Campaign, run_jobs: Run) -> Case:
    """The group's body is verified some days after the close: donors have their notice."""
    at(clock().now() + timedelta(days=5))
    pledges.payee(campaign)
    run_jobs("settlement.sweep")
    return case(campaign)


@kept
def collecting(campaign: Campaign, run_jobs: Run) -> Case:
    """The notice is over: cards are charged."""
    charge_from = case(campaign).charge_from
    assert charge_from is not None
    at(charge_from)
    run_jobs("settlement.sweep")
    run_jobs("settlement.sweep")
    return case(campaign)


@kept
def after_grace(campaign: Campaign, run_jobs: Run) -> Case:
    """The grace window is over: the match is decided."""
    until = case(campaign).grace_until
    assert until is not None
    at(until)
    run_jobs("settlement.sweep")
    return case(campaign)


@dear
def confirmed(run_jobs: Run, amounts: Sequence[str] = ("4800",), **given: Any) -> Campaign:
    """A campaign of 12,000.00 whose gifts (4,800.00 unless others are named) are collected: its match is confirmed."""
    made = campaign(**given)
    promised(made, amounts)
    closed(made, run_jobs)
    announced(made, run_jobs)
    collecting(made, run_jobs)
    return campaigns.again(made)


def case(campaign: Campaign) -> Case:
    """The case as the database has it now."""
    db.session.expire_all()
    found = queries.case(campaign.id)
    assert found is not None
    return found


def charged_at_provider() -> Money:
    """What the provider really took, refunds taken off."""
    return Money(sum(int(one["amount_captured"]) - int(one["amount_refunded"]) for one in payments.charges()))
