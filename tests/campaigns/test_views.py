"""The public page, the list, the group's desk and the officer's last look."""

import html
import io
import re

import lxml.html
import pytest

from app.calls import queries as calls
from app.campaigns import queries
from app.campaigns.rules import State
from tests.make import campaigns, groups, identity, pledges, proposals, territory


def said(answer):
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def test_the_page_shows_money_place_budget_way_and_donors(client, sandbox):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 100, name="Coro di scala", show_name=True)
    pledges.active_pledge(campaign, 50, name="Segreta")
    page = client.get(f"/it/projects/{campaign.slug}")
    text = said(page)
    for piece in (
        "Officina di ringhiera",
        "150",
        "Soglia 4.800 €",
        "Mancano alla soglia",
        "4.650,00 €",
        "7.200,00 €",
        "Dergano, Municipio 9",
        "Commissioni di pagamento",
        "gruppo informale",
        "Proposta inviata",
        "Coro di scala",
        "Una persona",
        "un attrezzo da prestare",
        "Oggi non paghi",
    ):
        assert piece in text, piece
    assert "Segreta" not in text
    assert 'aria-label="' in page.get_data(as_text=True)


def test_the_donate_box_is_a_get_form_and_the_page_sets_no_cookie(client):
    campaign = campaigns.live_campaign()
    page = client.get(f"/it/projects/{campaign.slug}")
    source = page.get_data(as_text=True)
    assert "Set-Cookie" not in page.headers
    assert not re.search(r'<form[^>]*method="post"', source)
    assert "csrf_token" not in source


@pytest.mark.parametrize("make", [campaigns.prepared, campaigns.asked])
def test_a_campaign_that_is_not_public_is_not_there(client, make):
    campaign = make()
    for path in ("", "/give", "/donors", "/versions", "/ask"):
        assert client.get(f"/it/projects/{campaign.slug}{path}").status_code in (303, 404)
    assert "Officina" not in said(client.get("/it/projects/"))


def test_themes_have_the_names_that_the_groups_chose_them_by(client):
    text = said(client.get("/it/projects/"))
    assert "Fare e riparare" in text
    assert "Gioco e sport" not in text


def test_the_list_is_found_by_zone_theme_state_and_words(client):
    workshop = campaigns.live_campaign()
    garden = campaigns.live_campaign(groups.group("Gli orti"), title="Orto in cortile", theme="verde")
    everything = said(client.get("/it/projects/"))
    assert workshop.title in everything
    assert garden.title in everything
    for query, there, gone in (
        ("theme=verde", garden, workshop),
        ("q=orto", garden, workshop),
        ("q=RINGHIERA", workshop, garden),
        ("zone=dergano", garden, None),
        ("q=Dergano", garden, None),
        ("state=finished", None, garden),
        ("state=lost&state=making", None, garden),
        ("state=open&theme=verde&theme=cura", garden, workshop),
        ("order=newest", garden, None),
        ("theme=nessuno&state=x", garden, None),
    ):
        text = said(client.get(f"/it/projects/?{query}"))
        assert there is None or there.title in text, query
        assert gone is None or gone.title not in text, query
    assert "Nessun progetto" in said(client.get("/it/projects/?q=%25%25zzz"))
    assert client.get("/it/projects/?page=99999999999999999999").status_code == 200


def test_where_nothing_fits_the_list_shows_what_is_nearest(client):
    territory.milan()
    garden = campaigns.live_campaign(title="Orto in cortile", theme="verde")
    text = said(client.get("/it/projects/?zone=muggiano&theme=verde"))
    assert "Nessun progetto a Muggiano, per ora. I più vicini sono a Dergano." in text
    assert garden.title in text
    assert garden.title not in said(client.get("/it/projects/?zone=muggiano&theme=cura"))


def test_each_filter_that_is_on_can_be_taken_away(client):
    garden = campaigns.live_campaign(title="Orto in cortile", theme="verde")
    call = calls.call(garden.call_id)
    page = lxml.html.fromstring(
        client.get(f"/it/projects/?theme=verde&theme=cura&zone=dergano&call={call.slug}&q=orto&order=title").data
    )
    chips = {link.text.strip(): link.get("href") for link in page.xpath("//ul[@class='cv-chips']//a")}
    assert set(chips) == {"«orto»", "Dergano", "Verde", "Cura", call.title}
    assert all("order=title" in address for address in chips.values())
    assert "theme=cura" not in chips["Cura"]
    assert "theme=verde" in chips["Cura"]


def test_every_neighbourhood_is_a_link_on_the_map(client):
    territory.milan()
    campaigns.live_campaign()
    page = lxml.html.fromstring(client.get("/it/projects/?zone=dergano").data)
    drawn = page.xpath("//*[@class='cv-map']")[0]
    assert len(drawn.xpath(".//a")) == 88
    assert drawn.xpath(".//a[@aria-label='Dergano: 1 progetto, 1 raccolta aperta']/@href") == [
        "/it/projects/?zone=dergano"
    ]
    assert not [path for path in drawn.xpath(".//path/@d") if len(path) < 20]
    assert page.xpath("//table[@class='cv-places']//tbody//th/a/text()") == ["Dergano"]


def test_a_story_cannot_carry_markup(client):
    campaign = campaigns.live_campaign()
    from app.campaigns import service
    from app.core import clock
    from app.core.db import transaction

    bad = campaigns.STORY + "\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) <script>alert(1)</script>"
    with transaction():
        service.write_text(
            campaign,
            summary="<b>Una frase</b>",
            story=bad,
            impact=(),
            picture_id=None,
            picture_alt="",
            by=campaigns.members(campaign)[0],
            now=clock.now(),
        )
    source = client.get(f"/it/projects/{campaign.slug}").get_data(as_text=True)
    assert "<script>alert" not in source
    assert "<img src=x" not in source
    assert 'href="javascript' not in source
    assert "<b>Una frase" not in source


def test_the_group_prepares_with_a_picture_and_asks(client, sign_in):
    campaign = campaigns.prepared()
    sign_in(client, campaigns.members(campaign)[0])
    desk = f"/it/projects/prepare/{campaign.ref}"
    assert client.get(desk).status_code == 200
    form = {
        "summary": "Una portineria aperta.",
        "story": campaigns.STORY,
        "amount_1": "25",
        "it_1": "un’ora di laboratorio",
        "picture": (io.BytesIO(proposals.picture()), "foto.jpg"),
        "picture_alt": "La portineria",
    }
    assert client.post(desk, data=form, content_type="multipart/form-data").status_code == 303
    story = queries.story(campaigns.again(campaign))
    assert story.picture_id is not None
    assert [line.it for line in story.lines] == ["un’ora di laboratorio"]
    assert client.post(f"{desk}/launch").status_code == 303
    assert campaigns.again(campaign).state is State.ASKED
    assert client.post(f"{desk}/launch").status_code == 409
    assert client.post(desk, data={"summary": "x", "story": "y"}).status_code in (409, 422)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount_1": "abc", "it_1": "x"}, "12,50"),
        ({"amount_1": "10", "it_1": ""}, "rende possibile"),
        ({"amount_1": "10", "it_1": "a", "amount_2": "10", "it_2": "b"}, "due sono uguali"),
        ({"summary": "x" * 201}, "al massimo 200"),
    ],
)
def test_what_the_group_typed_wrong_is_said_and_stays(client, sign_in, changes, sentence):
    campaign = campaigns.prepared()
    sign_in(client, campaigns.members(campaign)[0])
    form = {"summary": "Una frase.", "story": "La mia storia.", **changes}
    answer = client.post(f"/it/projects/prepare/{campaign.ref}", data=form)
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert "La mia storia." in said(answer)


def test_the_groups_desk_does_not_exist_for_others(client, sign_in):
    campaign = campaigns.live_campaign()
    paths = (f"prepare/{campaign.ref}", f"prepare/{campaign.ref}/news")
    for path in paths:
        assert client.get(f"/it/projects/{path}").status_code == 303
    sign_in(client, identity.person(roles=["officer"]))
    for path in paths:
        assert client.get(f"/it/projects/{path}").status_code == 404
        assert client.post(f"/it/projects/{path}", data={"title": "x", "body": "y"}).status_code == 404
    assert client.post(f"/it/projects/prepare/{campaign.ref}/launch").status_code == 404


def test_the_officer_opens_or_sends_back(client, sign_in):
    campaign = campaigns.asked()
    page = f"/it/projects/readiness/{campaign.ref}"
    assert client.get(page).status_code == 303
    sign_in(client, identity.person())
    assert client.get(page).status_code == 403
    sign_in(client, identity.person(roles=["officer"]))
    assert "Apri adesso la raccolta" in said(client.get(page))
    assert client.post(page, data={"decision": "back", "why": ""}).status_code == 422
    assert client.post(page, data={"decision": "open"}).status_code == 303
    assert campaigns.again(campaign).state is State.LIVE
    assert client.post(page, data={"decision": "open"}).status_code == 409
    assert client.get(f"/it/projects/{campaign.slug}").status_code == 200


def test_questions_are_asked_signed_in_and_shown_answered(client, sign_in):
    campaign = campaigns.live_campaign()
    ask = f"/it/projects/{campaign.slug}/ask"
    assert client.get(ask).status_code == 303
    sign_in(client, identity.person())
    assert client.post(ask, data={"question": "?"}).status_code == 422
    assert client.post(ask, data={"question": "Si viene la sera?"}).status_code == 303
    assert "Si viene la sera?" not in said(client.get(f"/it/projects/{campaign.slug}"))
    sign_in(client, campaigns.members(campaign)[0])
    question = queries.unanswered(campaigns.again(campaign))[0]
    answer = f"/it/projects/prepare/{campaign.ref}/answers/{question.ref}"
    assert client.post(answer, data={"answer": ""}).status_code == 422
    assert client.post(answer, data={"answer": "Sì, il giovedì."}).status_code == 303
    assert "Sì, il giovedì." in said(client.get(f"/it/projects/{campaign.slug}"))


def test_versions_and_donors_have_their_pages(client, sandbox):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, name="Coro di scala", show_name=True)
    assert "Versione 1" in said(client.get(f"/it/projects/{campaign.slug}/versions"))
    for order in ("latest", "first", "largest", "x"):
        assert "Coro di scala" in said(client.get(f"/it/projects/{campaign.slug}/donors?order={order}"))
    assert client.get("/en/projects/").status_code == 200
    assert "not yet" not in said(client.get(f"/it/projects/{campaign.slug}"))


def test_a_campaign_that_failed_tells_how_far_it_came_and_that_nobody_pays(client, sandbox, clock, run_jobs):
    campaign = campaigns.live_campaign(budget=2_000)
    pledges.active_pledge(campaign, 600, name="Coro di scala", show_name=True)
    pledges.active_pledge(campaign, 199, email="x@example.org")
    slug = campaign.slug
    clock.at(campaign.closes_at)
    assert "Fra pochi minuti" in said(client.get(f"/it/projects/{slug}"))
    run_jobs("settlement.sweep")
    clock.move(minutes=11)
    run_jobs("settlement.sweep")
    page = said(client.get(f"/it/projects/{slug}"))
    for piece in ("799", "1,00 €", "nessuno paga", "promessi da 2 persone"):
        assert piece in page, piece
    assert "Coro di scala" not in page, "who promised is nobody's business any more"
    assert "799 €" in said(client.get("/it/projects/?state=lost"))
    assert client.get(f"/it/projects/{slug}/give").status_code == 410
