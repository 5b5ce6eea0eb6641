"""Workers killed, databases crashed, answers and news lost, doubled, late and out of order: no cent lost or doubled.

The short form charges 200 cards with five kills; `make chaos` the long one: 5,000 cards, 80 kills, 10 crashes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.db import db, transaction
from app.pledges import service
from tests.chaos.storm import Storm, promises
from tests.make import campaigns, pledges
from tests.story.conftest import prepared_house as _prepared_house
from tests.story.house import House, until

pytestmark = pytest.mark.slow
prepared_house = _prepared_house

CHARGES, KILLS = int(os.environ.get("CHARGES", "200")), int(os.environ.get("KILLS", "5"))
CRASHES = int(os.environ.get("CRASHES", "0"))
LONG = CHARGES > 1_000
PATIENCE = 120 + CHARGES // 5


def weather(house: House) -> None:
    """Three answers of a hundred are lost after the provider has done what was asked; its news come twice and late."""
    house.sandbox(
        "faults", lose_answer_rate=0.03, duplicate_webhooks=0.3, reorder_webhooks=0.3, delay_webhooks_ms=300, seed=4
    )


@pytest.fixture
def city(app: Flask, clock: Any, prepared_house: House) -> Iterator[tuple[House, Any, Any, datetime]]:
    """A campaign whose collection may begin."""
    today = datetime.now(UTC)  # noqa: TID251 - the processes live in the machine's time, and the test ends there
    clock.at(today - timedelta(days=40))
    campaign = campaigns.live_campaign(large_pledge=pledges.money(10**6))
    body = pledges.payee(campaign)
    yield prepared_house, campaign, body, today
    db.session.rollback()


def at_the_operators(app: Flask, *words: str) -> str:
    """One of the operator's commands, here and now."""
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=words)
    assert done.exit_code == 0, done.output
    return done.output


def collect(storm: Storm, campaign: Any, body: Any, today: datetime, charges: int, kills: int, crashes: int) -> None:
    """Open the charges, and let the worker die in the worst moments until all are settled."""
    promises(storm.house, campaign, charges, today - timedelta(days=39))
    with transaction():
        service.open_charges(campaign.id, body, pay_until=today + timedelta(days=14), now=today)
    weather(storm.house)
    every = max(1, kills // crashes) if crashes else kills + 1
    storm.start()
    for number, enough in enumerate(storm.deaths(charges, kills), 1):
        until(lambda enough=enough: charges - storm.live() >= enough, f"{enough} charges", PATIENCE, 0.05)
        storm.kill_in_flight("payment_intents$" if number % 2 else "confirm$")
        if number % every == 0:
            storm.crash()
        storm.start()
    until(lambda: storm.live() == 0, "every charge is settled", PATIENCE)
    assert storm.kills == kills
    assert storm.crashes >= min(crashes, kills)


def test_the_storm_leaves_each_card_charged_once_and_the_books_exact(
    city: Any, app: Flask, clock: Any, request: pytest.FixtureRequest
) -> None:
    house, campaign, body, today = city
    clock.at(today)
    if LONG:
        house.start("web")
    # The server belongs to the session itself: only without workers of pytest can it be crashed.
    storm, began = Storm(house, getattr(request.config, "cluster", None)), time.monotonic()
    collect(storm, campaign, body, today, CHARGES, KILLS, CRASHES)
    if LONG:
        until(lambda: house.sandbox("stats")["webhooks"]["pending"] == 0, "all news are delivered", PATIENCE)
        waiting = "select count(*) from payments_event where applied_at is null"
        until(lambda: storm.rows(waiting)[0][0] == 0, "all news are applied", PATIENCE, 1)
    assert storm.reckon(campaign, CHARGES) == []
    for words, said in ((("finance", "reconcile"), "one of our facts"), (("ledger", "verify"), "every figure equals")):
        assert said in (house.command(*words) if LONG else at_the_operators(app, *words))
    print(  # noqa: T201 - the long form is read by people
        f"{CHARGES} charges, {storm.kills} kills, {storm.crashes} crashes,"
        f" {house.sandbox('stats')['answers_lost']} answers lost, {time.monotonic() - began:.0f} s: exact"
    )


def test_a_build_with_broken_idempotency_keys_fails_the_reckoning(city: Any, clock: Any) -> None:
    house, campaign, body, today = city
    clock.at(today)
    storm = Storm(house, None, broken=True)
    collect(storm, campaign, body, today, 20, 2, 0)
    wrong = storm.reckon(campaign, 20)
    assert any("payments prepared" in one for one in wrong), wrong
