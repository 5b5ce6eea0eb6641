"""The first page tells what is really there."""

import pytest
from lxml import html

from app.core.money import euros
from app.web import queries
from tests.make import campaigns as make_campaigns
from tests.make import pledges as make_pledges
from tests.make import territory as make_territory


@pytest.fixture
def live(app, clock, sandbox):
    campaign = make_campaigns.live_campaign(theme="fare")
    make_pledges.active_pledge(campaign, 50)
    return campaign


def test_a_city_where_nothing_is_open_says_so(client):
    page = client.get("/it/").text
    assert "Oggi nessuna raccolta è aperta" in page
    assert "Finora, tutti insieme" not in page


def test_the_map_has_every_neighbourhood_even_before_the_first_project(client):
    make_territory.milan()
    drawn = html.fromstring(client.get("/it/").data)
    assert len(drawn.xpath("//*[@class='cv-rosa']//a")) == 88


def test_an_open_campaign_stands_on_the_map_and_near_its_threshold(live, client):
    drawn = html.fromstring(client.get("/it/").data)
    card = drawn.xpath("//article[@class='cv-card']")[0]
    assert card.findtext(".//h3/a") == "Officina di ringhiera"
    assert "50\u00a0€" in card.text_content()
    assert "4.800\u00a0€" in card.text_content()
    assert drawn.xpath("//*[@class='z-open']")
    assert drawn.xpath("//*[@class='b-don']/@width")[0] == "0.42%"


def test_promises_do_not_count_as_money_given(live, clock):
    found = queries.front(clock.now(), queries.so_far())
    assert found.near[0][1].raised == euros("50")
    assert found.so_far.people == euros("0")
    assert found.so_far.donors == 0


def test_the_first_page_asks_few_questions_however_many_campaigns_there_are(live, client, count_sql):
    client.get("/it/")
    with count_sql() as seen:
        client.get("/it/")
    assert len(seen) <= 12, "\n\n".join(seen)


def test_the_chosen_neighbourhood_comes_first_and_stays_in_the_address(live, client):
    drawn = html.fromstring(client.get("/it/?zone=dergano").data)
    section = drawn.xpath("//section[contains(@class, 'cv-quarter')]")[0]
    assert section.findtext(".//h2") == "Che cosa succede a Dergano"
    assert section.findtext(".//h3/a") == "Officina di ringhiera"
    assert drawn.xpath("//select[@name='zone']//option[@selected]/@value") == ["dergano"]
    assert drawn.xpath("//*[@class='z1 z-chosen']")
    assert drawn.xpath("//header//a[@lang='en']/@href") == ["/en/?zone=dergano"]


def test_where_nothing_is_yet_the_nearest_neighbourhood_is_shown(live, client):
    make_territory.milan()
    page = client.get("/it/?zone=muggiano").text
    assert "Nessun progetto a Muggiano, per ora. I più vicini sono a Dergano." in page
    assert client.get("/it/?zone=altrove").status_code == 200


def test_the_neighbourhood_is_a_few_questions_more(live, client, count_sql):
    client.get("/it/?zone=dergano")
    with count_sql() as seen:
        client.get("/it/?zone=dergano")
    assert len(seen) <= 16, "\n\n".join(seen)
