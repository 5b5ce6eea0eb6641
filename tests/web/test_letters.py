"""What readers write to the office: kept, mailed once, and braked."""

import pytest
from lxml import html
from sqlalchemy import func, select

from app.core import settings
from app.core.db import db
from app.outbox import queries as outbox
from app.outbox import service as letters
from app.web import rules
from app.web.models import Feedback

GOOD = {"about": "accessibility", "words": "La tabella non si legge con la sintesi.", "page": "Bandi", "email": ""}


def kept():
    return db.session.scalar(select(func.count()).select_from(Feedback))


@pytest.mark.parametrize("about", rules.About)
def test_a_letter_is_kept_and_reaches_the_office_by_mail(client, about):
    answer = client.post("/it/write", data={**GOOD, "about": about, "email": "lucia@example.org"})
    assert answer.status_code == 303
    assert "L’ufficio l’ha ricevuto" in client.get(answer.location).text
    letter = db.session.scalars(select(Feedback)).one()
    assert (letter.about, letter.page, letter.language) == (about, "Bandi", "it")
    mail = outbox.latest(1)[0]
    assert mail.recipient == settings.get("city.email")
    said = letters.text_of(mail)
    assert GOOD["words"] in said
    assert "lucia@example.org" in said


@pytest.mark.parametrize(
    ("change", "field"),
    [({"words": "corto"}, "words"), ({"words": "x" * 4001}, "words"), ({"email": "lucia"}, "email"),
     ({"email": "lucia@x"}, "email"), ({"page": "y" * 301}, "page")],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_beside_its_field_and_stays_typed(client, change, field):
    typed = {**GOOD, **change}
    answer = client.post("/it/write", data=typed)
    assert answer.status_code == 422
    drawn = html.fromstring(answer.data)
    assert drawn.xpath(f"//*[@id='f-{field}-error']")
    assert drawn.xpath("//textarea[@name='words']")[0].text.strip() == typed["words"]
    assert kept() == 0


def test_the_page_from_which_one_comes_is_already_there(client):
    drawn = html.fromstring(client.get("/it/write?about=complaint&page=/it/calls").data)
    assert drawn.xpath("//input[@name='page']/@value") == ["/it/calls"]
    assert drawn.xpath("//input[@checked]/@value") == ["complaint"]


def test_a_flood_of_letters_is_refused_and_what_was_typed_stays(client):
    for _ in range(rules.ONE_READER[0]):
        assert client.post("/it/write", data=GOOD).status_code == 303
    answer = client.post("/it/write", data=GOOD)
    assert answer.status_code == 429
    assert "Troppi tentativi" in answer.text
    assert GOOD["words"] in answer.text
    assert kept() == rules.ONE_READER[0]


def test_the_pages_of_plain_words_lead_to_the_form_and_hold_none_themselves(client):
    for name, about in (("accessibility", "accessibility"), ("terms", "complaint")):
        drawn = html.fromstring(client.get(f"/it/pages/{name}").data)
        assert f"/it/write?about={about}" in drawn.xpath("//main//a/@href")
        assert not drawn.xpath("//form[@method='post']")
