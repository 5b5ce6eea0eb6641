"""What leaves the site: open to all, without a cookie, cached by content, whatever people wrote in their titles."""

import io
import json
import re
from urllib.parse import quote
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as Xml

import pypdf
import pytest
from PIL import Image
from sqlalchemy import text

from app.calls import queries as calls
from app.campaigns import service
from app.core.db import db, transaction
from tests.make import campaigns
from tests.make.campaigns import members

PICTURES = ("card.png", "badge.png", "badge.svg", "qr.png", "qr.svg", "poster.pdf")
PAGES = ("widget", "news.atom", "news.json")
HOSTILE = (
    "Orto \"unito\" & <b>'vivo'</b> ]]></script><script>alert(1)</script>",
    "W" * 200,
    "شارع الربيع والحديقة",
    "🌱🌻",
)
ATOM = "{http://www.w3.org/2005/Atom}"


def read(data):
    return Xml.fromstring(data)  # noqa: S314 - written by us


@pytest.fixture
def project(app, clock):
    found = campaigns.live_campaign()
    with transaction():
        service.post_update(
            found, "Prima <b>serata</b>", "Ci vediamo **lunedì**.", by=members(found)[0], now=clock.now()
        )
    return found


def named(project, title):
    with transaction():
        db.session.execute(
            text("update campaigns_campaign set title = :title where id = :id"), {"title": title, "id": project.id}
        )
    db.session.expire_all()


def test_each_answer_is_open_to_all_without_a_cookie_and_not_made_twice(client, project):
    call = calls.call(project.call_id)
    paths = [f"/it/projects/{project.slug}/{name}" for name in PICTURES + PAGES]
    paths += ["/en/card.png", f"/en/calls/{call.slug}/card.png", "/en/feeds/news.atom", "/it/feeds/calls.json"]
    paths += ["/icon-180.png", "/favicon.ico", "/apple-touch-icon.png", "/site.webmanifest"]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers, path
        assert answer.headers["Cache-Control"].startswith("public, max-age="), path
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        if not path.endswith("widget"):
            again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b""), path


def test_pictures_have_the_form_and_size_that_they_claim(client, project):
    call = calls.call(project.call_id)
    sizes = {
        f"/it/projects/{project.slug}/card.png": (1200, 630),
        f"/it/calls/{call.slug}/card.png": (1200, 630),
        "/it/card.png": (1200, 630),
        f"/it/projects/{project.slug}/badge.png": (688, 128),
        "/icon-32.png": (32, 32),
        "/icon-512.png": (512, 512),
    }
    for path, size in sizes.items():
        answer = client.get(path)
        with Image.open(io.BytesIO(answer.data)) as picture:
            assert (picture.format, picture.size, answer.mimetype) == ("PNG", size, "image/png")
        assert len(answer.data) < 150 * 1024, path
    assert client.get("/icon-33.png").status_code == 404
    for name in ("qr.svg", "badge.svg"):
        drawn = read(client.get(f"/it/projects/{project.slug}/{name}").data)
        assert drawn.tag == "{http://www.w3.org/2000/svg}svg", "a picture of its own needs its name space"
    with Image.open(io.BytesIO(client.get("/favicon.ico").data)) as picture:
        assert picture.format == "ICO"
    manifest = client.get("/site.webmanifest").get_json(force=True)
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200
    one, other = (client.get(f"/{lang}/projects/{project.slug}/card.png").data for lang in ("it", "en"))
    assert one != other


def test_the_card_changes_when_money_comes_and_only_then(client, project, clock):
    path = f"/it/projects/{project.slug}/card.png"
    first = client.get(path)
    clock.move(minutes=5)
    assert client.get(path).headers["ETag"] == first.headers["ETag"]
    named(project, "Un altro nome")
    assert client.get(path).headers["ETag"] != first.headers["ETag"]


def test_the_poster_is_an_accessible_pdf_in_both_languages(client, project):
    for lang, words in (("it", "Dona a questo progetto"), ("en", "Give to this project")):
        answer = client.get(f"/{lang}/projects/{project.slug}/poster.pdf")
        read = pypdf.PdfReader(io.BytesIO(answer.data))
        assert len(read.pages) == 1
        assert [round(float(side)) for side in read.pages[0].mediabox[2:]] == [595, 842]
        assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert read.trailer["/Root"]["/Lang"] == lang
        assert read.metadata.title == project.title
        said = " ".join(read.pages[0].extract_text().split())
        assert words in said
        assert project.title in said
        assert f"localhost/p/{project.slug}" in said
        assert answer.mimetype == "application/pdf"


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_of_any_words_breaks_nothing_that_leaves(client, project, title):
    named(project, title)
    at = f"/it/projects/{project.slug}"
    for name in PICTURES:
        assert client.get(f"{at}/{name}").status_code == 200, name
    read(client.get(f"{at}/badge.svg").data)
    pypdf.PdfReader(io.BytesIO(client.get(f"{at}/poster.pdf").data))
    widget = client.get(f"{at}/widget").text
    assert "<script" not in widget
    root = read(client.get(f"{at}/news.atom").data)
    assert root.findtext(f"{ATOM}title") == title
    feed = client.get(f"{at}/news.json").get_json(force=True)
    assert feed["title"] == title
    page = client.get(at).text
    facts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(facts) == 1
    assert json.loads(facts[0])["name"] == title
    assert re.findall(r"<script\b[^>]*>", page).count("<script>") == 0
    said = client.get(f"/oembed?url=http://localhost{at}").get_json()
    assert said["title"] == title
    assert re.sub(r'"[^"]*"', "", said["html"]).count("<") == 2
    snippet = client.get(f"{at}/share").text
    assert "<script>alert" not in snippet


def test_the_widget_may_stand_in_any_frame_and_runs_nothing(client, project):
    answer = client.get(f"/it/projects/{project.slug}/widget")
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert not re.search(r"<script|\son\w+=|\sstyle=|<form", answer.text)
    assert len(answer.data) < 12 * 1024
    assert set(re.findall(r'<a [^>]*href="([^"]*)"', answer.text)) == {
        f"http://localhost/it/projects/{project.slug}",
        "http://localhost/it/",
    }
    assert answer.text.count('target="_blank"') == answer.text.count('rel="noopener"') == 3
    assert "frame-ancestors 'none'" in client.get(f"/it/projects/{project.slug}").headers["Content-Security-Policy"]
    assert client.get(f"/en/projects/{project.slug}/widget").text.startswith('<!doctype html>\n<html lang="en">')


def test_oembed_answers_as_its_specification_says(client, project):
    page = f"http://localhost/en/projects/{project.slug}"

    def ask(**words):
        return client.get("/oembed?" + "&".join(f"{name}={quote(str(value))}" for name, value in words.items()))

    whole = ask(url=page, format="json").get_json()
    assert (whole["version"], whole["type"], whole["width"], whole["height"]) == ("1.0", "rich", 390, 520)
    assert f'src="{page}/widget"' in whole["html"]
    assert whole["thumbnail_url"] == f"{page}/card.png"
    narrow = ask(url=page, maxwidth=300, maxheight=480).get_json()
    assert (narrow["type"], narrow["width"], narrow["height"]) == ("rich", 300, 480)
    assert 'width="300" height="480"' in narrow["html"]
    assert "thumbnail_url" not in narrow
    tiny = ask(url=page, maxwidth=100).get_json()
    assert tiny["type"] == "link"
    assert "html" not in tiny
    assert ask(url=page, maxwidth="wide").get_json()["width"] == 390
    assert ask(url=page, format="xml").status_code == 501
    elsewhere = (
        "",
        "nonsense",
        "http://[",
        f"https://evil.example/en/projects/{project.slug}",
        f"http://localhost.evil.example/en/projects/{project.slug}",
        "http://localhost/en/projects/nobody",
        "http://localhost/en/desk",
        "http://localhost/en/",
        "javascript:alert(1)",
    )
    for address in elsewhere:
        assert ask(url=address).status_code == 404, address
    assert ask(url=f"http://localhost/p/{project.slug}").get_json()["type"] == "rich"
    answer = ask(url=page)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    found = re.search(
        r'<link rel="alternate" type="application/json\+oembed"[^>]*href="([^"]*)"', client.get(page).text
    )
    assert found
    there = found[1].replace("&amp;", "&").removeprefix("http://localhost")
    assert client.get(there).get_json()["title"] == project.title


def test_the_short_address_leads_to_the_page_in_the_readers_language(client, project):
    for wish, lang in (("en-GB,en;q=0.9", "en"), ("de", "it"), ("it", "it")):
        answer = client.get(f"/p/{project.slug}", headers={"Accept-Language": wish})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/{lang}/projects/{project.slug}")
        assert "Accept-Language" in answer.headers["Vary"]
    assert client.get("/p/nobody").status_code == 404


def test_what_is_not_public_leaves_nowhere(client, app):
    hidden = campaigns.asked()
    for name in (*PICTURES, *PAGES, "share"):
        assert client.get(f"/it/projects/{hidden.slug}/{name}").status_code == 404, name
    assert client.get(f"/p/{hidden.slug}").status_code == 404
    assert client.get(f"/oembed?url=http://localhost/it/projects/{hidden.slug}").status_code == 404
    assert client.get("/sitemap-projects-1.xml").status_code == 404
    assert hidden.title not in client.get("/it/feeds/news.atom").text


def test_feeds_hold_news_with_their_words_as_content(client, project):
    for path in ("/it/feeds/news.atom", f"/it/projects/{project.slug}/news.atom"):
        root = read(client.get(path).data)
        entry = root.find(f"{ATOM}entry")
        assert entry.findtext(f"{ATOM}title") == f"{project.title}: Prima <b>serata</b>"
        content = entry.find(f"{ATOM}content")
        assert (content.get("type"), content.text.strip()) == ("html", "<p>Ci vediamo <strong>lunedì</strong>.</p>")
        assert entry.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}published")
        own = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
        assert own == [f"http://localhost{path}"]
    calls_feed = client.get("/en/feeds/calls.json").get_json(force=True)
    assert calls_feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in calls_feed["items"]] == [calls.call(project.call_id).title]
    assert client.get("/it/feeds/news.xml").status_code == 404


def test_an_empty_feed_is_still_a_feed(client, app):
    first, second = (client.get("/it/feeds/news.atom").data for _ in range(2))
    assert first == second
    assert read(first).find(f"{ATOM}entry") is None


def test_the_site_map_names_every_public_page_in_both_languages(client, project):
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    index = read(client.get("/sitemap.xml").data)
    parts = [spot.text.removeprefix("http://localhost") for spot in index.iterfind("s:sitemap/s:loc", names)]
    assert parts == ["/sitemap-pages.xml", "/sitemap-projects-1.xml"]
    known = []
    for part in parts:
        for spot in read(client.get(part).data).iterfind("s:url", names):
            address = spot.findtext("s:loc", namespaces=names)
            langs = {link.get("hreflang"): link.get("href") for link in spot.iterfind("x:link", names)}
            assert set(langs) == {"it", "en", "x-default"}
            assert address in (langs["it"], langs["en"])
            known.append(address)
    assert len(known) == len(set(known))
    assert f"http://localhost/en/projects/{project.slug}" in known
    for address in known:
        assert client.get(address.removeprefix("http://localhost")).status_code == 200, address
    assert client.get("/sitemap-projects-2.xml").status_code == 404
    robots = client.get("/robots.txt").text
    assert "Sitemap: http://localhost/sitemap.xml" in robots
    rules = RobotFileParser()
    rules.parse(robots.splitlines())
    public = [*known, "http://localhost/it/money/register", "http://localhost/en/groups/about/orto"]
    assert [address for address in public if not rules.can_fetch("*", address)] == []
    closed = ("/it/desk", "/en/groups/grp_1", "/it/pledges/x", "/dev/mail")
    assert [path for path in closed if rules.can_fetch("*", f"http://localhost{path}")] == []


def test_every_public_page_names_its_true_address_its_languages_and_its_picture(client, project):
    page = client.get(f"/it/projects/{project.slug}?order=largest&utm_source=x").text
    own = f"http://localhost/it/projects/{project.slug}"
    assert f'<link rel="canonical" href="{own}">' in page
    langs = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page))
    assert langs == {"it": own, "en": own.replace("/it/", "/en/"), "x-default": own}
    said = dict(re.findall(r'<meta property="og:([^"]+)" content="([^"]*)">', page))
    assert said["url"] == own
    assert said["image"] == f"{own}/card.png"
    assert (said["image:width"], said["image:height"], said["locale"]) == ("1200", "630", "it_IT")
    assert said["title"].startswith(project.title)
    assert said["description"] == project.summary
    home = client.get("/en/").text
    assert '"@type": "GovernmentOrganization"' in home
    assert 'content="http://localhost/en/card.png"' in home
    call = calls.call(project.call_id)
    assert '"@type": "MonetaryGrant"' in client.get(f"/en/calls/{call.slug}").text
    listed = client.get("/it/projects/?zone=dergano&q=orto").text
    assert 'rel="canonical" href="http://localhost/it/projects/?zone=dergano"' in listed
    wall = client.get(f"/it/projects/{project.slug}/donors?order=first&page=2").text
    assert f'rel="canonical" href="{own}/donors?page=2"' in wall


def test_pages_of_one_person_and_pages_that_are_not_there_are_kept_out_of_search(client, app):
    for path in ("/it/projects/nobody", "/it/nothing-here"):
        page = client.get(path).text
        assert '<meta name="robots" content="noindex">' in page
        assert "canonical" not in page
        assert "og:image" not in page
