"""A campaign that ends one cent below its threshold, closed by the real worker: no card is charged, all goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from app.core import settings
from app.core.db import db, transaction
from app.core.money import ZERO, euros
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.outbox import queries as outbox
from app.outbox import service as letters
from app.pledges.rules import State
from app.settlement import queries as settlement
from app.settlement import rules
from tests.make import campaigns, pledges
from tests.story.house import House, until

pytestmark = pytest.mark.slow

GIFTS = ("999.99", "950", "900", "850", "800", "300")  # 4,799.99


def at_provider(house: House, path: str) -> list[Any]:
    """A list as the provider's own API tells it."""
    key = {"Authorization": f"Bearer {house.environment['STRIPE_SECRET_KEY']}"}
    answer = requests.get(f"{house.sandbox_url}/v1/{path}", params={"limit": "100"}, headers=key, timeout=10)
    answer.raise_for_status()
    found: list[Any] = answer.json()["data"]
    return found


def test_one_cent_below_the_threshold_no_card_is_charged_and_all_goes_back(
    app: Flask, clock: Any, prepared_house: House
) -> None:
    house = prepared_house
    today = datetime.now(UTC)  # noqa: TID251 - the processes live in the machine's time, and the test ends there
    clock.at(today - timedelta(days=93))
    campaign = campaigns.live_campaign()
    free = matching.available(campaign.call_id)
    given = [pledges.active_pledge(campaign, euros(amount)) for amount in GIFTS]
    assert matching.books_of_project(campaign.proposal_id).reserved == euros("7200")
    clock.at(today)
    assert settlement.deadline(campaigns.again(campaign)) < today
    db.session.rollback()

    house.start("worker", "web")
    until(lambda: _case(campaign.id, "sessions_expired_at"), "the close begins")
    with transaction():
        settings.put("clock.shift_seconds", "660")  # the ten minutes for late news, and one
    until(lambda: _case(campaign.id, "ended_at"), "the campaign is decided")
    until(lambda: house.sandbox("stats")["payment_methods_attached"] == 0, "every stored card is detached")

    db.session.rollback()
    case, close = settlement.case(campaign.id), settlement.close_of(campaign.id)
    assert case is not None
    assert close is not None
    assert (close.outcome, close.counted, close.threshold) == (rules.Outcome.LOST, euros("4799.99"), euros("4800"))
    assert (case.state, case.why, case.match) == (rules.State.RELEASED, rules.Why.BELOW_THRESHOLD, None)
    assert at_provider(house, "payment_intents") == []
    assert house.sandbox("charges")["charges"] == []
    assert matching.available(campaign.call_id) == free + euros("7200")
    assert matching.books_of_project(campaign.proposal_id).promised == ZERO
    assert ledger.balance("promises", f"campaign:{campaign.id}", "promised") == ZERO
    for pledge in given:
        now = pledges.again(pledge)
        assert (now.state, now.detached_at is not None) == (State.CANCELLED, True)
        told = outbox.latest(5, recipient=pledge.email)[0]
        assert told.template == "pledges/released"
        assert "4.799,99" in letters.text_of(told).replace("\xa0", " ")
    assert house.sandbox("stats")["nonconforming"]["count"] == 0
    assert "every figure equals its ledger balance" in house.command("ledger", "verify")


def _case(campaign_id: int, column: str) -> Any:
    db.session.rollback()
    found = db.session.execute(
        text(f"select {column} from settlement_case where campaign_id = :id"),  # noqa: S608 - our own column's name
        {"id": campaign_id},
    ).scalar()
    db.session.rollback()
    return found
