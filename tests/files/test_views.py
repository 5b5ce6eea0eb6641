"""Only public pictures have an address."""

from io import BytesIO

import pytest
from PIL import Image

from app.core import clock as time
from app.core.db import db, transaction
from app.files import service
from tests.make.pictures import pdf, photo


def store(data, kind="picture", private=False):
    with transaction():
        return service.store(data, "nome.bin", kind=kind, private=private, by=None, now=time.now())


def test_a_public_picture_is_served_in_the_form_the_browser_takes(client, app, run_jobs):
    ref = store(photo(2000, 1000)).ref
    run_jobs()
    plain = client.get(f"/files/{ref}/640")
    assert (plain.status_code, plain.mimetype) == (200, "image/webp")
    small = client.get(f"/files/{ref}/640", headers={"Accept": "image/avif,image/webp,*/*"})
    assert small.mimetype == "image/avif"
    assert client.get(f"/files/{ref}/1280").mimetype == "image/webp"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in plain.headers["Vary"]
    again = client.get(f"/files/{ref}/640", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("width", [640, 1280])
def test_until_the_avif_form_is_drawn_its_address_gives_webp_and_says_so(client, app, run_jobs, width):
    ref = store(photo(2000, 1000)).ref
    early = client.get(f"/files/{ref}/{width}.avif")
    assert (early.status_code, early.mimetype) == (200, "image/webp")
    assert early.headers["Cache-Control"] == "public, max-age=60"
    run_jobs()
    drawn = client.get(f"/files/{ref}/{width}.avif")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/avif")
    with Image.open(BytesIO(drawn.data)) as picture:
        assert (picture.format, picture.size) == ("AVIF", (width, width // 2))
    assert "immutable" in drawn.headers["Cache-Control"]
    assert drawn.headers["ETag"] != early.headers["ETag"]
    webp = client.get(f"/files/{ref}/{width}.webp")
    with Image.open(BytesIO(webp.data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (width, width // 2))
    assert "Set-Cookie" not in drawn.headers


def test_a_page_names_avif_only_once_it_is_there_and_escapes_what_people_wrote(client, app, run_jobs):
    file = store(photo(2000, 1000))
    shown = app.jinja_env.from_string(
        '{% from "parts/photos.html" import photo %}{{ photo(file, alt) }}{{ photo(file, alt, first=True) }}'
    )
    alt = '"><script>alert(1)</script>'

    def drawn():
        with app.test_request_context("/it/"):
            return shown.render(file=file, alt=alt)

    early = drawn()
    assert "avif" not in early
    assert "<script" not in early
    assert f'src="/files/{file.ref}/640.webp"' in early
    assert 'width="1280" height="640"' in early
    assert early.count('loading="lazy"') == 1
    assert early.count('fetchpriority="high"') == 1
    run_jobs()
    db.session.refresh(file)
    assert f"/files/{file.ref}/640.avif 640w, /files/{file.ref}/1280.avif 1280w" in drawn()


@pytest.mark.parametrize(("kind", "private"), [("picture", True), ("document", True), ("document", False)])
def test_private_files_and_documents_have_no_public_address(client, app, kind, private):
    ref = store(pdf() if kind == "document" else photo(), kind, private).ref
    for width in (640, 1280):
        for address in (f"/files/{ref}/{width}", f"/files/{ref}/{width}.webp", f"/files/{ref}/{width}.avif"):
            assert client.get(address).status_code == 404


@pytest.mark.parametrize("path", ["/files/fil_nobody/640", "/files/../640", "/files/%2e%2e%2fetc/640"])
def test_there_is_nothing_elsewhere(client, app, path):
    assert client.get(path).status_code == 404


def test_only_the_known_widths_exist(client, app):
    ref = store(photo()).ref
    for wrong in ("641", "641.webp", "1280.jpg", "1280.avif.webp"):
        assert client.get(f"/files/{ref}/{wrong}").status_code == 404
    assert client.get(f"/files/{ref}/main").status_code == 404


def test_a_nul_in_an_address_is_refused_not_a_breakdown(client, app):
    assert client.get("/files/x%00/640").status_code == 400
