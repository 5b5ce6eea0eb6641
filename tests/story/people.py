"""People with a browser: each has a context of their own, no JavaScript, and reads pages by labels, roles, headings."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lxml import html
from playwright.sync_api import Browser, Locator, Page

from tests.make.identity import PASSWORD
from tests.story.house import ROOT, House, until

MONTHS = ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"]
MONTHS += ["luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"]
PICTURES = ROOT / "instance" / "story"


def plain(text: str) -> str:
    """Text with ordinary single spaces."""
    return re.sub(r"\s+", " ", text.replace("\xa0", " ").replace("\u202f", " ")).strip()


@dataclass
class Scene:
    """Where the story plays: the processes, the browser, and who acted last."""

    house: House
    browser: Browser
    last: Visitor | None = None
    done: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One step of the story; where it fails, say which one and keep a picture of the page."""
        begun = time.monotonic()
        try:
            yield
        except BaseException as failure:
            failure.add_note(f"the story failed at: {what}\nsteps before it: {', '.join(self.done) or 'none'}")
            if self.last is not None:
                failure.add_note(self.last.picture(f"failed-{len(self.done) + 1:02}"))
            raise
        self.done.append(what)
        print(f"{time.monotonic() - begun:6.1f} s  {what}")  # noqa: T201 - shown with -s, and where a later step fails

    def visitor(self, name: str = "", email: str = "", *, phone: bool = False) -> Visitor:
        """A person who has just opened a browser."""
        size: Any = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        context = self.browser.new_context(
            viewport=size, java_script_enabled=False, locale="it-IT", reduced_motion="reduce"
        )
        context.set_default_timeout(20_000)
        return Visitor(self, context.new_page(), name, email)


@dataclass
class Visitor:
    """One person at one browser."""

    scene: Scene
    page: Page
    name: str = ""
    email: str = ""
    tax_code: str = ""
    born_on: str = ""

    # --- moving ---------------------------------------------------------------------------------------------

    def open(self, path: str, *, status: int = 200) -> Visitor:
        """Go to an address of the site; a session that has grown too old is opened again by signing in."""
        self.scene.last = self
        address = path if path.startswith("http") else self.scene.house.url + path
        answer = self.page.goto(address)
        if "/sign-in" in self.page.url and self.email and "/sign-in" not in path:
            self._sign_in()
            answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status, f"{address} answers {answer.status}: {self.text()[:600]}"
        return self

    def again(self) -> Visitor:
        """Look at the same page anew."""
        return self.open(self.page.url)

    def press(self, name: str, *, within: Locator | None = None, nth: int = 0) -> Visitor:
        """Press a button and read the page that comes."""
        self.scene.last = self
        self._click(self._named("button", name, within, nth))
        return self

    def follow(self, name: str, *, within: Locator | None = None, nth: int = 0) -> Visitor:
        """Follow a link and read the page that comes."""
        self.scene.last = self
        self._click(self._named("link", name, within, nth))
        return self

    def _named(self, role: Any, name: str, within: Locator | None, nth: int) -> Locator:
        """What bears exactly this name, or else this name among other words."""
        place = within or self.page
        exact = place.get_by_role(role, name=name, exact=True)
        return (exact if exact.count() else place.get_by_role(role, name=name)).nth(nth)

    def _click(self, what: Locator) -> None:
        with self.page.expect_navigation():
            what.click()

    def _sign_in(self) -> None:
        self.write("E-mail", self.email)
        self.write("Password", PASSWORD)
        self.press("Accedi", within=self.page.get_by_role("main"))
        assert "/sign-in" not in self.page.url, self.text()[:600]

    # --- writing --------------------------------------------------------------------------------------------

    def field(self, label: str, *, within: Locator | None = None, nth: int = 0) -> Locator:
        """The control of that label."""
        return (within or self.page).get_by_label(label).nth(nth)

    def write(self, label: str, text: str, *, within: Locator | None = None, nth: int = 0) -> Visitor:
        """Write into a field."""
        self.scene.last = self
        self.field(label, within=within, nth=nth).fill(text)
        return self

    def tick(self, label: str, *, within: Locator | None = None, nth: int = 0) -> Visitor:
        """Tick a box or choose a radio."""
        self.scene.last = self
        self.field(label, within=within, nth=nth).check()
        return self

    def choose(self, label: str, item: str) -> Visitor:
        """Choose from a list by the words of the item."""
        self.scene.last = self
        control = self.field(label)
        names = [plain(option.inner_text()) for option in control.locator("option").all()]
        found = [position for position, name in enumerate(names) if item in name]
        assert found, f"{label} offers {names}, not {item}"
        control.select_option(index=found[0])
        return self

    def attach(self, label: str, name: str, data: bytes, media_type: str) -> Visitor:
        """Choose a file."""
        self.scene.last = self
        self.field(label).set_input_files({"name": name, "mimeType": media_type, "buffer": data})
        return self

    # --- reading --------------------------------------------------------------------------------------------

    def text(self) -> str:
        """What stands on the page, with ordinary spaces."""
        return plain(self.page.locator("body").inner_text())

    def title(self) -> str:
        """The page's heading."""
        return plain(self.page.get_by_role("heading", level=1).first.inner_text())

    def sees(self, *words: str) -> Visitor:
        """Insist that these words stand on the page."""
        self.scene.last = self
        text = self.text().casefold()
        missing = [word for word in words if plain(word).casefold() not in text]
        assert not missing, f"{self.page.url} does not say {missing}. It says: {self.text()[:3000]}"
        return self

    def sees_not(self, *words: str) -> Visitor:
        """Insist that these words do not stand on the page."""
        text = self.text().casefold()
        there = [word for word in words if plain(word).casefold() in text]
        assert not there, f"{self.page.url} says {there}"
        return self

    def waits_for(self, words: str) -> Visitor:
        """Look at the page again and again until the words stand there: background work is being done."""

        try:
            until(lambda: self._says(words), f"“{words}” on {self.page.url}", pause=0.25)
        except AssertionError as late:
            late.add_note(f"the page says: {self.again().text()[:2000]}")
            raise
        return self.again().sees(words)

    def waits_until_gone(self, words: str) -> Visitor:
        """Look at the page again and again until the words are gone."""
        until(lambda: not self._says(words), f"no “{words}”", pause=0.25)
        return self.again()

    def _says(self, words: str) -> bool:
        """Whether the page would say it if it were opened again: asked with this person's cookies, and not drawn."""
        source = html.fromstring(self.page.request.get(self.page.url).text())
        drawn, wanted = ("".join(text.casefold().split()) for text in (str(source.text_content()), words))
        return wanted in drawn

    def picture(self, name: str) -> str:
        """Keep what the browser shows; returns a line that says where."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        try:
            self.page.screenshot(path=path, full_page=True)
        except Exception as trouble:  # the picture is a help, never the failure itself
            return f"no picture of {self.page.url}: {trouble}"
        return f"{self.name or 'a visitor'} was at {self.page.url}, see {path.relative_to(ROOT)}"

    # --- time -----------------------------------------------------------------------------------------------

    def jumps_to(self, moment: str) -> Visitor:
        """Move the application's time to the moment of that name, as the page of the clock offers it."""
        row = self.open("/dev/clock").page.get_by_role("row").filter(has_text=moment)
        assert row.count() > 0, f"the clock does not offer “{moment}”: {self.text()[:2000]}"
        return self.press("Vai lì", within=row.first)

    def lets_pass(self, step: str) -> Visitor:
        """Move the application's time by one of the steps that the page of the clock offers."""
        return self.open("/dev/clock").press(f"+ {step}")

    def today(self) -> str:
        """The day that the application believes it is, as a date field takes it."""
        words = self.open("/dev/clock").title().split(",")[0].split()
        return f"{words[2]}-{MONTHS.index(words[1]) + 1:02}-{int(words[0].strip('º')):02}"

    # --- mail -----------------------------------------------------------------------------------------------

    def reads_mail(self, subject: str) -> Visitor:
        """Open the newest message to this person whose subject holds these words; the worker may need a moment."""
        link = self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=self.email))
        wanted = link.get_by_role("link", name=subject)

        def arrived() -> bool:
            self.open(f"/dev/mail?q={self.email}")
            return wanted.count() > 0

        until(arrived, f"a mail “{subject}” to {self.email}", pause=0.25)
        self._click(wanted.first)
        return self

    def presses_mail(self) -> Visitor:
        """Press the button of the message that is open."""
        self._click(self.page.get_by_role("article").get_by_role("link").first)
        if "/sign-in" in self.page.url:
            self._sign_in()
        return self

    def code(self, subject: str) -> str:
        """The six digits of the newest such message."""
        found = re.search(r"\b(\d{3} ?\d{3})\b", self.reads_mail(subject).text())
        assert found is not None, f"no code in: {self.text()[:600]}"
        return found.group(1).replace(" ", "")

    # --- an account -----------------------------------------------------------------------------------------

    def registers(self) -> Visitor:
        """Open an account and confirm the address by the link in the mail."""
        self.open("/it/register")
        self.write("Nome e cognome", self.name).write("E-mail", self.email)
        self.write("Data di nascita", self.born_on).write("Codice fiscale", self.tax_code)
        self.write("Password", PASSWORD)
        self.press("Apri")
        self.reads_mail("Conferm")
        self.presses_mail()
        self.write("Password", PASSWORD)
        self._click(self.page.get_by_role("main").get_by_role("button").first)
        return self.sees(self.name)
