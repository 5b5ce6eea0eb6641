"""Each judge turns red on a defect of its kind: broken pages, served by a real server, shown to the real judges."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response

from tests.browser import chromium
from tests.house.test_texts import breaks_the_policy, raw_fields, without_italian
from tests.ui import markup, phone, suites, tools
from tests.ui.browser import Eyes
from tests.ui.city import served
from tests.ui.demo import Demo, Walk
from tests.ui.findings import Finding, Sheet
from tests.ui.reading import gulpease

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
WHOLE = """<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Una pagina in ordine</title>
HEAD
</head>
<body>
<main>
<h1>Una pagina in ordine</h1>
<p>Qui non manca niente.</p>
BODY
</main>
</body>
</html>
"""
# Those that only `make ui` installs; there a judge that was not tried counts as a finding.
# The slow judges are installed by `make ui` only, which tries these two as well; elsewhere they are no tests.
RUN_SLOW = "SLOW_JUDGES" in os.environ
NOISY = "console.error('qualcosa non va');"


def page(body: str = "", head: str = "") -> str:
    """A page that is in order but for what is added."""
    return WHOLE.replace("HEAD", head).replace("BODY", body).replace("\n\n", "\n")


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with chromium() as browser:
        yield Eyes(browser)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A server that has nothing but a noisy script and a heavy one."""
    site = Flask(__name__)
    site.add_url_rule("/noise.js", "noise", lambda: Response(NOISY, mimetype="text/javascript"))
    heavy = "//" + "".join(hashlib.sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(2000))
    site.add_url_rule("/heavy.js", "heavy", lambda: Response(heavy, mimetype="text/javascript"))
    with served(site) as address:
        yield address


@pytest.fixture
def see(eyes: Eyes, base: str) -> Callable[[str], list[Finding]]:
    """What the browser's judges say of a page."""
    return lambda source: (
        eyes.look(Sheet(f"{base}/it/", source, headers=(("Content-Security-Policy", POLICY),))).findings
    )


def said(findings: list[Finding], judge: str) -> str:
    """What this judge said, and that no other said anything."""
    assert {each.judge for each in findings} <= {judge}, findings
    return "\n".join(each.what for each in findings)


@pytest.mark.browser
def test_a_page_in_order_passes_every_judge(see, tmp_path):
    sheet = Sheet("http://127.0.0.1/it/", page())
    assert see(page()) == []
    assert markup.house(sheet) == markup.words(sheet) == markup.dead_anchors(sheet) == []
    file = tmp_path / "page.html"
    file.write_text(page())
    assert tools.validate([file]) == []


@pytest.mark.browser
def test_a_field_without_a_label_is_seen(see):
    assert "label" in said(see(page('<form><input type="text" name="x"></form>')), "axe")


@pytest.mark.browser
def test_pale_words_are_seen(see, base):
    pale = '<p><svg width="1" height="1" aria-hidden="true"></svg><font color="#cccccc">chiaro</font></p>'
    assert "color-contrast" in said(see(page(pale)), "axe")


@pytest.mark.browser
def test_a_long_word_is_seen(see):
    words = said(see(page(f"<p>{'precipitevolissimevolmente' * 12}</p>")), "overflow")
    assert "at 320 px" in words
    assert "at 1280 px:" in words


@pytest.mark.browser
def test_large_letters_that_do_not_fit_are_seen(see):
    fits = '<p><svg width="1" height="1" aria-hidden="true"></svg></p>' + "<p>precipitevolissimevolmente</p>"
    assert see(page(fits)) == []
    wide = "<table><tr><td nowrap>" + "una riga che non va a capo " * 5 + "</td></tr></table>"
    assert "at 1280 px with 200 % text" in said(see(page(wide)), "overflow")


@pytest.mark.browser
def test_a_script_of_others_is_seen(see):
    found = see(page(head='<script src="http://127.0.0.1:9/counter.js" async></script>'))
    assert "asks http://127.0.0.1:9/counter.js" in [each.what for each in found if each.judge == "hosts"]
    assert any("Content Security Policy" in each.what for each in found if each.judge == "console")


@pytest.mark.browser
def test_an_inline_style_is_seen(see):
    source = page('<p style="margin:0">stretto</p>')
    assert "style" in said(see(source), "console")
    assert said(markup.house(Sheet("http://127.0.0.1/it/", source)), "house") == "a style attribute on <p>"


@pytest.mark.browser
def test_a_noisy_script_is_seen(see):
    assert "qualcosa non va" in said(see(page(head='<script src="/noise.js" async></script>')), "console")


@pytest.mark.browser
def test_a_heavy_page_is_seen(see):
    words = said(see(page(head='<script src="/heavy.js" async></script>')), "weight")
    assert "KiB of scripts, 20 are allowed" in words


@pytest.mark.browser
def test_a_page_of_many_pieces_is_seen(see):
    pieces = "".join(f'<script src="/noise.js?{n}" async></script>' for n in range(16))
    assert "17 requests" in "\n".join(each.what for each in see(page(head=pieces)) if each.judge == "weight")


def test_invalid_markup_is_seen(tmp_path):
    file = tmp_path / "broken.html"
    file.write_text(page("<ul><p>Non è una voce.</p></ul><p>aperto"))
    assert any(path == file for path, _ in tools.validate([file]))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<h1>Un altro titolo</h1>", "2 <h1>, one is wanted"),
        ("<script>1</script>", "an inline script"),
        ('<p onclick="x()">qui</p>', "onclick on <p>"),
        ('<input aria-label="x" name="q">', "was not written by the kit"),
        ('<p id="a">1</p><p id="a">2</p>', "the id a stands more than once"),
        ('<p aria-describedby="gone">1</p>', "aria-describedby names gone"),
    ],
)
def test_what_breaks_the_rules_of_the_house_is_seen(body, words):
    assert words in said(markup.house(Sheet("http://127.0.0.1/it/", page(body))), "house")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ('<p style="margin:0">x</p>', True),
        ("<style>p{}</style>", True),
        ("<p onclick='x()'>x</p>", True),
        ("<script>1</script>", True),
        ('<script src="/static/a.js"></script><p class="cv-style">x</p>', False),
    ],
)
def test_what_the_policy_forbids_is_seen_in_a_template(source, seen):
    assert bool(breaks_the_policy(source)) is seen


def test_a_raw_field_is_seen_in_a_template():
    assert raw_fields('{{ form.text("a") }}<select name="b">') == ["select"]
    assert raw_fields('{{ form.text("a") }}<selection>') == []


def test_a_sentence_without_its_italian_is_seen():
    known = next(iter(markup.catalogue()))
    assert without_italian({known, "Nobody has put this into Italian yet."}) == [
        "Nobody has put this into Italian yet."
    ]


def test_a_journey_that_fails_or_is_left_out_is_seen(tmp_path):
    file = tmp_path / "test_journey.py"
    file.write_text(
        "import pytest\ndef test_arrives(): pass\ndef test_stops(): assert 1 == 2, 'the way is closed'\n"
        "@pytest.mark.skip(reason='no time')\ndef test_left_out(): pass\n"
    )
    found, count = suites.hold({"journeys": [str(file)]}, tmp_path, side_by_side=0)
    assert count == 3
    assert [each.where for each in found] == ["test_stops", "test_left_out"]
    assert "the way is closed" in found[0].what
    nothing, _ = suites.hold({"journeys": [str(tmp_path / "gone.py")]}, tmp_path, side_by_side=0)
    assert "could not be run" in nothing[0].what


def test_a_dead_anchor_is_seen():
    sheet = Sheet(
        "http://127.0.0.1/it/a", page('<a href="#gone">giù</a> <a href="/it/a#main">su</a><p id="main">x</p>')
    )
    assert said(markup.dead_anchors(sheet), "links") == "the anchor #gone is not on the page"


def test_a_sentence_in_the_other_language_is_seen():
    english, italian = next(
        (e, i) for e, i in markup.catalogue().items() if e in markup.wrong_words("it") and len(e) > 20 and "%" not in e
    )
    assert english in said(markup.words(Sheet("http://127.0.0.1/it/", page(f"<p>{english}</p>"))), "words")
    assert markup.words(Sheet("http://127.0.0.1/it/", page(f"<p>{italian}</p>"))) == []
    left = markup.words(Sheet("http://127.0.0.1/it/", page("<p>Mancano %(count)s giorni</p>")))
    assert "a template left" in said(left, "words")


def test_two_sentences_without_a_space_are_seen():
    glued = markup.words(Sheet("http://127.0.0.1/it/", page("<p>Inviata da Rita.Controllata oggi.</p>")))
    assert "two sentences are glued" in said(glued, "words")


def test_the_reading_index_knows_plain_from_hard():
    assert gulpease("Metti un euro. Il Comune ne mette un altro. Oggi non paghi.") > 90
    hard = "L’espletamento dell’istruttoria amministrativa presuppone imprescindibilmente documentazione comprovante"
    assert gulpease(hard) < 20


def test_the_nu_checker_says_when_it_cannot_run(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(tools.Unable, match="default-jre-headless"):
        tools.nu([tmp_path / "page.html"])


def test_a_dead_link_is_seen():
    site = Flask(__name__)
    front = page('<a href="/it/there#gone">uno</a> <a href="/it/nowhere">due</a> <a href="/it/closed">tre</a>')
    site.add_url_rule("/it/", "front", lambda: front)
    site.add_url_rule("/it/there", "there", lambda: page())
    site.add_url_rule("/it/closed", "closed", lambda: Response("", 403))
    site.add_url_rule("/dev/mail", "mail", lambda: page())
    with served(site) as base:
        walk = Walk(Demo(base, ""), site, "visitor", ("it",))
        shown = list(walk.pages())
        found = [each.what for each in [*shown, *walk.anchors()] if isinstance(each, Finding)]
    assert [each.url for each in shown if isinstance(each, Sheet)] == [f"{base}/it/", f"{base}/it/there"]
    assert sorted(found) == [
        f"{base}/it/closed answers 403",
        f"{base}/it/nowhere answers 404",
        f"{base}/it/there has no anchor #gone",
    ]


if RUN_SLOW:

    def test_what_the_nu_checker_refuses_is_seen(tmp_path):
        whole, broken = tmp_path / "whole.html", tmp_path / "broken.html"
        whole.write_text(page())
        broken.write_text(page('<p><a href="una pagina">vai</a></p>'))
        found = tools.nu([whole, broken])
        assert {path.name for path, _ in found} == {"broken.html"}
        assert "href" in found[0][1]

    @pytest.mark.browser
    def test_what_lighthouse_marks_down_is_seen(tmp_path):
        site = Flask(__name__)
        lame = page('<form><input type="text" name="x"></form>').replace('<html lang="it">', "<html>")
        site.add_url_rule("/it/", "lame", lambda: lame)
        with served(site) as base:
            marks = phone.visit(Sheet(f"{base}/it/", lame), tmp_path, speed=False)
        said = "\n".join(each.what for each in phone.held_against(marks))
        assert "accessibility" in said
        assert "label" in said
        assert "html-has-lang" in said
        assert "seo" in said, "the page has no description"
