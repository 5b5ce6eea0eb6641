"""Lists: filters, pages, saved views, acts on many rows, files; the same few questions however long they are."""

import csv
import re
from io import StringIO

import pytest
from sqlalchemy import text

from app.core import clock as time
from app.core.cells import said
from app.core.db import db, transaction
from app.core.listing import pack, unpack
from app.core.money import euros
from app.journal.service import record
from app.web.models import SavedView
from tests.make.identity import person


@pytest.fixture
def sara(client, app, sign_in):
    found = person("Sara Colombo", roles=["administrator"])
    sign_in(client, found)
    return found


def write(by, *subjects, what="calls.publish"):
    with transaction():
        for subject in subjects:
            record(what, subject=subject, by=by, now=time.now())


def following(page):
    found = re.search(r'href="([^"]*[?&;]after=[^"]*)" rel="next"', page)
    return found and found[1].replace("&amp;", "&")


def test_boxes_of_one_filter_add_and_filters_narrow_each_other(client, sara):
    write(sara, "call:1")
    write(sara, "proposal:2", what="proposals.submit")
    write(sara, "grant:3", what="grants.sign")
    both = client.get("/it/journal?room=calls&room=grants").text
    assert "call:1<" in both
    assert "grant:3<" in both
    assert "proposal:2<" not in both
    assert "grant:3<" not in client.get("/it/journal?room=calls&room=grants&q=call").text
    assert 'href="/it/journal?view=all&amp;room=grants"' in both  # the chip that takes the other away


def test_pages_show_each_row_once_and_lead_back(client, sara):
    write(sara, *(f"call:{number}" for number in range(60)))
    seen, address = [], "/it/journal?q=call:"
    while address:
        page = client.get(address).text
        seen += re.findall(r">(call:\d+)<", page)
        address, last = following(page), page
    assert seen == [f"call:{number}" for number in reversed(range(60))]
    assert "Da 51 a 60 di 60" in last
    back = re.search(r'href="([^"]*before=[^"]*)" rel="prev"', last)[1].replace("&amp;", "&")
    assert re.findall(r">(call:\d+)<", client.get(back).text) == seen[25:50]


@pytest.mark.parametrize("word", ["x", "", "%00", "é", pack("a", 1), pack(7, 1), pack(euros("1"), 2), "W10", "9" * 500])
def test_a_forged_place_in_the_list_is_its_first_page(client, sara, word):
    assert client.get(f"/it/journal?after={word}&sort=nothing&view=nothing&room=nothing").status_code == 200


def test_a_place_is_read_back_as_it_was_written():
    assert unpack(pack(euros("12.50"), 3)) == (euros("12.50"), 3)


def test_ten_thousand_rows_cost_as_many_questions_as_none(client, sara, count_sql):
    with count_sql() as few:
        assert client.get("/it/journal?q=publish&room=calls").status_code == 200
    with transaction():
        db.session.execute(
            text(
                "insert into journal_entry (at, what, subject, data) select now(), 'calls.publish', 'call:' || n, '{}'"
                " from generate_series(1, 10000) n"
            )
        )
    with count_sql() as many:
        page = client.get("/it/journal?q=publish&room=calls").text
    assert "10.000 righe" in page.replace("<strong>", "").replace("</strong>", "")
    assert len(many) <= len(few) <= 12


def test_the_file_holds_every_row_and_no_formula(client, sara):
    write(sara, *(f"=call:{number}" for number in range(30)))
    answer = client.get("/it/journal?q=%3Dcall&as=csv")
    rows = list(csv.reader(StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(rows) == 31
    assert {row[3][:2] for row in rows[1:]} == {"'="}
    assert said(euros("1234.50")) == "1234,50"
    assert said("+39 02") == "'+39 02"


def test_a_saved_view_is_its_owners_and_holds_only_what_the_list_knows(client, app, sara, sign_in):
    query = "view=people&q=orto&room=calls&evil=1&sort=oldest&after=x"
    answer = client.post("/it/lists/journal.index/views", data={"name": "  Il  mio ", "query": query})
    kept = db.session.scalars(db.select(SavedView)).one()
    assert kept.name == "Il mio"
    assert kept.asked == {"view": ["people"], "q": ["orto"], "room": ["calls"], "sort": ["oldest"]}
    page = client.get(answer.headers["Location"]).text
    assert re.search(r'aria-current="true">Il mio <span class="cv-count">\d', page)
    other = sign_in(app.test_client(), person(roles=["administrator"]))
    assert "Il mio" not in other.get("/it/journal").text
    assert other.post(f"/it/lists/views/{kept.ref}/remove").status_code == 404
    assert client.post(f"/it/lists/views/{kept.ref}/remove").status_code == 303
    assert db.session.scalars(db.select(SavedView)).all() == []


def test_a_view_without_a_name_is_asked_again_and_a_closed_list_keeps_none(client, app, sara, sign_in):
    assert client.post("/it/lists/journal.index/views", data={"name": " ", "query": "view=all"}).status_code == 422
    officer = sign_in(app.test_client(), person(roles=["officer"]))
    assert officer.post("/it/lists/journal.index/views", data={"name": "Mia"}).status_code == 403
    assert client.post("/it/lists/nothing/views", data={"name": "Mia"}).status_code == 404


def test_an_act_on_many_rows_asks_once_more_and_says_what_happened_to_each(client, sara):
    ada, bea = person("Ada Prima"), person("Bea Seconda", roles=["officer"])
    ticked = {"act": "give", "row": [ada.ref, bea.ref, sara.ref, "per_nobody"], "back": "view=all&q=a"}
    asked = client.post("/it/people", data=ticked).text
    assert "Dare un ruolo a queste persone?" in asked
    assert "Nessuno si dà un ruolo da solo." in asked
    assert client.post("/it/people", data={**ticked, "sure": "yes"}).status_code == 422  # which role?
    done = client.post("/it/people", data={**ticked, "sure": "yes", "role": "officer"}).text
    assert "Ruolo dato" in done
    assert "Questa persona ha già il ruolo." in done
    assert 'href="/it/people?view=all&amp;q=a"' in done
    assert "Ada Prima" in client.get("/it/people?view=officer").text
    assert client.post("/it/people", data={"act": "nothing", "row": ada.ref}).status_code == 303
    assert client.post("/it/people", data={"act": "give"}).status_code == 303


def test_every_list_works_in_both_languages_with_every_view_and_order(client, app, sign_in):
    from app.web.listing import LISTS

    everybody = ["officer", "responsible", "finance", "administrator"]
    sign_in(client, person(roles=everybody))
    with app.test_request_context("/it/"):
        addresses = {name: app.url_for(name, lang="en") for name in LISTS}
    for name, address in addresses.items():
        page = client.get(address).text
        for link in re.findall(r'href="([^"]*[?](?:view|[^"]*sort)=[^"]*)"', page)[:20]:
            assert client.get(link.replace("&amp;", "&")).status_code == 200, (name, link)
        assert client.get(f"{address}?as=csv").status_code == 200, name
