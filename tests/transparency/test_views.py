"""What the public reads of a project's money, to the cent."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from io import StringIO

import pytest
from flask.testing import FlaskClient

from app.calls.rules import TrancheKind
from app.core.money import ZERO, euros, total
from app.ledger import queries as ledger
from app.transparency import queries
from app.transparency.rules import Stage, What
from tests.make import grants as make
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def holds() -> None:
    for check in queries.checks():
        assert check.holds, check


def steps(trail: queries.Trail) -> Iterable[tuple[What, str]]:
    return [(step.what, f"{step.amount.cents / 100:.2f}") for step in trail.steps]


def test_the_money_page_tells_the_reference_story(client: FlaskClient, run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    agreement = make.published(campaign)
    make.paid(agreement)
    make.accepted(agreement, ["6600", "3300", "1100"])
    make.closed(agreement)
    make.paid(agreement, TrancheKind.BALANCE)
    trail = queries.trail(closing.queries.campaign(campaign.id))
    assert steps(trail) == [
        (What.RESERVED, "7200.00"),
        (What.CLOSED, "4800.00"),
        (What.COLLECTED, "4800.00"),
        (What.CONFIRMED, "7200.00"),
        (What.SIGNED, "7200.00"),
        (What.ADVANCE, "3600.00"),
        (What.ACCEPTED, "11000.00"),
        (What.ECONOMISED, "1000.00"),
        (What.BALANCE, "2600.00"),
    ]
    assert (trail.figures.gifts, trail.figures.paid, trail.figures.spent) == (
        euros("4800"),
        euros("6200"),
        euros("11000"),
    )
    assert (trail.returned, trail.stage, trail.donors, trail.receipts) == (euros("1000"), Stage.DONE, 1, 3)
    assert total(one.accepted for one in trail.lines) == ledger.balance(
        "cash", f"proposal:{campaign.proposal_id}", "spent"
    )
    page = client.get(f"/it/money/{campaign.slug}").get_data(as_text=True)
    for words in (
        "Perché 6.200,00\xa0€ e non 7.200,00\xa0€?",
        "11.000,00\xa0€ spesi − 4.800,00\xa0€ donati = 6.200,00\xa0€",
    ):
        assert words in page
    table = client.get(f"/en/money/{campaign.slug}/movements.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(StringIO(table)))
    assert [row["amount"] for row in rows] == [amount for _what, amount in steps(trail)]
    holds()


def test_a_campaign_that_failed_keeps_no_gift_and_gives_all_back(client: FlaskClient, run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4799.99",))
    closing.closed(campaign, run_jobs)
    trail = queries.trail(closing.queries.campaign(campaign.id))
    assert steps(trail) == [(What.RESERVED, "7200.00"), (What.CLOSED, "4799.99"), (What.RELEASED, "7200.00")]
    assert (trail.figures.gifts, trail.figures.city, trail.returned) == (ZERO, ZERO, euros("7200"))
    assert client.get(f"/it/money/{campaign.slug}").status_code == 200
    holds()


def test_an_open_campaign_shows_promises_as_promises(client: FlaskClient) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("100",))
    page = client.get(f"/it/money/{campaign.slug}").get_data(as_text=True)
    assert "promessi dai donatori" in page
    assert "100<" in page or "100,00" in page
    assert client.get("/it/money/").status_code == 200
    holds()


def test_the_register_is_public_as_page_csv_and_json(client: FlaskClient, run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs, title="=HYPERLINK(1)")
    agreement = make.published(campaign)
    assert agreement.cup in client.get("/it/money/register").get_data(as_text=True)
    (row,) = csv.DictReader(StringIO(client.get("/it/money/register.csv").get_data(as_text=True).lstrip("\ufeff")))
    (said,) = json.loads(client.get("/it/money/register.json").data)["awards"]
    assert (row["amount"], said["amount"]) == ("7200.00", "7200.00")
    assert row["project"] == "'=HYPERLINK(1)"
    assert said["link"].endswith(f"/money/{campaign.slug}")
    assert set(row) == set(said) >= {"act", "beneficiary", "tax_code", "rule", "office", "responsible", "method"}


def test_what_is_not_public_has_no_money_page(client: FlaskClient) -> None:
    from tests.make import campaigns

    waiting = campaigns.asked()
    assert client.get(f"/it/money/{waiting.slug}").status_code == 404
    assert client.get("/it/money/nothing-here").status_code == 404
