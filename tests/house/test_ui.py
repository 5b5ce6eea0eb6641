"""The quick judges on the whole house: every source, and in the browser the fewest pages that show every piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.browser import chromium
from tests.house.city import City
from tests.ui import markup, reading, tools
from tests.ui.browser import Eyes
from tests.ui.city import Pages, served, without_secrets
from tests.ui.findings import GULPEASE, Finding, Sheet

PHONE = 390  # `make ui` asks axe at a desk too, and the HTML checkers about every page


def told(findings: list[Finding]) -> str:
    """What was found, a line each."""
    return "\n".join(map(str, findings))


def parted(pages: Any) -> tuple[list[Sheet], list[Finding]]:
    """The pages, each main part once, and what went wrong in asking for them."""
    sheets: dict[str, Sheet] = {}
    wrong: list[Finding] = []
    for each in pages:
        if isinstance(each, Finding):
            wrong.append(each)
        else:
            sheets.setdefault(without_secrets(each.html), each)
    return list(sheets.values()), wrong


@pytest.mark.browser
@pytest.mark.slow
def test_every_page_passes_the_quick_judges(city: City, app: Flask, database: Any, tmp_path: Path) -> None:
    with served(app) as base:
        pages = Pages(app, database, city, base)
        filled, wrong = parted(pages.filled(("it",)))
        refused, more = parted(pages.refused(("it",)))
        sheets = [each for each in (*filled, *refused, *pages.errors(("it",))) if not each.letter]
        found = wrong + more
        for sheet in sheets:
            found += markup.house(sheet) + markup.words(sheet) + markup.dead_anchors(sheet)
        chosen = markup.fewest(sheets)
        found += validated(chosen, tmp_path)
        with chromium() as browser:
            eyes = Eyes(browser, axe_widths=(PHONE,))
            for sheet in chosen:
                found += eyes.look(sheet, shape=markup.shape(sheet.html)).findings
    assert found == [], told(found)
    assert len(sheets) > 100


def validated(sheets: list[Sheet], folder: Path) -> list[Finding]:
    """What the HTML checker says of them."""
    files = {folder / f"{number}.html": sheet for number, sheet in enumerate(sheets)}
    for path, sheet in files.items():
        path.write_text(sheet.html)
    return [Finding("markup", files[path].name, words) for path, words in tools.validate(list(files))]


@pytest.mark.parametrize("room", reading.rooms())
def test_the_italian_of_the_room_is_plain(room: str) -> None:
    assert reading.of_room(room) >= GULPEASE
    long = [each for each in reading.sentences(room) if len(reading.WORD.findall(each)) > 8]
    assert {each: round(reading.gulpease(each)) for each in long if reading.gulpease(each) < 50} == {}
