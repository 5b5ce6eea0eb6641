"""The shell: every page of plain words in both languages, the menus, the error pages, the kit in all its states."""

import re
from pathlib import Path

import pytest
from lxml import html

from app.web import navigation
from app.web.context import Viewer
from app.web.views.home import PAGES

ROOT = Path(__file__).resolve().parents[2]
TITLE = re.compile(r"macro ([a-z]\w*)\(")


def page(answer):
    return html.fromstring(answer.data)


@pytest.mark.parametrize("name", ["", *sorted(f"pages/{name}" for name in PAGES)])
@pytest.mark.parametrize("language", ["it", "en"])
def test_every_page_has_one_heading_a_title_and_its_other_language(client, language, name):
    answer = client.get(f"/{language}/{name}")
    assert answer.status_code == 200
    drawn = page(answer)
    assert drawn.get("lang") == language
    assert len(drawn.findall(".//h1")) == 1
    assert drawn.findtext(".//title").strip().endswith("– Cofonda Milano")
    other = {"it": "en", "en": "it"}[language]
    assert any(href.endswith(f"/{other}/{name}") for href in drawn.xpath("//link[@rel='alternate']/@href"))
    assert f"/{other}/{name}" in drawn.xpath("//header//a/@href")


def test_titles_are_unique(client):
    titles = [page(client.get(f"/it/pages/{name}")).findtext(".//title") for name in PAGES]
    assert len(set(titles)) == len(PAGES)


def test_a_visitors_page_sets_no_cookie_and_holds_no_post_form(client):
    answer = client.get("/it/")
    assert "Set-Cookie" not in answer.headers
    assert not page(answer).xpath("//form[@method='post']")


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_id_stands_once_and_every_label_and_hint_finds_its_field(client, language):
    for name in ("", *(f"pages/{name}" for name in PAGES)):
        drawn = page(client.get(f"/{language}/{name}"))
        ids = drawn.xpath("//@id")
        assert sorted(ids) == sorted(set(ids)), name
        wanted = drawn.xpath("//label/@for") + " ".join(drawn.xpath("//@aria-describedby|//@aria-labelledby")).split()
        assert set(wanted) <= set(ids), name
        anchors = [link[1:] for link in drawn.xpath("//a/@href") if link.startswith("#")]
        assert set(anchors) <= set(ids), name


def test_links_of_the_shell_lead_somewhere(client):
    drawn = page(client.get("/it/"))
    links = set(drawn.xpath("//header//a/@href | //footer//a/@href"))
    for link in sorted(links):
        if link.startswith("/it/pages") or link in ("/it/", "/en/"):
            assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503, 418])
def test_an_error_page_says_what_happened_and_what_to_do(app, status):
    from app.web.errors import page as error_page

    with app.test_request_context("/it/"):
        app.preprocess_request()
        body, code = error_page(status, "")
    drawn = html.fromstring(body)
    assert code == status
    assert str(status) in drawn.findtext(".//p[@class='cv-steps']")
    assert len(drawn.findall(".//h1")) == 1
    assert drawn.xpath("//main//a/@href")


@pytest.mark.parametrize(
    ("language", "sentence"), [("it", "Questa pagina non esiste"), ("en", "This page does not exist")]
)
def test_an_unknown_page_answers_404_in_the_readers_language(client, language, sentence):
    answer = client.get(f"/{language}/pages/niente")
    assert answer.status_code == 404
    assert sentence in answer.text


def test_the_error_page_of_a_resting_database_needs_no_database(app, count_sql):
    from flask import g

    from app.web.errors import page as error_page

    with app.test_request_context("/it/"), count_sql() as seen:
        app.preprocess_request()
        g.offline = True
        body, _ = error_page(503, "")
    assert "Comune di Milano" in str(body)
    assert seen == []


def test_while_the_service_rests_every_page_says_so_without_the_database(app, client, count_sql):
    app.config["MAINTENANCE"] = True
    try:
        with count_sql() as seen:
            answer = client.get("/it/projects/")
        assert client.get("/healthz").status_code == 200
    finally:
        app.config["MAINTENANCE"] = False
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "300"
    assert "Il servizio è fermo" in answer.text
    assert seen == []


def test_a_fault_while_the_database_is_down_still_shows_a_whole_page(app, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from app.core import settings
    from app.web.errors import _plain_or_page

    def down(*_args):
        raise OperationalError("select", {}, Exception("no connection"))

    monkeypatch.setattr(settings, "several", down)
    with app.test_request_context("/it/"):
        app.preprocess_request()
        body, status = _plain_or_page(500)
    drawn = html.fromstring(body)
    assert status == 500
    assert drawn.xpath("//main//a/@href")
    assert drawn.xpath("//img[contains(@class, 'cv-scene')]")


def test_the_status_page_says_which_part_does_not_work(client):
    drawn = html.fromstring(client.get("/it/status").data)
    rows = {row.find("th").text: row.xpath("string(td)").strip() for row in drawn.xpath("//main//tbody/tr")}
    assert rows["Archivio dei dati"] == "funziona"
    assert rows["Lavori automatici"] == "non funziona"  # no worker runs beside the tests
    assert drawn.findtext(".//h1") == "Qualcosa non funziona"


@pytest.mark.parametrize("path", ["", "projects/", "calls", "pages/privacy", "pages/cookies", "money"])
def test_every_public_page_says_when_it_was_last_changed(client, path):
    drawn = html.fromstring(client.get(f"/it/{path}", follow_redirects=True).data)
    said = drawn.xpath("//footer//time")[0]
    assert said.text.startswith("Pagina aggiornata il ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said.get("datetime"))


KIT = sorted((ROOT / "templates/parts").glob("*.html"))
# What the head of a page tells machines has no look of its own; the header stands on the guide as on every page;
# a photo needs a file that is there.
UNSEEN = {"head.html": None, "header.html": None, "photos.html": {"photo"}}


@pytest.mark.parametrize("path", KIT, ids=lambda path: path.stem)
def test_the_style_guide_shows_every_piece_of_the_kit(path):
    guide = (ROOT / "templates/web/style_guide.html").read_text()
    pieces = TITLE.findall(path.read_text())
    hidden = UNSEEN.get(path.name, set())
    if hidden is None:
        return
    imported = re.search(rf'import "parts/{path.name}" as (\w+)', guide)
    assert imported, f"the style guide does not know {path.name}"
    assert pieces
    assert [piece for piece in pieces if piece not in hidden and f"{imported[1]}.{piece}(" not in guide] == []


def test_no_sentence_of_a_template_has_a_bare_percent_sign():
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for words in re.findall(r'\b_\("((?:[^"\\]|\\.)*)"', path.read_text()):
            if re.search(r"%(?!\(|%)", words.replace("%%", "")):
                wrong.append((path.name, words))
    assert wrong == []


@pytest.mark.parametrize(
    ("roles", "sees", "misses"),
    [
        ({"officer"}, "web.desk", "identity.people"),
        ({"administrator"}, "web.desk", "proposals.queue"),
        ({"finance"}, "web.desk", "calls.manage"),
    ],
)
def test_the_desk_menu_shows_what_the_role_opens(app, roles, sees, misses):
    known = {entry.endpoint: entry for entry in navigation.DESK}
    assert not known[sees].roles or known[sees].roles & roles
    assert not known[misses].roles & roles
    with app.test_request_context("/it/"):
        app.preprocess_request()
        labels = [link.label for link in navigation.staff_menu(Viewer(1, "r", "Ada", frozenset(roles)))]
    assert "Coda di lavoro" in labels
    assert str(known[misses].label) not in labels


def test_a_signed_in_member_of_staff_finds_the_desk(app):
    def labels(roles: set[str]) -> list[str]:
        return [link.label for link in navigation.account_menu(Viewer(1, "r", "Ada", frozenset(roles)))]

    with app.test_request_context("/it/"):
        app.preprocess_request()
        assert labels({"officer"})[0] == "Scrivania"
        assert labels(set()) == ["Da fare", "Ada"]


TOKEN = re.compile(r"--cv-([a-z-]+): (#[0-9a-f]{3,6});")


def _light(colour: str) -> float:
    colour = colour.lstrip("#")
    colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(colour[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, two: str) -> float:
    bright, dark = sorted((_light(one), _light(two)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_text_colour_can_be_read_on_every_ground():
    tokens = dict(TOKEN.findall((ROOT / "static/src/civic.css").read_text()))
    for text in ("primary", "primary-dark", "cotto", "cotto-dark", "ink", "muted", "green", "red"):
        for ground in ("paper", "stone", "cotto-soft"):
            assert _contrast(tokens[text], tokens[ground]) >= 4.5, f"{text} on {ground}"
    assert _contrast(tokens["field"], tokens["paper"]) >= 3
    assert _contrast("#ffffff", tokens["night"]) >= 7


@pytest.mark.parametrize(
    ("typed", "status", "there"),
    [
        ("/it/calls/", 308, "/it/calls"),
        ("/it/calls/?state=open", 308, "/it/calls?state=open"),
        ("/it/pages/privacy/", 308, "/it/pages/privacy"),
        ("/it/nowhere/", 404, None),
        ("/it//example.org/", 404, None),
    ],
)
def test_a_slash_too_many_leads_to_the_page(client, typed, status, there):
    answer = client.get(typed)
    assert (answer.status_code, answer.location) == (status, there)
