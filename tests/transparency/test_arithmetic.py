"""How the city's part of a project is reckoned, read by everybody as a page and by machines as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core.money import euros
from app.matching.rules import MatchPolicy, Mode
from app.transparency import queries
from app.transparency.queries import Phase
from tests.make import payments
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def told(client: FlaskClient, campaign: Any) -> tuple[str, dict[str, Any]]:
    page = client.get(f"/it/money/{campaign.slug}").get_data(as_text=True).replace("\u00a0", " ")
    answer = client.get(f"/en/money/{campaign.slug}/match.json")
    assert answer.status_code == 200
    return page, answer.get_json()


def test_while_it_is_open_the_arithmetic_follows_the_promises(client: FlaskClient) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4799.99",))
    page, data = told(client, campaign)
    assert "Mancano 0,01 € alla soglia." in page
    assert (data["phase"], data["match"], data["gifts"]["counted"]) == ("promised", 0, 479_999)
    closing.promised(campaign, ("200.01",), card="5555555555554444")
    page, data = told(client, campaign)
    assert "dopo doni per 5.000,00 € restano 7.000,00 €" in page
    assert (data["match"], data["gifts"]["donors"]) == (700_000, 2)
    assert data["steps"][-1] == {"key": "match", "says": "So the city adds €7,000.00.", "cents": 700_000}
    assert [fund["cents"] for fund in data["funds"]] == [700_000]


def test_once_it_is_decided_the_figures_stay_as_they_were(client: FlaskClient, run_jobs: Run) -> None:
    policy = MatchPolicy(mode=Mode.RATIO, ratio_bp=10_000, share_bp=5000, threshold_bp=2500)
    campaign = closing.campaign(match=policy)
    closing.promised(campaign, ("2900",))
    closing.promised(campaign, ("100",), card=payments.DECLINED_LATER)
    closing.closed(campaign, run_jobs)
    closing.announced(campaign, run_jobs)
    closing.collecting(campaign, run_jobs)
    assert queries.arithmetic(closing.queries.campaign(campaign.id)).phase is Phase.COLLECTING
    closing.after_grace(campaign, run_jobs)
    page, data = told(client, campaign)
    assert "Per ogni euro il Comune aggiunge 1,00 €: per 2.900,00 €" in page
    assert (data["phase"], data["match"], data["terms"]["mode"]) == ("decided", 290_000, "ratio")


def test_a_campaign_that_nobody_pays_says_why_and_ends_at_nothing(client: FlaskClient, run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4799.99",))
    closing.closed(campaign, run_jobs)
    page, data = told(client, campaign)
    assert "Sulle promesse che c’erano alla chiusura." in page
    assert (data["phase"], data["match"], data["gifts"]["counted"]) == ("lost", 0, 479_999)


def test_what_the_page_reckons_is_what_the_case_confirmed(run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs, ("5000",))
    reckoned = queries.arithmetic(closing.queries.campaign(campaign.id))
    assert reckoned is not None
    assert reckoned.match == closing.case(campaign).match == euros("7000")
