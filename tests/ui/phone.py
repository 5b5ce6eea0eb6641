"""Lighthouse, the judge of speed on a slow phone: every public page once, performance best of five."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lxml import html

from tests.ui import tools
from tests.ui.findings import Finding, Sheet

WANTED = {"accessibility": 100, "best-practices": 100, "seo": 100}
SPEED, TRIES = 98, 5


@dataclass
class Marks:
    """What one page got."""

    url: str
    scores: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    tries: int = 0


def quiet(say: Callable[[str], None], minutes: float = 5) -> bool:
    """Wait a little until the machine is quiet, for the sake of the stopwatch; say whether it is."""
    end = time.monotonic() + minutes * 60
    while os.getloadavg()[0] > (os.cpu_count() or 1):
        if time.monotonic() > end:
            say(f"the machine is busy (load {os.getloadavg()[0]:.1f}): times say little")
            return False
        time.sleep(5)
    return True


def visit(sheet: Sheet, folder: Path, *, speed: bool = True) -> Marks:
    """One page; it is visited again only while it seems slow."""
    marks = Marks(sheet.url)
    hidden = "noindex" in "".join(html.fromstring(sheet.html).xpath("//meta[@name='robots']/@content"))
    wanted = [name for name in WANTED if not (hidden and name == "seo")]
    best = 0
    for number in range(TRIES if speed else 1):
        only = (wanted if number == 0 else []) + (["performance"] if speed else [])
        said = tools.lighthouse(sheet.url, folder, only=only)
        marks.tries += 1
        if number == 0:
            for name in wanted:
                category = said["categories"][name]
                marks.scores[name] = round((category["score"] or 0) * 100)
                refs = [ref["id"] for ref in category["auditRefs"] if ref["weight"]]
                audits = [said["audits"][ref] for ref in refs]
                marks.failed += [
                    f"{each['id']}: {each['title']}"
                    for each in audits
                    if each["score"] is not None and each["score"] < 1
                ]
        if speed:
            best = max(best, round((said["categories"]["performance"]["score"] or 0) * 100))
            marks.scores["performance"] = best
        if best >= SPEED:
            break
    return marks


def held_against(marks: Marks) -> list[Finding]:
    """Where a page is under a bar."""
    bars = {**WANTED, "performance": SPEED}
    low = [f"{name} {score}, {bars[name]} is wanted" for name, score in marks.scores.items() if score < bars[name]]
    more = f" ({'; '.join(marks.failed)})" if marks.failed else ""
    return [Finding("lighthouse", marks.url, words + more) for words in low]
