"""The judges that need a browser: axe, overflow, console, hosts, weight. One Chromium, one page at a time."""

from __future__ import annotations

import functools
import gzip
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, Response, Route

from tests.ui.findings import (
    AXE_WIDTHS,
    KIB,
    PUBLIC_BYTES,
    REQUESTS,
    SCRIPT_BYTES,
    STAFF_BYTES,
    WIDTHS,
    Finding,
    Look,
    Sheet,
    Weight,
)
from tests.ui.tools import axe_source

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = """async tags => {
  const only = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], preload: false, iframes: false};
  const said = await axe.run(document, only);
  return said.violations.map(v => [v.id, v.help, v.nodes.map(n => n.target.join(" ") + "  " + n.html.slice(0, 160))]);
}"""
# What makes the page wider than the window: the outermost boxes that end beyond it.
WIDER = """() => {
  const root = document.documentElement, wide = window.innerWidth;
  const hidden = [root, document.body].some(e => ["hidden", "clip"].includes(getComputedStyle(e).overflowX));
  if (hidden) return ["html or body hides what is too wide"];
  if (root.scrollWidth <= wide) return [];
  const out = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > wide + 0.5);
  const named = e => [e.tagName.toLowerCase(), ...e.classList].join(".");
  return [`${root.scrollWidth} px wide in ${wide}: ` + out.slice(0, 4).map(named).join(", ")];
}"""
LARGE_AT = 1280  # the same page on a phone would be one of 195 px, narrower than what must reflow
NORMAL, LARGE = 16, 32
EAGER = "() => document.querySelectorAll('img[loading=lazy]').forEach(e => { e.loading = 'eager'; })"
PICTURES = ("image",)
JUDGES = ("axe", "overflow", "console", "hosts", "weight")  # those who need a browser


@functools.lru_cache(maxsize=512)
def _packed(data: bytes) -> int:
    return len(gzip.compress(data, 6))


class Eyes:
    """Looks at pages, each as the person who was given it; keeps pictures if told where."""

    def __init__(
        self,
        browser: Browser,
        *,
        pictures: Path | None = None,
        judges: frozenset[str] | None = None,
        axe_widths: tuple[int, ...] = AXE_WIDTHS,
    ) -> None:
        self.browser, self.folder, self.axe_widths = browser, pictures, axe_widths
        self.judges = frozenset(JUDGES) if judges is None else judges
        self.page: Page | None = None
        self.wire: CDPSession | None = None
        self.seen_shapes: set[str] = set()
        self.said: list[str] = []
        self.answers: list[Response] = []
        self.asked: list[str] = []
        self.given: Sheet | None = None

    def _open(self) -> Page:
        if self.page is None:
            context = self.browser.new_context(
                viewport={"width": WIDTHS[0], "height": 900}, locale="it-IT", reduced_motion="reduce"
            )
            context.set_default_timeout(60_000)
            self.page = page = context.new_page()
            # First view: nothing is taken from an earlier page.
            self.wire = context.new_cdp_session(page)
            self.wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
            page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: self.said.append(f"script: {error}"))
            page.on("request", lambda request: self.asked.append(request.url))
            page.on("response", lambda answer: self.answers.append(answer))
            page.route(lambda url: self.given is not None and url == self.given.url, self._hand_over)
        return self.page

    def _letters(self, size: int) -> None:
        """The size of letters as a reader sets it in the browser."""
        assert self.wire is not None
        self.wire.send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size}})

    def _hand_over(self, route: Route) -> None:
        """The page itself is the one that was given; everything it asks for comes from its server."""
        sheet = self.given
        assert sheet is not None
        if not route.request.is_navigation_request():
            route.continue_()
            return
        # A letter is shut in a sandbox without scripts, where axe cannot look.
        policy = "; ".join(part for part in sheet.policy.split("; ") if not part.startswith("sandbox"))
        kept = {"Content-Security-Policy": policy} if policy else {}
        # A browser shows an error page of its own accord with a message of its own: the markup is what is judged.
        route.fulfill(status=200, headers={"Content-Type": "text/html; charset=utf-8", **kept}, body=sheet.html)

    def leave(self) -> None:
        """Shut the page that went wrong; the next one is opened anew."""
        if self.page is not None:
            self.page.context.close()
        self.page = self.wire = None

    def look(self, sheet: Sheet, *, shape: str = "", axe: bool = True) -> Look:
        """Everything a browser can hold against the page. Pages of one shape need axe only once."""
        page, seen = self._open(), Look(sheet)
        self._show(page, sheet)
        if "weight" in self.judges:
            seen.weight = self._weigh()
            seen.findings += self._heavy(sheet, seen.weight)
        known = bool(shape) and shape in self.seen_shapes
        if shape:
            self.seen_shapes.add(shape)
        asks_axe = axe and not known and "axe" in self.judges
        if asks_axe:
            page.evaluate(axe_source())
        for width in WIDTHS:
            if width not in self.axe_widths and "overflow" not in self.judges:
                continue
            page.set_viewport_size({"width": width, "height": 900 if width > 400 else 844})
            if "overflow" in self.judges:
                seen.findings += self._wider(page, sheet, width)
            if width in self.axe_widths:
                seen.findings += self._axe(page, sheet, width) if asks_axe else []
                self._picture(page, seen, width)
        if "hosts" in self.judges:
            host = urlsplit(sheet.url).netloc
            elsewhere = {url for url in self.asked if urlsplit(url).scheme != "data" and urlsplit(url).netloc != host}
            seen.findings += [Finding("hosts", sheet.name, f"asks {url}") for url in sorted(elsewhere)]
        if "console" in self.judges:
            seen.findings += [Finding("console", sheet.name, words) for words in dict.fromkeys(self.said)]
        return seen

    def _show(self, page: Page, sheet: Sheet) -> None:
        """Open the page as the person who was given it."""
        page.context.clear_cookies()
        if sheet.cookies:
            page.context.add_cookies([{"name": n, "value": v, "url": sheet.url} for n, v in sheet.cookies])
        self.given, self.said, self.answers, self.asked = sheet, [], [], []
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(sheet.url, wait_until="load")
        page.evaluate("document.fonts.ready.then(() => null)")

    def _wider(self, page: Page, sheet: Sheet, width: int) -> list[Finding]:
        """What goes beyond the window, also where a reader has set larger letters."""
        said = [f"at {width} px: {what}" for what in page.evaluate(WIDER)]
        if width == LARGE_AT:
            self._letters(LARGE)
            said += [f"at {width} px with 200 % text: {what}" for what in page.evaluate(WIDER)]
            self._letters(NORMAL)
        return [Finding("overflow", sheet.name, words) for words in said]

    def _axe(self, page: Page, sheet: Sheet, width: int) -> list[Finding]:
        return [
            Finding("axe", sheet.name, f"at {width} px: {rule} ({words}): {nodes[0]}, {len(nodes)} of them")
            for rule, words, nodes in page.evaluate(AXE, TAGS)
        ]

    def _weigh(self) -> Weight:
        """Every answer as gzip would send it; a font or a picture is packed already."""
        weight = Weight(requests=len(self.answers))
        for answer in self.answers:
            kind = answer.request.resource_type
            if kind in PICTURES or answer.url.startswith("data:"):
                continue
            try:
                body: Any = answer.body()
            except Exception:  # noqa: S112 - a redirect or a cut request has no body to weigh
                continue
            size = len(body) if kind == "font" else _packed(body)
            weight.total += size
            weight.scripts += size if kind == "script" else 0
        return weight

    def _heavy(self, sheet: Sheet, weight: Weight) -> list[Finding]:
        limit = PUBLIC_BYTES if sheet.who == "visitor" else STAFF_BYTES
        said = []
        if weight.total > limit:
            said.append(f"{weight.total / KIB:.0f} KiB, {limit // KIB} are allowed")
        if weight.scripts > SCRIPT_BYTES:
            said.append(f"{weight.scripts / KIB:.0f} KiB of scripts, {SCRIPT_BYTES // KIB} are allowed")
        if weight.requests > REQUESTS:
            said.append(f"{weight.requests} requests, {REQUESTS} are allowed")
        return [Finding("weight", sheet.name, words) for words in said]

    def _picture(self, page: Page, seen: Look, width: int) -> None:
        if self.folder is None:
            return
        page.evaluate(EAGER)
        name = hashlib.sha256(f"{seen.sheet.name}{width}".encode()).hexdigest()[:16] + ".jpg"
        page.screenshot(path=self.folder / name, type="jpeg", quality=45, full_page=True, animations="disabled")
        seen.pictures.append(name)
