"""What a judge says, what it was shown, and the bars that hold for every page."""

from __future__ import annotations

from dataclasses import dataclass, field

KIB = 1024
PUBLIC_BYTES, STAFF_BYTES, SCRIPT_BYTES, REQUESTS = 100 * KIB, 150 * KIB, 20 * KIB, 15
WIDTHS = (1280, 768, 390, 320)
AXE_WIDTHS = (1280, 390)
GULPEASE = 60
SQL = 12
# The judges in the order of the report: what each holds a page to.
BARS = {
    "axe": "WCAG 2.2 AA and best practice at 390 and 1280 px: 0 violations",
    "overflow": "no sideways scrolling at 320, 390, 768 and 1280 px, nor at 1280 px with letters at 200 %",
    "console": "0 console messages, faults of scripts and breaches of the content security policy",
    "hosts": "0 requests to other hosts",
    "weight": "first view, compressed, pictures apart: 100 KiB (staff 150), 15 requests, scripts 20 KiB",
    "markup": "html-validate: 0 errors",
    "vnu": "Nu HTML checker: 0 errors",
    "house": "one title, one heading, no inline style or script, no field without the kit",
    "words": "every sentence in the language of the page",
    "links": "0 dead links, 0 dead anchors",
    "answers": "every page answers with the status that was expected",
    "defects": "each judge turns red on a page with a defect of its kind",
    "journeys": "every journey of the five roles with JavaScript off passes",
    "sql": "12 statements a page, each route as each reader",
    "templates": "0 sentences without their Italian, 0 raw form fields, 0 style attributes in templates",
    "reading": "Gulpease index 60 or more on the interface's Italian",
    "lighthouse": "mobile: accessibility, best practices, search engines 100; performance 98, best of five",
}


@dataclass(frozen=True)
class Finding:
    """One thing that one judge holds against one page."""

    judge: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.judge}: {self.where}: {self.what}"


@dataclass(frozen=True)
class Sheet:
    """One page as a server gave it to one person: what every judge is shown."""

    url: str
    html: str
    who: str = "visitor"
    state: str = "filled"
    endpoint: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()

    @property
    def language(self) -> str:
        """The language that the address names."""
        parts = self.url.split("/", 4)
        return parts[3][:2] if len(parts) > 3 and parts[3][:2] in ("it", "en") else ""

    @property
    def policy(self) -> str:
        """The content security policy under which it is shown."""
        return dict(self.headers).get("Content-Security-Policy", "")

    @property
    def letter(self) -> bool:
        """Whether this is a letter shown as it was sent: it keeps to what mail programs can show."""
        return "style-src 'unsafe-inline'" in self.policy

    @property
    def name(self) -> str:
        """How the terminal and the report call it."""
        path = "/" + self.url.split("/", 3)[3]
        return f"{path} [{self.who}, {self.state}]"


@dataclass
class Weight:
    """What a first view costs."""

    total: int = 0
    scripts: int = 0
    requests: int = 0


@dataclass
class Look:
    """What the browser saw of one page."""

    sheet: Sheet
    findings: list[Finding] = field(default_factory=list)
    weight: Weight | None = None
    pictures: list[str] = field(default_factory=list)
