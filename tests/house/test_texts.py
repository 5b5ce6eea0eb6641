"""Texts: every sentence has its Italian; templates hold no style, no script, no raw form field."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.factory import ROOMS
from run.messages import extracted

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))


def sentences(room: str) -> set[str]:
    """Every msgid that the room's code and templates show to somebody."""
    ids = [message.id for message in extracted(room) if message.id]
    return {words[0] if isinstance(words, tuple) else words for words in ids}


@cache
def catalogue(room: str) -> dict[str, object]:
    path = ROOT / "translations" / room / "it" / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as text:
        read = read_po(text, locale="it")
    known = {}
    for message in read:
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        whole = all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)
        if key and whole and not message.fuzzy:
            known[key] = message.string
    return known


def without_italian(said: set[str]) -> list[str]:
    """Those that no room has put into Italian."""
    everywhere = {key for folder in (ROOT / "translations").iterdir() for key in catalogue(folder.name)}
    return sorted(said - everywhere)


def breaks_the_policy(source: str) -> list[str]:
    """Inline styles, handlers and scripts: the content security policy shuts them out."""
    return re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)", source)


def raw_fields(source: str) -> list[str]:
    """Fields that were written by hand: the macros in templates/parts draw them, with label, hint and error."""
    return re.findall(r"<(input|select|textarea)\b", source)


@pytest.mark.parametrize("room", ["core", *ROOMS])
def test_every_sentence_of_the_room_has_its_italian(room):
    assert without_italian(sentences(room)) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_inline_style_or_script(path):
    source = path.read_text()
    # One place, and one only, writes a block of facts for machines: it is data, which no browser runs.
    facts = '<script type="application/ld+json">{{ thing|linked_json }}</script>'
    if path == ROOT / "templates" / "parts" / "head.html":
        assert source.count(facts) == 1
        source = source.replace(facts, "")
    found = breaks_the_policy(source)
    if (
        "mail" in path.parts[-3:]
    ):  # letters are drawn by mail programs, which read no style sheet; scripts they have none
        found = [each for each in found if each.startswith("<script")]
    assert found == []


@pytest.mark.parametrize(
    "path",
    [path for path in TEMPLATES if path.relative_to(ROOT / "templates").parts[0] not in ("parts", "mail")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_page_never_writes_raw_form_fields_or_queries(path):
    source = path.read_text()
    assert raw_fields(source) == [], "use the macros in templates/parts"
    assert "db.session" not in source
    assert ".query" not in source


def test_every_template_folder_is_a_room_or_shared():
    folders = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}
    assert folders <= {*ROOMS, "parts", "mail"}


def test_a_sentence_has_one_italian_in_all_rooms():
    """Flask-Babel merges the rooms' catalogues: where two differ, the reader would see whichever comes last."""
    found: dict[object, dict[str, str]] = {}
    for folder in sorted((ROOT / "translations").iterdir()):
        for key, said in catalogue(folder.name).items():
            found.setdefault(key, {})[folder.name] = str(said)
    assert {key: said for key, said in found.items() if len(set(said.values())) > 1} == {}
