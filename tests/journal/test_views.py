"""The journal is read by administrators alone."""

import re
from pathlib import Path

import pytest

from app.core import clock as time
from app.core.db import transaction
from app.journal.service import record
from tests.make.identity import person


def test_an_administrator_reads_and_searches_the_journal(client, app, sign_in):
    sara = person("Sara Colombo", roles=["administrator"])
    with transaction():
        for number in range(60):
            record("calls.publish", subject=f"call:{number}", by=sara, now=time.now(), note="<b>x</b>")
    sign_in(client, sara)
    page = client.get("/it/journal").text
    assert "call:59" in page
    assert "call:5<" not in page
    assert "<b>x</b>" not in page
    older = re.search(r'href="([^"]*after=[^"]*)" rel="next"', client.get("/it/journal?q=call:").text)
    assert older is not None
    assert "call:34<" in client.get(older[1].replace("&amp;", "&")).text
    assert "identity.register" in client.get("/it/journal?q=identity").text
    assert "100%_" in client.get("/it/journal?q=100%25_").text
    assert client.get("/it/journal?after=x").status_code == 200


@pytest.mark.parametrize("roles", [[], ["officer", "evaluator", "responsible", "finance"]])
def test_nobody_else_does(client, app, sign_in, roles):
    sign_in(client, person("Ivo Brenna", roles=roles))
    assert client.get("/it/journal").status_code == 403
    assert app.test_client().get("/it/journal").status_code == 303


def test_every_act_that_the_code_writes_down_has_words_for_people(app):
    root = Path(__file__).resolve().parents[2]
    words = (root / "templates/journal/words.html").read_text()
    written = {
        name
        for path in (root / "app").rglob("*.py")
        for name in re.findall(r'record\(\s*"([a-z_.]+)"', path.read_text())
    }
    assert len(written) > 90
    assert sorted(name for name in written if f'"{name}":' not in words) == []
