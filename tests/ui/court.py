"""Brings pages before the judges, each page once before each judge, and keeps what they say."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.ui import markup, tools
from tests.ui.browser import JUDGES as IN_THE_BROWSER
from tests.ui.city import without_secrets
from tests.ui.findings import BARS, Finding, Look, Sheet
from tests.ui.panel import Panel, without_words

OFTEN = 20  # seconds between two lines that only say how far it is


class Court:
    """One sitting: the pages it was shown, and everything that was found."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        *,
        judges: frozenset[str] = frozenset(BARS),
        browsers: int = 0,
    ) -> None:
        self.folder, self.say, self.judges = folder, say, judges
        self.sources = folder / "pages"
        self.sources.mkdir(parents=True, exist_ok=True)
        self.findings: list[Finding] = []
        self.looks: list[Look] = []
        self.named: dict[Path, str] = {}
        self.shown: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._shapes: set[str] = set()
        self._said: set[tuple[str, str]] = set()
        wanted = judges & frozenset(IN_THE_BROWSER)
        self.panel = (
            Panel(self._saw, pictures=folder / "pictures", judges=wanted, browsers=browsers)
            if browsers and wanted
            else None
        )

    def hear(self, pages: Iterable[Sheet | Finding], what: str) -> None:
        """Every page before the judges of sources, and before those of the browser where it is not one seen before."""
        begun, count, before, seen = time.monotonic(), 0, len(self.findings), len(self.looks)
        told = begun
        for each in pages:
            if isinstance(each, Finding):
                self.take([each])
                continue
            count += 1
            self.shown[each.endpoint] += 1
            self.take([] if each.letter else markup.house(each))
            self.take(markup.words(each) + markup.dead_anchors(each))
            self._look(each)
            if time.monotonic() - told > OFTEN:
                told = time.monotonic()
                self.say(f"  {what}: {count} pages so far, {len(self.findings) - before} findings; at {each.name}")
        self.settle()
        self.say(
            f"{what}: {count} pages, {len(self.looks) - seen} of them new and looked at, in"
            f" {time.monotonic() - begun:.0f} s, {len(self.findings) - before} findings"
        )

    def settle(self) -> None:
        """Wait for the browsers: what stands behind a page may change only when it was seen."""
        if self.panel is not None:
            self.panel.settle()

    def close(self) -> None:
        """No more pages come."""
        if self.panel is not None:
            self.panel.close()

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
        if self.panel is not None:
            shape = markup.shape(sheet.html)
            self.panel.look(sheet, axe=shape not in self._shapes)
            self._shapes.add(shape)

    def _saw(self, look: Look) -> None:
        self.looks.append(without_words(look))
        self.take(look.findings)

    def take(self, findings: list[Finding]) -> None:
        """Keep what was found; say at once what has not been said of another page."""
        for each in findings:
            if each.judge not in self.judges:
                continue
            if (each.judge, each.what) not in self._said:
                self._said.add((each.judge, each.what))
                self.say(f"  ! {str(each)[:300]}")
            self.findings.append(each)

    def read(self) -> None:
        """All sources before the two HTML checkers."""
        files = sorted(self.named)
        for judge, check in (("markup", tools.validate), ("vnu", tools.nu)):
            if judge not in self.judges or not files:
                continue
            begun, before = time.monotonic(), len(self.findings)
            try:
                self.take([Finding(judge, self.named.get(path, str(path)), words) for path, words in check(files)])
            except tools.Unable as unable:
                self.findings.append(Finding(judge, "all pages", str(unable)))
            self.say(
                f"{judge}: {len(files)} files in {time.monotonic() - begun:.0f} s,"
                f" {len(self.findings) - before} findings"
            )
