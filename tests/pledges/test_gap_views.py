"""The page on which anyone fills the gap: open only while there is one, paid at once."""

from datetime import timedelta

import pytest

from app.core.db import db, transaction
from app.core.money import euros
from app.groups import queries as groups
from app.groups import service as groups_service
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import State
from tests.make import campaigns, payments, pledges
from tests.pledges.test_views import field, said

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def gap(clock, run_jobs):
    """A campaign of 2,000.00 in its grace window: 600.00 collected, 250.00 declined, 200.00 missing."""
    campaign = campaigns.live_campaign(budget=2_000)
    pledges.active_pledge(campaign, 600)
    pledges.active_pledge(campaign, 250, card=payments.DECLINED_LATER)
    pledges.payee(campaign)
    campaign = campaigns.again(campaign)
    end = campaign.closes_at
    for later in ({}, {"minutes": 11}, {"minutes": 12}, {"days": 3, "hours": 1}, {"days": 3, "hours": 2}):
        clock.at(end + timedelta(**later))
        run_jobs("settlement.sweep")
    assert queries.totals(campaign.id).gap(campaign.threshold) == euros("200")
    return campaigns.again(campaign)


def form(page, **changes):
    return {
        "form_key": field(page, "form_key"),
        "words": field(page, "words"),
        "other": "200",
        "email": "colma@example.org",
        "name": "",
        "consent": "yes",
        **changes,
    }


def test_the_gap_is_told_filled_and_paid_at_once(client, gap, run_jobs):
    address = f"/it/projects/{gap.slug}/gap"
    assert "/gap" in client.get(f"/it/projects/{gap.slug}").get_data(as_text=True)
    page = client.get(f"{address}?other=200")
    for piece in ("Paghi oggi", "200,00 €", "ti restituiamo tutto"):
        assert piece in said(page)
    sent = client.post(address, data=form(page))
    assert sent.status_code == 303
    assert sent.location.startswith(client.application.config["CHECKOUT_ORIGIN"])
    assert client.post(address, data=form(page)).location == sent.location, "a double click is one gift"
    gift = db.session.scalars(db.select(Pledge).where(Pledge.kind == "gap")).one()
    paid = payments.type_card(pledges.charges(gift)[0].checkout_id)["redirect"]
    assert "il tuo dono è arrivato" in said(client.get(paid.replace("http://localhost", "")))
    assert pledges.again(gift).state is State.CHARGED
    assert queries.totals(gap.id).gap(campaigns.again(gap).threshold) == euros("0")
    assert client.get(address).status_code == 410, "nothing is missing any more"
    pledges.agrees()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"other": "200,01"}, "al massimo altri"),
        ({"other": "1,5e3"}, "12,50"),
        ({"other": "100"}, "non sono quelle che hai letto"),
        ({"email": "colma"}, "chiocciola"),
        ({"consent": ""}, "Spunta la casella"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_charged(client, gap, changes, sentence):
    address = f"/it/projects/{gap.slug}/gap"
    page = client.get(f"{address}?other=200")
    answer = client.post(address, data=form(page, **changes))
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert db.session.scalars(db.select(Pledge).where(Pledge.kind == "gap")).all() == []


def test_without_a_gap_there_is_no_such_page(client):
    campaign = campaigns.live_campaign()
    assert client.get(f"/it/projects/{campaign.slug}/gap").status_code == 410
    assert client.post(f"/it/projects/{campaign.slug}/gap", data={"other": "5"}).status_code == 410


def check_anew(campaign):
    """The provider stops the payee's account; the city checks it again."""
    entity = groups.verified_entity(campaign.group_id)
    with transaction():
        groups_service.account_read(entity, ready=False, needs=["individual.id_number"], now=campaign.closes_at)


def test_while_the_account_is_checked_anew_the_gap_waits_and_says_so(client, gap):
    address = f"/it/projects/{gap.slug}/gap"
    page = client.get(f"{address}?other=200")
    check_anew(gap)
    for answer in (client.get(address), client.post(address, data=form(page))):
        assert answer.status_code == 409
        assert "sta ricontrollando il conto" in said(answer)
    assert db.session.scalars(db.select(Pledge).where(Pledge.kind == "gap")).all() == []


def test_while_the_account_is_checked_anew_a_declined_donor_reads_why_she_cannot_pay(client, gap):
    pledge = db.session.scalars(db.select(Pledge).where(Pledge.amount == euros("250"))).one()
    with transaction():
        address = "/it/pledges/" + service.new_link(pledge, now=gap.closes_at)
    assert "Paga adesso" in said(client.get(address))
    check_anew(gap)
    assert "sta ricontrollando il conto" in said(client.get(address))
    answer = client.post(f"{address}/card")
    assert answer.status_code == 409
    assert "sta ricontrollando il conto" in said(answer)
    assert len(pledges.charges(pledge)) == 1
