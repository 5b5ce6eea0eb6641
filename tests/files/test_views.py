"""Only public pictures have an address."""

import pytest

from app.core import clock as time
from app.core.db import transaction
from app.files import service
from tests.make.pictures import pdf, photo


def store(data, kind="picture", private=False):
    with transaction():
        return service.store(data, "nome.bin", kind=kind, private=private, by=None, now=time.now())


def test_a_public_picture_is_served_in_the_form_the_browser_takes(client, app):
    ref = store(photo(2000, 1000)).ref
    plain = client.get(f"/files/{ref}/640")
    assert (plain.status_code, plain.mimetype) == (200, "image/webp")
    small = client.get(f"/files/{ref}/640", headers={"Accept": "image/avif,image/webp,*/*"})
    assert small.mimetype == "image/avif"
    assert client.get(f"/files/{ref}/1280").mimetype == "image/webp"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept" in plain.headers["Vary"]
    again = client.get(f"/files/{ref}/640", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("kind", "private"), [("picture", True), ("document", True), ("document", False)])
def test_private_files_and_documents_have_no_public_address(client, app, kind, private):
    ref = store(pdf() if kind == "document" else photo(), kind, private).ref
    for width in (640, 1280):
        assert client.get(f"/files/{ref}/{width}").status_code == 404


@pytest.mark.parametrize("path", ["/files/fil_nobody/640", "/files/../640", "/files/%2e%2e%2fetc/640"])
def test_there_is_nothing_elsewhere(client, app, path):
    assert client.get(path).status_code == 404


def test_only_the_known_widths_exist(client, app):
    ref = store(photo()).ref
    assert client.get(f"/files/{ref}/641").status_code == 404
    assert client.get(f"/files/{ref}/main").status_code == 404


def test_a_nul_in_an_address_is_refused_not_a_breakdown(client, app):
    assert client.get("/files/x%00/640").status_code == 400
