"""What hangs on a campaign's page: photographs, links to videos, documents, news with its earlier words, a preview."""

import html
import io

import pytest

from app.campaigns import queries, service
from app.campaigns.rules import GALLERY_MOST, checklist, video_host
from app.core import clock as time
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.files.models import File
from app.transparency import queries as transparency
from tests.make import campaigns, identity, pictures, pledges
from tests.make import grants as make_grants
from tests.make import settlement as closing


def said(answer):
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


@pytest.fixture
def live(client, sign_in):
    """An open campaign, one of its group signed in."""
    campaign = campaigns.live_campaign()
    sign_in(client, campaigns.members(campaign)[0])
    return campaign


def add_photo(client, campaign, words="La portineria chiusa", data=None, name="foto.jpg"):
    form = {"kind": "photo", "words": words, "photo": (io.BytesIO(data or pictures.photo()), name)}
    return client.post(f"/it/projects/prepare/{campaign.ref}/gallery", data=form)


def add_video(client, campaign, address, **more):
    form = {"kind": "video", "address": address, "title": "Il cortile in un minuto", **more}
    return client.post(f"/it/projects/prepare/{campaign.ref}/gallery", data=form)


def words(campaign):
    db.session.expire_all()
    return [item.words for item in queries.gallery(campaign)]


def test_a_photo_needs_words_and_stands_on_the_page_with_them(client, live, app):
    for form in ({"kind": "photo", "words": "x"}, {"kind": "photo", "words": "", "photo": (io.BytesIO(b""), "")}):
        assert client.post(f"/it/projects/prepare/{live.ref}/gallery", data=form).status_code == 422
    assert "Scrivete che cosa mostra la foto" in said(add_photo(client, live, " "))
    assert add_photo(client, live, data=pictures.pdf()).status_code == 422
    assert words(live) == []
    assert add_photo(client, live).status_code == 303
    page = app.test_client().get(f"/it/projects/{live.slug}").get_data(as_text=True)
    assert 'alt="La portineria chiusa"' in page
    assert "Set-Cookie" not in app.test_client().get(f"/it/projects/{live.slug}").headers


def test_photos_are_put_in_order_described_anew_and_removed_after_a_question(client, live):
    for name in ("uno", "due", "tre"):
        add_photo(client, live, name)
    first, _, last = queries.gallery(live)
    desk = f"/it/projects/prepare/{live.ref}/gallery"
    assert client.post(f"{desk}/{last.ref}", data={"move": "up"}).status_code == 303
    assert words(live) == ["uno", "tre", "due"]
    assert client.post(f"{desk}/{first.ref}", data={"move": "up"}).status_code == 303
    assert words(live) == ["uno", "tre", "due"], "the first one stays where it is"
    assert client.post(f"{desk}/{first.ref}", data={"words": ""}).status_code == 422
    assert client.post(f"{desk}/{first.ref}", data={"words": "la prima"}).status_code == 303
    assert words(live) == ["la prima", "tre", "due"]
    file = db.session.get_one(File, queries.gallery_item(live, first.ref).file_id)
    address = f"/files/{file.ref}/640"
    assert client.get(address).status_code == 200
    assert "Togliere questa foto?" in said(client.get(f"{desk}/{first.ref}/remove"))
    assert client.post(f"{desk}/{first.ref}/remove").status_code == 303
    assert words(live) == ["tre", "due"]
    assert client.get(address).status_code == 404, "nobody fetches a picture that was removed"


def test_a_video_is_a_link_that_leaves_and_loads_nothing(client, live, app):
    assert add_video(client, live, "javascript:alert(1)").status_code == 422
    assert add_video(client, live, "http://video.example.org/w/1").status_code == 422
    assert add_video(client, live, "https://www.video.example.org/w/1").status_code == 303
    source = app.test_client().get(f"/it/projects/{live.slug}").get_data(as_text=True)
    assert 'href="https://www.video.example.org/w/1" rel="nofollow ugc noopener external"' in source
    assert "video.example.org: il link" in source
    assert "<iframe" not in source
    assert 'src="https' not in source


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://peertube.uno/w/abc?x=1#t", "peertube.uno"),
        ("https://www.example.org:443/v", "example.org"),
        ("https://user:secret@example.org/v", None),
        ("https://example.org:8443/v", None),
        ("https://localhost/v", None),
        ("https://10.0.0.1/v", None),
        ("https://exa mple.org/v", None),
        ("https://example.org/\u202ev", None),
        ("//example.org/v", None),
        ("", None),
        ("https://[::1", None),
        ("https://example.org/" + "x" * 400, None),
    ],
)
def test_only_plain_https_pages_are_videos(address, host):
    assert video_host(address) == host


def test_a_full_gallery_says_so(live, clock):
    by = campaigns.members(live)[0]
    with transaction():
        for number in range(GALLERY_MOST):
            service.hang_video(live, "https://example.org/v", f"n. {number}", None, by=by, now=time.now())
    with pytest.raises(Invalid), transaction():
        service.hang_video(live, "https://example.org/v", "uno di troppo", None, by=by, now=time.now())


def test_documents_say_what_they_are_and_everybody_downloads_them(client, live, app):
    desk = f"/it/projects/prepare/{live.ref}/documents"
    good = {"kind": "estimate", "title": "Preventivo elettrico", "document": (io.BytesIO(pictures.pdf()), "p.pdf")}
    for wrong in ({"kind": "x"}, {"title": ""}, {"document": (io.BytesIO(b"MZ"), "p.exe")}, {"document": ""}):
        fresh = {**good, "document": (io.BytesIO(pictures.pdf()), "p.pdf"), **wrong}
        assert client.post(desk, data=fresh).status_code == 422
    assert client.post(desk, data=good).status_code == 303
    ((document, _),) = queries.documents(live)
    visitor = app.test_client()
    page = said(visitor.get(f"/it/projects/{live.slug}"))
    assert "Preventivo elettrico" in page
    assert "Preventivo di spesa · PDF" in page
    file = visitor.get(f"/it/projects/{live.slug}/documents/{document.ref}")
    assert file.data.startswith(b"%PDF")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert client.post(f"{desk}/{document.ref}").status_code == 303
    assert visitor.get(f"/it/projects/{live.slug}/documents/{document.ref}").status_code == 404


def test_a_text_shows_the_campaigns_own_pictures_and_no_others(client, live, app):
    add_photo(client, live)
    item = queries.gallery(live)[0]
    story = f"{campaigns.STORY}\n\n![]({item.ref})\n\n![spia](https://example.org/x.png) ![altra](gal_altra)"
    with transaction():
        by = campaigns.members(live)[0]
        service.write_text(
            live, summary="Una frase.", story=story, impact=[], picture_id=None, picture_alt="", by=by, now=time.now()
        )
    source = app.test_client().get(f"/it/projects/{live.slug}").get_data(as_text=True)
    story_html = source.split('class="cv-text cv-story"')[1].split("</section>")[0]
    assert story_html.count("<img") == 1
    assert 'src="/files/' in story_html
    assert 'alt="La portineria chiusa"' in story_html, "the gallery's words speak for a picture without words"
    assert "example.org" not in source
    assert "spia" in story_html


def test_a_preview_shows_what_was_typed_and_keeps_nothing(client, live):
    before = queries.story(live)
    form = {"summary": "Nuova frase", "story": "Nuova **storia**.", "look": "yes"}
    page = said(client.post(f"/it/projects/prepare/{live.ref}", data=form))
    assert "<strong>storia</strong>" in page
    assert "Ancora non è salvato nulla" in page
    assert "Nuova **storia**." in page, "what was typed stays in the form"
    news = client.post(f"/it/projects/prepare/{live.ref}/news", data={"title": "T", "body": "*a*", "look": "yes"})
    assert "<em>a</em>" in said(news)
    db.session.expire_all()
    assert queries.story(live).version == before.version
    assert queries.updates(live) == []


def test_the_whole_page_is_seen_before_it_opens_by_the_group_and_the_office_alone(client, sign_in):
    campaign = campaigns.written()
    path = f"/it/projects/prepare/{campaign.ref}/page"
    assert client.get(path).status_code == 303
    sign_in(client, identity.person())
    assert client.get(path).status_code == 404
    for reader in (campaigns.members(campaign)[0], identity.person(roles=["officer"])):
        sign_in(client, reader)
        page = client.get(path)
        assert page.status_code == 200
        assert "Questa è un’anteprima" in said(page)
        assert "un attrezzo da prestare" in said(page)
        assert "/give" not in page.get_data(as_text=True)
        assert "noindex" in page.get_data(as_text=True)


def test_changed_news_keeps_how_it_read_before(client, live, app):
    desk = f"/it/projects/prepare/{live.ref}/news"
    photo = {"picture": (io.BytesIO(pictures.photo()), "f.jpg")}
    assert client.post(desk, data={"title": "Aperta", "body": "Ieri.", **photo}).status_code == 422, (
        "a photo needs words"
    )
    photo = {"picture": (io.BytesIO(pictures.photo()), "f.jpg"), "picture_alt": "La porta aperta"}
    assert client.post(desk, data={"title": "Aperta", "body": "Ieri.", **photo}).status_code == 303
    update = queries.updates(live)[0]
    visitor = app.test_client()
    assert 'alt="La porta aperta"' in visitor.get(f"/it/projects/{live.slug}").get_data(as_text=True)
    again = {"title": "Aperta", "body": "Ieri, alle 18.", "picture_alt": "La porta aperta"}
    assert client.get(f"{desk}/{update.ref}").status_code == 200
    assert client.post(f"{desk}/{update.ref}", data={**again, "body": ""}).status_code == 422
    assert client.post(f"{desk}/{update.ref}", data=again).status_code == 303
    assert client.post(f"{desk}/{update.ref}", data=again).status_code == 303, "no change is no version"
    page = said(visitor.get(f"/it/projects/{live.slug}/news/{update.ref}"))
    assert "Ieri, alle 18." in page
    assert page.count("Versione") == 1
    db.session.expire_all()
    found = queries.one_news(live, update.ref)[0]
    assert [version.body for version, _ in queries.earlier_words(found)] == ["Ieri."]
    assert said(visitor.get(f"/it/projects/{live.slug}/news")).count("Aperta") >= 1


def test_the_checklist_names_what_is_obliged_and_what_is_advice():
    points = checklist(summary="", story="x" * 200, picture=True, described=False, amounts=1, photos=2, documents=0)
    assert {point.key: (point.done, point.obliged) for point in points} == {
        "summary": (False, True),
        "story": (True, True),
        "picture": (True, False),
        "described": (False, False),
        "amounts": (False, False),
        "photos": (True, False),
        "documents": (False, False),
    }


def test_the_page_asks_at_most_twelve_questions_however_much_hangs_on_it(client, live, app, sandbox, count_sql):
    by = campaigns.members(live)[0]
    for number in range(4):
        add_photo(client, live, f"foto {number}")
        pledges.active_pledge(live, 10 + number)
    with transaction():
        for number in range(6):
            service.post_update(live, f"Notizia {number}", "Testo.", by=by, now=time.now())
        asked = [service.ask_question(live, f"Domanda {n}?", by=by, now=time.now()) for n in range(7)]
        db.session.flush()
        for each in asked:
            service.answer_question(live, each, "Sì.", by=by, now=time.now())
    visitor, slug = app.test_client(), live.slug
    page = said(visitor.get(f"/it/projects/{slug}?order=first"))
    assert "Tutte le 6 notizie" in page
    assert "Tutte le 7 domande" in page
    for order in ("latest", "first", "largest"):
        with count_sql() as seen:
            assert visitor.get(f"/it/projects/{slug}?order={order}&x={order}").status_code == 200
        assert 0 < len(seen) <= 12, "\n\n".join(seen)


def test_a_finished_page_asks_as_few_and_its_figures_are_the_ledgers(app, sandbox, run_jobs, count_sql):
    campaign = closing.confirmed(run_jobs)
    agreement = make_grants.published(campaign)
    make_grants.paid(agreement)
    make_grants.accepted(agreement, ["3000", "2000"])
    make_grants.closed(make_grants.again(agreement))
    campaign = campaigns.again(campaign)
    whole, page = transparency.trail(campaign), transparency.ending(campaign)
    assert (page.paid, page.bound, page.returned) == (whole.figures.paid, whole.figures.bound, whole.returned)
    assert page.receipts == whole.receipts == 2
    assert page.account is not None
    assert page.advance is not None
    slug = campaign.slug
    visitor = app.test_client()
    with count_sql() as seen:
        assert visitor.get(f"/it/projects/{slug}").status_code == 200
    assert 0 < len(seen) <= 12, "\n\n".join(seen)
