"""Brings pages before the judges, each page once before each judge, and keeps what they say."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.ui import markup, tools
from tests.ui.browser import Eyes
from tests.ui.city import without_secrets
from tests.ui.findings import Finding, Look, Sheet


class Court:
    """One sitting: the pages it was shown, and everything that was found."""

    def __init__(self, folder: Path, eyes: Eyes | None, say: Callable[[str], None]) -> None:
        self.folder, self.eyes, self.say = folder, eyes, say
        self.sources = folder / "pages"
        self.sources.mkdir(parents=True, exist_ok=True)
        self.findings: list[Finding] = []
        self.looks: list[Look] = []
        self.named: dict[Path, str] = {}
        self.shown: Counter[str] = Counter()
        self.titles: dict[tuple[str, str], tuple[str, str]] = {}
        self._seen: set[str] = set()
        self._said: set[tuple[str, str]] = set()

    def hear(self, pages: Iterable[Sheet | Finding], what: str) -> None:
        """Every page before the judges of sources, and before those of the browser where it is not one seen before."""
        begun, count, before = time.monotonic(), 0, len(self.findings)
        for each in pages:
            count += 1
            if isinstance(each, Finding):
                self.take([each])
                continue
            self.shown[each.endpoint] += 1
            self.take([] if each.letter else markup.house(each))
            self.take(markup.words(each) + markup.dead_anchors(each))
            self._look(each)
            if count % 25 == 0:
                self.say(f"  {what}: {count} pages, {len(self.findings) - before} findings")
        seconds = time.monotonic() - begun
        self.say(f"{what}: {count} pages in {seconds:.0f} s, {len(self.findings) - before} findings")

    def _look(self, sheet: Sheet) -> None:
        own = without_secrets(sheet.html)
        key = hashlib.sha256(f"{sheet.language}{own}".encode()).hexdigest()
        # The frame around the page differs by reader: it is looked at once for each of them.
        frame = f"{sheet.who} {sheet.language}"
        if key in self._seen and frame in self._seen:
            return
        self._seen |= {key, frame}
        if not sheet.letter:
            path = self.sources / f"{key[:20]}.html"
            path.write_text(sheet.html)
            self.named[path] = sheet.name
        if self.eyes is not None:
            seen = self.eyes.look(sheet, shape=f"{frame}{markup.shape(sheet.html)}")
            self.looks.append(seen)
            self.take(seen.findings)

    def take(self, findings: list[Finding]) -> None:
        """Keep what was found; say at once what has not been said of another page."""
        for each in findings:
            if (each.judge, each.what) not in self._said:
                self._said.add((each.judge, each.what))
                self.say(f"  ! {str(each)[:300]}")
        self.findings += findings

    def read(self) -> None:
        """All sources before the two HTML checkers."""
        files = sorted(self.named)
        for judge, check in (("markup", tools.validate), ("vnu", tools.nu)):
            begun, before = time.monotonic(), len(self.findings)
            try:
                self.take([Finding(judge, self.named.get(path, str(path)), words) for path, words in check(files)])
            except tools.Unable as unable:
                self.findings.append(Finding(judge, "all pages", str(unable)))
            self.say(
                f"{judge}: {len(files)} files in {time.monotonic() - begun:.0f} s,"
                f" {len(self.findings) - before} findings"
            )
