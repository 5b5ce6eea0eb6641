"""The office's pages on closes: who may see them, and what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.make import identity, payments
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def test_only_the_office_follows_closes(
    client: FlaskClient, sign_in: Callable[..., FlaskClient], run_jobs: Run
) -> None:
    campaign = closing.campaign()
    closing.closed(campaign, run_jobs)
    paths = ("/it/settlement/", f"/it/settlement/{campaign.slug}")
    for path in paths:
        assert client.get(path).status_code == 303
    expected = {"officer": 200, "responsible": 200, "finance": 200, "administrator": 200, "evaluator": 403, None: 403}
    for role, status in expected.items():
        sign_in(client, identity.person(roles=[role] if role else []))
        assert [client.get(path).status_code for path in paths] == [status, status], role


def test_a_campaign_that_still_runs_has_no_close_page(client: FlaskClient, sign_in: Callable[..., FlaskClient]) -> None:
    campaign = closing.campaign()
    sign_in(client, identity.person(roles=["officer"]))
    assert client.get(f"/it/settlement/{campaign.slug}").status_code == 404


def test_the_page_follows_the_campaign_to_its_end(
    client: FlaskClient, sign_in: Callable[..., FlaskClient], run_jobs: Run
) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, closing.REACHED)
    closing.promised(campaign, ("50",), card=payments.DECLINED_LATER)
    officer, path = identity.person(roles=["officer"]), f"/it/settlement/{campaign.slug}"

    def says(*words: str) -> None:
        sign_in(client, officer)  # months pass: no session lives that long
        page = client.get(path).get_data(as_text=True)
        for each in words:
            assert each in page

    closing.after_deadline(campaign, run_jobs)
    says("In chiusura", "dieci minuti dopo")
    closing.closed(campaign, run_jobs)
    says("Aspetta l’associazione", "Documenti e proroga", "Verbale di chiusura")
    closing.announced(campaign, run_jobs)
    says("I donatori sono avvisati")
    closing.collecting(campaign, run_jobs)
    says("Incassati 4.780,00\xa0€ su 4.830,00\xa0€ promessi", "50,00\xa0€ (1)")
    closing.after_grace(campaign, run_jobs)
    says("7.170", "il contributo si riduce in proporzione")
    assert campaign.title in client.get("/it/settlement/?view=ended").get_data(as_text=True)
