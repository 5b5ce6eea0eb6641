"""Built files: hashed, compressed once, kept for a year; a missing build is said in a sentence."""

import json
import os

import pytest
from flask import Flask

from app.web import assets


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site-A1.css").write_text("body{}")
    (tmp_path / "site-A1.css.br").write_bytes(b"brotli")
    (tmp_path / "site-A1.css.gz").write_bytes(b"gzip")
    (tmp_path / "font-B2.woff2").write_bytes(b"font")
    (tmp_path / "manifest.json").write_text(json.dumps({"files": {"site.css": "site-A1.css"}, "previous": []}))
    app = Flask("assets", static_folder=None)
    app.config["ASSETS_FOLDER"] = str(tmp_path)
    assets.init_assets(app)
    return app


def fetch(app: Flask, path: str, **headers: str):
    answer = app.test_client().get(path, headers=headers)
    answer.get_data()
    answer.close()
    return answer


@pytest.mark.parametrize(
    ("accepts", "coding", "body"),
    [("br, gzip", "br", b"brotli"), ("gzip", "gzip", b"gzip"), ("identity", None, b"body{}"), ("", None, b"body{}")],
)
def test_a_browser_gets_the_smallest_form_it_takes(site, accepts, coding, body):
    answer = fetch(site, "/static/site-A1.css", **{"Accept-Encoding": accepts})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.data == body
    assert answer.mimetype == "text/css"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_font_is_served_as_a_font(site):
    assert fetch(site, "/static/font-B2.woff2").mimetype == "font/woff2"


@pytest.mark.parametrize(
    "path", ["manifest.json", "site-A1.css.br", "nothing.css", "../manifest.json", "%2e%2e/%2e%2e/etc/passwd"]
)
def test_nothing_else_is_served(site, path):
    assert fetch(site, f"/static/{path}").status_code == 404


def test_a_new_build_is_seen_without_a_restart(site, tmp_path):
    with site.test_request_context():
        assert assets.asset("site.css") == "/static/site-A1.css"
        (tmp_path / "manifest.json").write_text(json.dumps({"files": {"site.css": "site-C3.css"}}))
        os.utime(tmp_path / "manifest.json", ns=(1, 1))
        assert assets.asset("site.css") == "/static/site-C3.css"


def test_a_missing_build_says_what_to_run(site, tmp_path):
    (tmp_path / "manifest.json").unlink()
    with site.test_request_context(), pytest.raises(assets.AssetsMissing, match="make setup"):
        assets.asset("site.css")
    with pytest.raises(assets.AssetsMissing, match="make setup"):
        assets.check_assets(site)


def test_an_unknown_name_says_what_to_run(site):
    with site.test_request_context(), pytest.raises(assets.AssetsMissing, match=r"other\.css"):
        assets.asset("other.css")
