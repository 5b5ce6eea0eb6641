"""The worker is killed in the middle of the charges of a close: each pledge is charged exactly once all the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import settings
from app.core.db import db, transaction
from app.core.money import Money
from app.ledger import queries as ledger
from app.pledges import service
from tests.make import campaigns, pledges
from tests.story.house import House, until

pytestmark = pytest.mark.slow

DONORS = 50
DEATHS = (6, 17, 29, 41)  # the worker dies when the provider has made so many charges


def charged(house: House) -> list[dict[str, Any]]:
    """The charges at the provider that took money."""
    found: list[dict[str, Any]] = house.sandbox("charges")["charges"]
    return [charge for charge in found if charge["status"] == "succeeded"]


def as_many(house: House, enough: int) -> bool:
    """Whether the provider has made so many charges."""
    return len(charged(house)) >= enough


def rows(sql: str) -> list[Any]:
    """What the database says now."""
    db.session.rollback()
    found = list(db.session.execute(text(sql)).all())
    db.session.rollback()
    return found


def live() -> int:
    """How many charges are written and not settled."""
    return int(rows("select count(*) from pledges_charge where state in ('intent', 'sent')")[0][0])


def test_kill_9_in_the_middle_of_the_charges_charges_each_pledge_once(
    app: Flask, clock: Any, prepared_house: House
) -> None:
    house = prepared_house
    today = datetime.now(UTC)  # noqa: TID251 - the processes live in the machine's time, and the test ends there
    clock.at(today - timedelta(days=40))
    campaign = campaigns.live_campaign()
    given = [pledges.active_pledge(campaign, 50 + number) for number in range(DONORS)]
    body = pledges.payee(campaign)
    clock.at(today)
    with transaction():
        service.open_charges(campaign.id, body, pay_until=today + timedelta(days=14), now=today)
    house.sandbox("faults", delay_ms=50, path="payment_intents")
    deaths = 0
    for enough in DEATHS:
        house.start("worker")
        until(partial(as_many, house, enough), f"{enough} charges", pause=0.02)
        assert live() > 0, "the worker must die while there is work"
        house.kill("worker")
        deaths += 1
        with transaction():  # what the dead worker had claimed is free again after half a minute of our time
            settings.put("clock.shift_seconds", str(60 * deaths))
    house.start("worker")
    until(lambda: live() == 0, "every charge is settled")

    taken = charged(house)
    ours = rows("select key, provider_charge, amount, fee from pledges_charge where state = 'succeeded' order by id")
    per_pledge = rows("select pledge_id, count(*) from pledges_charge group by pledge_id")
    assert deaths >= 3
    assert sorted(row.provider_charge for row in ours) == sorted(charge["id"] for charge in taken)
    assert {pledge_id for pledge_id, _ in per_pledge} == {pledge.id for pledge in given}
    assert {number for _, number in per_pledge} == {1}
    assert set(Counter(charge["id"] for charge in taken).values()) == {1}
    by_id = {charge["id"]: charge for charge in taken}
    assert all(by_id[row.provider_charge]["amount"] == row.amount for row in ours)
    promised = sum((pledge.amount for pledge in given), start=Money(0))
    assert -ledger.balance("cash", f"campaign:{campaign.id}", "givers") == promised
    assert sum(charge["amount"] for charge in taken) == promised.cents
    assert house.sandbox("stats")["nonconforming"]["count"] == 0
    assert "every figure equals its ledger balance" in house.command("ledger", "verify")
