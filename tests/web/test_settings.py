"""The municipality's settings: what every page says, its logo, and a colour that can be read."""

import io

import pytest
from lxml import html

from app.core import settings
from app.journal import queries as journal
from tests.make import identity, pictures

FILLED = {
    "name": "Comune di Pavia", "short": "Pavia", "office": "Ufficio quartieri", "address": "piazza Municipio 2",
    "email": "cofonda@pavia.example", "phone": "", "colour": "#00695C",
    "tax_code": "01199250158", "iban": "IT60 X054 2811 1010 0000 0123 456",
}  # fmt: skip


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, identity.person(roles=("administrator",)))


def test_what_is_saved_stands_on_every_page_and_in_the_journal(desk):
    assert desk.post("/it/settings", data=FILLED).status_code == 303
    page = desk.get("/it/").text
    assert "Comune di Pavia" in page
    assert "Pavia ne aggiunge" in page
    assert "/theme-00695C.css" in page
    entry = journal.history("city")[-1]
    assert entry.what == "web.change_city"
    assert entry.data["before"]["short"] == "Milano"
    assert entry.data["after"]["short"] == "Pavia"


def test_the_account_from_which_the_city_pays_is_checked_and_kept_without_spaces(desk):
    wrong = desk.post("/it/settings", data={**FILLED, "iban": "IT60 X054 2811 1010 0000 0123 457", "tax_code": "123"})
    assert wrong.status_code == 422
    drawn = html.fromstring(wrong.data)
    assert "cifra sbagliata" in drawn.xpath("string(//*[@id='f-iban-error'])")
    assert drawn.xpath("string(//*[@id='f-tax_code-error'])")
    assert desk.post("/it/settings", data=FILLED).status_code == 303
    assert settings.get("city.iban") == "IT60X0542811101000000123456"


def test_saving_the_same_again_writes_nothing(desk):
    desk.post("/it/settings", data=FILLED)
    before = len(journal.history("city"))
    desk.post("/it/settings", data=FILLED)
    assert len(journal.history("city")) == before


@pytest.mark.parametrize(
    ("colour", "why"),
    [
        ("blu", "# e sei cifre"),
        ("#FFC53D", "si leggono male"),
        ("#B00020", "rosso mattone"),
        ("#C23B1A", "rosso mattone"),
    ],
)
def test_a_colour_that_cannot_be_used_is_refused_with_its_reason(desk, colour, why):
    answer = desk.post("/it/settings", data={**FILLED, "colour": colour})
    assert answer.status_code == 422
    drawn = html.fromstring(answer.data)
    assert why in drawn.xpath("string(//*[@id='f-colour-error'])")
    assert drawn.xpath("//input[@name='name']/@value") == ["Comune di Pavia"]
    assert settings.get("city.short") == "Milano"


def test_a_preview_shows_the_colour_and_saves_nothing(desk):
    answer = desk.post("/it/settings", data={**FILLED, "preview": "yes"})
    drawn = html.fromstring(answer.data)
    assert "#00695C" in drawn.xpath("//*[contains(@class, 'cv-sample')]//rect/@fill")
    assert settings.get("city.colour") == "#0066CC"


def test_a_logo_stands_on_every_page_until_it_is_taken_away(desk):
    sent = {**FILLED, "logo": (io.BytesIO(pictures.photo()), "stemma.jpg")}
    assert desk.post("/it/settings", data=sent, content_type="multipart/form-data").status_code == 303
    drawn = html.fromstring(desk.get("/it/").data)
    address = drawn.xpath("//img[@class='cv-logo']/@src")[0]
    assert desk.get(address).status_code == 200
    desk.post("/it/settings", data={**FILLED, "no_logo": "yes"})
    assert not html.fromstring(desk.get("/it/").data).xpath("//img[@class='cv-logo']")


def test_what_is_no_picture_is_no_logo(desk):
    sent = {**FILLED, "logo": (io.BytesIO(b"no picture"), "stemma.png")}
    answer = desk.post("/it/settings", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert html.fromstring(answer.data).xpath("//*[@id='f-logo-error']")
