"""The progress card that everybody reads, and the office’s pages behind it."""

import pytest

from app.core.db import transaction
from app.core.money import ZERO, euros
from app.programmes import gateway, queries, service
from tests.make import calls, identity, programmes

CARD = {
    "code": "MI3.3.1.d",
    "title": "Hub dell’innovazione inclusiva",
    "summary": "Idee di quartiere che diventano servizi.",
    "city": "Milano",
    "area": "Servizi per l’inclusione sociale",
    "action": "3.3.1",
    "implementing_body": "Comune di Milano",
    "cups": "B49D16010990006",
    "act": "",
    "starts_on": "2026-01-01",
    "ends_on": "2029-12-31",
}


@pytest.fixture
def officer(client, sign_in):
    return sign_in(client, identity.person(roles=("officer",)))


def text(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_the_real_cards_show_their_four_amounts_and_codes(app, client, clock):
    with transaction():
        service.load_cards(gateway.shipped(), now=clock.now())
        assert service.load_cards(gateway.shipped(), now=clock.now()) == []
    hub = text(client.get("/it/programmes/MI3.3.1.d"))
    for words in ("2.093.886,13 €", "2.018.684,44 €", "1.809.333,57 €", "96,4", "B49D16010990006", "Annibale D’Elia"):
        assert words in hub
    assert "1º dicembre 2021" in hub
    store = text(client.get("/it/programmes/MI4.2.1.c"))
    assert "B42G19000230006, B44H14000230004" in store
    assert "Hub" in text(client.get("/it/programmes"))


def test_a_programme_of_today_reads_the_ledger(app, client, clock):
    source = programmes.source(total=euros("2000000"), released=euros("500000"))
    call = calls.open_call(source=source)
    page = text(client.get(f"/it/programmes/{source.programme.code}"))
    assert "2.000.000,00 €" in page
    assert "500.000,00 €" in page
    assert call.title in page


def test_no_programme_is_a_page_and_an_unknown_one_is_404(app, client):
    assert client.get("/it/programmes").status_code == 200
    assert client.get("/it/programmes/MI9.9.9.z").status_code == 404


def test_an_officer_sets_a_programme_up_with_its_source_and_released_money(officer, clock):
    boss = identity.person("Irene Colnaghi", roles=("responsible",))
    answer = officer.post("/it/programmes/manage/new", data={**CARD, "responsible": boss.ref})
    assert answer.status_code == 303
    desk = answer.headers["Location"]
    programme = queries.by_code("MI3.3.1.d")
    assert (programme.responsible_id, programme.responsible_name) == (boss.id, "Irene Colnaghi")
    answer = officer.post(f"{desk}/source", data={"name": "PN Metro Plus", "fund": "FSE", "amount": "5.000.000"})
    assert answer.status_code == 303
    source = queries.by_code("MI3.3.1.d").sources[0]
    path = f"/it/programmes/manage/sources/{source.ref}/release"
    assert officer.get(path).status_code == 200
    typed = {"amount": "1.300.000", "act": "DD 88/2026", "on": "2026-03-01"}
    assert officer.post(path, data=typed).status_code == 303
    assert queries.standing(source.id).unallocated == euros("1300000")
    page = text(officer.get(desk))
    assert "1.300.000,00 €" in page
    assert "DD 88/2026" in page
    refused = officer.post(path, data={**typed, "amount": "3.700.000,01"})
    assert refused.status_code == 422
    assert "restano bloccati solo 3.700.000,00 €" in text(refused)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("cups", "B49D1601099000", "non è un CUP"),
        ("code", "3.3.1", "Scrivi il codice come nel piano"),
        ("title", "", "Manca"),
        ("ends_on", "2025-01-01", "finisce prima di cominciare"),
        ("starts_on", "oggi", "Scrivi la data"),
        ("responsible", "nobody", "Scegli"),
    ],
)
def test_a_card_with_a_mistake_says_how_to_mend_it(officer, field, value, sentence):
    boss = identity.person(roles=("responsible",))
    answer = officer.post("/it/programmes/manage/new", data={**CARD, "responsible": boss.ref, field: value})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "Idee di quartiere che diventano servizi." in text(answer)


def test_a_card_is_corrected_but_its_code_stays(officer):
    boss = identity.person(roles=("responsible",))
    programme = programmes.programme()
    path = f"/it/programmes/manage/{programme.ref}/edit"
    assert 'value="B49D' in text(officer.get(path)) or "B49D16010990006" in text(officer.get(path))
    changed = {**CARD, "responsible": boss.ref, "title": "Un altro titolo", "code": "MI9.9.9.z"}
    assert officer.post(path, data=changed).status_code == 303
    assert queries.by_code("MI3.3.1.d").title == "Un altro titolo"


def test_amounts_of_another_system_are_recorded_once_a_day(officer):
    programme = programmes.programme()
    path = f"/it/programmes/manage/{programme.ref}/progress"
    typed = {"planned": "100", "admitted": "100", "committed": "50,50", "disbursed": "0", "as_of": "2026-03-01",
             "source_note": "Scheda"}  # fmt: skip
    assert officer.get(path).status_code == 200
    assert officer.post(path, data=typed).status_code == 303
    assert queries.latest_progress(programme).disbursed == ZERO
    again = officer.post(path, data=typed)
    assert again.status_code == 422
    assert "già registrato" in text(again)
    assert "deve ancora venire" in text(officer.post(path, data={**typed, "as_of": "2026-04-01"}))


def test_the_responsible_officer_releases_too_and_others_do_not(client, sign_in):
    source = programmes.source()
    path = f"/it/programmes/manage/sources/{source.ref}/release"
    typed = {"amount": "1", "act": "DD 1/2026", "on": "2026-03-01"}
    for role, status in (("responsible", 303), ("finance", 403), ("evaluator", 403)):
        sign_in(client, identity.person(roles=(role,)))
        assert client.post(path, data=typed).status_code == status
