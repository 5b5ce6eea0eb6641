"""The pages of giving: what is typed stays, what was read is what is agreed to, and a link opens one pledge only."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.money import euros
from app.groups import queries as groups
from app.groups.rules import EntityState, LegalForm
from app.outbox import queries as outbox
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import State, receipt_possible
from tests.make import campaigns, identity, payments, pledges, settlement

pytestmark = pytest.mark.usefixtures("provider")


def said(answer):
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def field(answer, name):
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', answer.get_data(as_text=True))
    return html.unescape(found.group(1)) if found else None


def filled(page, **changes):
    """The giving form as a donor sends it."""
    data = {
        "form_key": field(page, "form_key"),
        "words": field(page, "words"),
        "amount": "50",
        "other": "",
        "email": "lucia@example.org",
        "name": "Lucia",
        "consent": "yes",
    }
    return {name: value for name, value in {**data, **changes}.items() if value is not None}


def give(client, campaign, **changes):
    address = f"/it/projects/{campaign.slug}/give"
    page = client.get(f"{address}?amount=50")
    assert page.status_code == 200
    return client.post(address, data=filled(page, **changes))


# --- giving -----------------------------------------------------------------------------------------------------------


def test_the_page_says_what_a_gift_does_and_every_condition(client):
    campaign = campaigns.live_campaign()
    text = said(client.get(f"/it/projects/{campaign.slug}/give?amount=50"))
    for piece in ("50 €", "75 €", "125 €", "per Dergano", "non ancora un ente", "4.800,00 €", "Continua con la carta"):
        assert piece in text
    assert "un attrezzo da prestare" in text


def test_a_gift_far_past_the_threshold_is_not_told_that_it_is_reached_already(client):
    campaign = campaigns.live_campaign()
    for _ in range(8):
        pledges.active_pledge(campaign, 456)
    text = said(client.get(f"/it/projects/{campaign.slug}/give?amount=3000"))
    assert "Con il tuo dono si arriva alla soglia. La supera: 120,00 € dei tuoi prendono il posto" in text
    assert "Se si arriva alla soglia, 120,00 € dei tuoi 3.000,00 € prendono il posto" in re.sub(r"</?strong>", "", text)
    assert "già raggiunta" not in text
    assert "−" not in text, "no part of the city's that is below zero"


def test_a_promise_goes_to_the_providers_page_and_comes_back_active(client):
    campaign = campaigns.live_campaign()
    sent = give(client, campaign)
    assert sent.status_code == 303
    assert sent.location.startswith(client.application.config["CHECKOUT_ORIGIN"])
    pledge = db.session.scalars(db.select(Pledge)).one()
    assert (pledge.amount, pledge.email, pledge.state) == (euros("50"), "lucia@example.org", State.STARTED)
    back = payments.type_card(pledge.checkout_id)["redirect"]
    page = client.get(back.replace("http://localhost", ""))
    assert page.status_code == 200
    assert "La tua promessa è registrata" in said(page)
    assert "Oggi non hai pagato nulla" in said(page)
    assert pledges.again(pledge).state is State.ACTIVE
    assert "lucia@example.org" not in said(page), "the address of the page shows nothing about the person"


def test_the_words_that_are_kept_are_the_words_that_were_read(client):
    campaign = campaigns.live_campaign()
    page = client.get(f"/it/projects/{campaign.slug}/give?amount=50")
    give(client, campaign)
    kept = db.session.scalars(db.select(Pledge)).one().consent_text.replace("\u00a0", " ")
    shown = re.sub(r"<[^>]+>", "", page.get_data(as_text=True))
    shown = html.unescape(shown).replace("\u00a0", " ")
    for line in kept.split("\n"):
        assert line in shown


def test_only_pages_that_lead_to_the_provider_may_post_to_it(client):
    campaign = campaigns.live_campaign()
    origin = client.application.config["CHECKOUT_ORIGIN"]
    give_page = client.get(f"/it/projects/{campaign.slug}/give").headers["Content-Security-Policy"]
    project = client.get(f"/it/projects/{campaign.slug}").headers["Content-Security-Policy"]
    assert f"form-action 'self' {origin}" in give_page
    assert origin not in project


def test_a_double_click_is_one_promise(client):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}/give"
    page = client.get(f"{address}?amount=50")
    first, second = (client.post(address, data=filled(page)) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(db.session.scalars(db.select(Pledge)).all()) == 1


def test_a_donor_who_comes_back_from_the_card_page_and_changes_the_amount_gives_the_new_one(client):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}/give"
    form = filled(client.get(f"{address}?amount=50"))
    first = client.post(address, data=form)
    again = client.post(address, data={**form, "other": "75", "update": "yes"})
    assert again.status_code == 200, "the figures are worked out again"
    changed = {**form, "other": "75", "words": field(again, "words")}
    second, third = (client.post(address, data=changed) for _ in range(2))
    assert (second.status_code, second.location) == (303, third.location)
    assert second.location != first.location
    made = db.session.scalars(db.select(Pledge).order_by(Pledge.id)).all()
    assert [(one.amount, one.state) for one in made] == [
        (euros("50"), State.EXPIRED),
        (euros("75"), State.STARTED),
    ]
    payments.type_card(made[1].checkout_id)
    assert client.get(f"/it/pledges/back/{made[1].ref}").status_code == 200
    assert pledges.again(made[1]).state is State.ACTIVE
    assert client.post(address, data=form).status_code == 303, "the first form leads to its own end"
    assert len(db.session.scalars(db.select(Pledge)).all()) == 2


@pytest.mark.parametrize("typed", ["1,5e3", "NaN", "-5", "0", "1.000.00", "12,345", "abc", "1e400", "٣٥", "5 000"])
def test_an_amount_that_cannot_be_read_is_refused_beside_its_field_and_stays(client, typed):
    campaign = campaigns.live_campaign()
    answer = give(client, campaign, other=typed)
    assert answer.status_code == 422
    assert "12,50" in said(answer)
    assert field(answer, "other") == typed
    assert field(answer, "email") == "lucia@example.org"
    assert db.session.scalars(db.select(Pledge)).all() == []


@pytest.mark.parametrize(
    ("typed", "sum_"), [("1.234,50", "1234.50"), ("1234.50", "1234.50"), ("35", "35"), ("12,5", "12.50")]
)
def test_an_amount_as_people_write_it_is_understood(client, typed, sum_):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}/give"
    page = client.post(address, data=filled(client.get(address), other=typed, update="yes", consent=None))
    assert page.status_code == 200
    assert client.post(address, data=filled(page, other=typed)).status_code == 303
    assert db.session.scalars(db.select(Pledge)).one().amount == euros(sum_)


def test_an_amount_changed_after_reading_asks_to_read_again(client):
    campaign = campaigns.live_campaign()
    answer = give(client, campaign, amount="100")
    assert answer.status_code == 422
    assert "non sono quelle che hai letto" in said(answer)
    assert "100,00 €" in said(answer)
    assert field(answer, "email") == "lucia@example.org"
    again = client.post(f"/it/projects/{campaign.slug}/give", data=filled(answer, amount="100"))
    assert again.status_code == 303
    assert db.session.scalars(db.select(Pledge)).one().amount == euros("100")


@pytest.mark.parametrize("forged", ["", "x", None])
def test_words_that_are_not_ours_are_not_agreed_to(client, forged):
    campaign = campaigns.live_campaign()
    assert give(client, campaign, words=forged).status_code == 422
    assert db.session.scalars(db.select(Pledge)).all() == []


def test_words_read_hours_ago_are_shown_again(client, clock):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}/give"
    page = client.get(f"{address}?amount=50")
    clock.move(hours=3)
    assert client.post(address, data=filled(page)).status_code == 422


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"consent": None}, "Spunta la casella"),
        ({"email": "lucia"}, "Manca la chiocciola"),
        ({"email": ""}, "Scrivi la tua e-mail"),
        ({"email": "lucia@example"}, "non è completo"),
        ({"name": "x" * 81}, "al massimo 80"),
        ({"amount": "", "other": ""}, "Scegli un importo"),
        ({"amount": "0.50"}, "dono più piccolo"),
        ({"other": "12000,01"}, "al massimo altri"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(client, changes, sentence):
    campaign = campaigns.live_campaign()
    answer = give(client, campaign, **changes)
    assert answer.status_code == 422
    assert sentence in said(answer)
    if "email" not in changes:
        assert field(answer, "email") == "lucia@example.org"
    assert db.session.scalars(db.select(Pledge)).all() == []


def test_a_member_reads_that_her_gift_does_not_count_before_she_agrees(client):
    campaign = campaigns.live_campaign()
    member = campaigns.members(campaign)[0].email
    answer = give(client, campaign, email=member)
    assert answer.status_code == 422
    assert "non conta per la soglia" in said(answer)
    assert client.post(f"/it/projects/{campaign.slug}/give", data=filled(answer, email=member)).status_code == 303
    assert not db.session.scalars(db.select(Pledge)).one().counts


def test_a_closed_campaign_takes_nothing_and_says_so(client, clock):
    campaign = campaigns.live_campaign()
    address = f"/it/projects/{campaign.slug}/give"
    page = client.get(f"{address}?amount=50")
    clock.at(campaign.closes_at)
    assert client.get(address).status_code == 410
    late = client.post(address, data=filled(page))
    assert late.status_code == 410
    assert "chiusa" in said(late)


def test_one_address_cannot_promise_for_ever(client):
    campaign = campaigns.live_campaign()
    codes = [give(client, campaign).status_code for _ in range(11)]
    assert codes == [303] * 10 + [429]


def test_a_provider_that_refuses_our_request_is_said_on_a_page_of_its_own(client):
    campaign = campaigns.live_campaign()
    payments.fault(fail_next=9, fail_status=400)
    answer = give(client, campaign)
    payments.fault(clear=True)
    assert answer.status_code == 500
    assert "Il servizio di pagamento non ha accettato la nostra richiesta. Non è stato addebitato nulla" in said(answer)
    assert "Go to" not in said(answer)


def test_the_provider_down_keeps_the_promise_and_says_so(client):
    campaign = campaigns.live_campaign()
    payments.fault(fail_next=99, fail_status=500)
    answer = give(client, campaign)
    payments.fault(clear=True)
    assert answer.status_code == 303
    pledge = db.session.scalars(db.select(Pledge)).one()
    assert pledge.state is State.STARTED
    page = client.get(answer.location)
    assert "Continua con la carta" in said(page)
    assert client.post(f"/it/pledges/back/{pledge.ref}").location.startswith(
        client.application.config["CHECKOUT_ORIGIN"]
    )


def test_a_page_left_can_be_taken_up_again(client):
    campaign = campaigns.live_campaign()
    pledge = pledges.started(campaign, 25)
    page = client.get(f"/it/pledges/back/{pledge.ref}?left=1")
    assert "aspetta" in said(page)
    again = client.post(f"/it/pledges/back/{pledge.ref}")
    assert again.status_code == 303
    assert pledge.checkout_id in again.location


def test_a_card_that_expires_early_is_refused_with_a_way_back(client):
    campaign = campaigns.live_campaign()
    pledge = pledges.started(campaign, 35)
    soon = clock_month(campaign)
    payments.type_card(pledge.checkout_id, exp_month=soon.month, exp_year=soon.year)
    page = client.get(f"/it/pledges/back/{pledge.ref}")
    assert "scade troppo presto" in said(page)
    assert f"/it/projects/{campaign.slug}/give?amount=35" in page.get_data(as_text=True)
    retry = client.get(f"/it/projects/{campaign.slug}/give?amount=35")
    assert field(retry, "other") == "35,00"


def clock_month(campaign):
    return campaign.last_day.replace(day=1) + timedelta(days=1)


def test_an_unknown_page_is_not_there(client):
    assert client.get("/it/pledges/back/plg_nothing").status_code == 404
    assert client.get("/it/pledges/nothing").status_code == 404


# --- by the mailed link -----------------------------------------------------------------------------------------------


def link_of(address):
    links = [url for _, url in outbox.links_of(outbox.latest(1, recipient=address)[0])]
    return next(
        found.group(1) for url in links if (found := re.fullmatch(r"http://localhost(/it/pledges/[\w-]+)", url))
    )


def test_the_link_in_the_mail_shows_the_pledge_and_changes_who_reads_the_name(client):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, email="m@example.org", name="Marta")
    link = link_of("m@example.org")
    page = client.get(link)
    assert page.status_code == 200
    assert "50,00 €" in said(page)
    assert queries.wall(campaign.id)[0].name == ""
    assert client.post(f"{link}/name", data={"name": "Marta B.", "show_name": "yes"}).status_code == 303
    assert queries.wall(campaign.id)[0].name == "Marta B."
    assert "Marta B." in said(client.get(f"/it/projects/{campaign.slug}"))
    assert client.post(f"{link}/name", data={"name": "", "show_name": "yes"}).status_code == 422
    assert client.post(f"{link}/name", data={"name": "Marta B."}).status_code == 303
    assert "Marta B." not in said(client.get(f"/it/projects/{campaign.slug}"))


def test_the_link_cancels_after_one_question(client):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="m@example.org")
    link = link_of("m@example.org")
    assert "Vuoi annullare" in said(client.get(f"{link}/cancel"))
    assert pledges.again(pledge).state is State.ACTIVE
    assert client.post(f"{link}/cancel").status_code == 303
    assert pledges.again(pledge).state is State.CANCELLED
    assert client.post(f"{link}/cancel").status_code == 303, "a second click changes nothing and says the same"
    assert client.get(f"{link}/cancel").status_code == 303, "what is over is not asked about again"


def test_a_cancel_that_is_refused_says_why(client, clock):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="m@example.org")
    link = link_of("m@example.org")
    clock.at(campaign.closes_at - timedelta(hours=3))
    assert "solo se la raccolta non scende sotto la soglia" in said(client.get(link))
    asked = said(client.get(f"{link}/cancel"))
    assert "Se alla chiusura non ci si arriva, non paga nessuno." in asked
    assert "conterà senza di te" not in asked
    assert "Vuoi annullare" not in asked
    answer = client.post(f"{link}/cancel")
    assert answer.status_code == 409
    assert "solo se la raccolta non scende sotto la soglia" in said(answer)
    assert pledges.again(pledge).state is State.ACTIVE


def test_an_expired_link_leads_to_a_new_one(client, clock):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, email="m@example.org")
    link = link_of("m@example.org")
    clock.move(days=181)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "Questo link è scaduto" in said(answer)
    for method in ("name", "cancel", "card"):
        assert client.post(f"{link}/{method}").status_code == 410
    known = client.post("/it/pledges/link", data={"email": "M@example.org"})
    unknown = client.post("/it/pledges/link", data={"email": "x@example.org"})
    assert said(known).lower().replace("m@example.org", "") == said(unknown).lower().replace("x@example.org", "")
    assert client.get(link_of("m@example.org")).status_code == 200
    assert client.post("/it/pledges/link", data={"email": "m"}).status_code == 422


def test_new_links_are_not_mailed_for_ever(client):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, email="m@example.org")
    codes = [client.post("/it/pledges/link", data={"email": "m@example.org"}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_a_declined_donor_pays_again_from_the_mail(client, clock, run_jobs):
    _campaign, pledge, _ = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    link = link_of("rifiutata@example.org")
    page = client.get(link)
    assert "La banca ha rifiutato" in said(page)
    assert client.application.config["CHECKOUT_ORIGIN"] in page.headers["Content-Security-Policy"]
    sent = client.post(f"{link}/card")
    assert sent.status_code == 303
    assert sent.location.startswith(client.application.config["CHECKOUT_ORIGIN"])
    attempt = pledges.charges(pledge)[-1]
    back = payments.type_card(attempt.checkout_id)["redirect"]
    page = client.get(back.replace("http://localhost", ""))
    assert "il tuo dono è arrivato" in said(page)
    assert pledges.again(pledge).state is State.CHARGED
    assert client.post(f"{link}/card").status_code == 409


# --- the officer ------------------------------------------------------------------------------------------------------


def test_large_pledges_wait_for_an_officer_and_nobody_else(client, sign_in):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 1_500, email="ricca@example.org")
    assert client.get("/it/pledges/large").status_code == 303
    sign_in(client, identity.person())
    assert client.get("/it/pledges/large").status_code == 403
    assert client.post(f"/it/pledges/large/{pledge.ref}", data={"decision": "clear"}).status_code == 403
    sign_in(client, identity.person(roles=["officer"]))
    page = client.get("/it/pledges/large")
    assert "1.500,00 €" in said(page)
    assert client.post(f"/it/pledges/large/{pledge.ref}", data={"decision": "refuse"}).status_code == 422
    assert client.post(f"/it/pledges/large/{pledge.ref}", data={"decision": "clear"}).status_code == 303
    assert pledges.again(pledge).state is State.ACTIVE
    assert "Nessuna promessa" in said(client.get("/it/pledges/large"))


def test_a_name_cannot_carry_markup_to_the_wall(client):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, name="<script>alert(1)</script>", show_name=True)
    source = client.get(f"/it/projects/{campaign.slug}").get_data(as_text=True)
    assert "<script>alert" not in source
    assert "&lt;script&gt;alert" in source


def test_the_mailed_link_is_in_no_other_donors_mail():
    campaign = campaigns.live_campaign()
    for n in range(2):
        pledges.active_pledge(campaign, 50, email=f"d{n}@example.org")
    links = {link_of(f"d{n}@example.org") for n in range(2)}
    assert len(links) == 2
    with transaction():
        service.send_link("d0@example.org", now=time_now.now())
    assert link_of("d0@example.org") not in links


@pytest.mark.parametrize("query", ["amount=35", "importo=35", "importo=35,00"])
def test_a_link_brings_its_amount_along(client, query):
    campaign = campaigns.live_campaign()
    page = client.get(f"/it/projects/{campaign.slug}/give?{query}")
    assert page.status_code == 200
    assert "Che cosa fanno i tuoi 35" in said(page)


def test_two_clicks_that_arrive_together_are_one_promise(client):
    """The second one reads before the first has committed, and waits for the campaign."""
    campaign = campaigns.live_campaign()
    first = pledges.started(campaign, 50, form_key="same-form")
    assert pledges.started(campaigns.again(campaign), 50, form_key="same-form").id == first.id


# --- paper and tax code ---------------------------------------------------------------------------------------------


def token_of(pledge):
    with transaction():
        return service.new_link(queries.pledge(pledge.id), now=time_now.now())


def test_a_pledge_has_its_sheet_and_no_tax_code_is_asked(client):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="carta@example.org", name="Lucia")
    token = token_of(pledge)
    text = said(client.get(f"/it/pledges/{token}/paper"))
    for piece in ("Attestazione di promessa", pledge.ref, "Lucia", "Ancora non è stato addebitato nulla"):
        assert piece in text
    assert "non chiediamo il codice fiscale" in said(client.get(f"/it/pledges/{token}/tax-code"))
    answer = client.post(f"/it/pledges/{token}/tax-code", data={"tax_code": "RSSMRA85T10A562S"})
    assert answer.status_code == 409
    assert queries.by_ref(pledge.ref).tax_code is None
    assert client.get("/it/pledges/nobody/paper").status_code == 404


@pytest.mark.parametrize(
    ("form", "number", "days", "possible"),
    [
        (LegalForm.APS, "123456", 1, True),
        (LegalForm.ODV, "123456", 0, True),
        (LegalForm.APS, "", 1, False),
        (LegalForm.APS, "123456", -1, False),
        (LegalForm.ASSOCIATION, "123456", 1, False),
        (LegalForm.COOPERATIVE, "123456", 1, False),
        (None, None, 1, False),
    ],
)
def test_a_receipt_is_possible_for_bodies_of_the_register_that_stood_there_before_the_gift(
    form, number, days, possible
):
    born = time_now.now()
    assert receipt_possible(State.CHARGED, form, number, born, born + timedelta(days=days)) is possible
    assert not receipt_possible(State.ACTIVE, form, number, born, born + timedelta(days=days))


def test_a_tax_code_is_kept_encrypted_and_can_be_taken_back(client, run_jobs):
    campaign = settlement.confirmed(run_jobs)
    pledge = db.session.scalars(select(Pledge).where(Pledge.campaign_id == campaign.id)).first()
    entity = groups.verified_entity(campaign.group_id)
    moment, by = entity.verified_at, entity.verified_by
    with transaction():  # a body of the register; the database lets it change only while it is open
        entity.state, entity.verified_at, entity.verified_by = EntityState.DRAFT, None, None
        db.session.flush()
        entity.form, entity.register_number = LegalForm.APS, "123456"
        db.session.flush()
        entity.state, entity.verified_at, entity.verified_by = EntityState.VERIFIED, moment, by
    token = token_of(pledge)
    address = f"/it/pledges/{token}/tax-code"
    assert client.post(address, data={"tax_code": "RSSMRA85T10A562X"}).status_code == 422
    assert client.post(address, data={"tax_code": "rssmra85t10a562s"}).status_code == 303
    db.session.expire_all()
    kept = queries.by_ref(pledge.ref)
    assert b"RSSMRA" not in kept.tax_code
    assert "RSSMRA85T10A562S" in said(client.get(f"/it/pledges/{token}/paper"))
    assert "562S" in said(client.get(address))
    assert client.post(address, data={"tax_code": ""}).status_code == 303
    db.session.expire_all()
    assert queries.by_ref(pledge.ref).tax_code is None
