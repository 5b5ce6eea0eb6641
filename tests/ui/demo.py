"""The demo city as a visitor and each role find it: processes of its own, followed link by link."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from flask import Flask
from lxml import html
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from run.processes import dies_with_parent
from run.settings import free_port
from tests.ui import markup
from tests.ui.findings import Finding, Sheet
from tests.ui.tools import Unable

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "instance"
VISITOR = "visitor"
# The accounts of the demo by the name that its list gives them.
PEOPLE = {
    "group member": "group member",
    "officer": "officer",
    "evaluator": "evaluator",
    "responsible": "responsible officer",
    "finance": "finance",
    "administrator": "administrator",
}
A_FEW = 2  # how many things of one kind are looked at, as each role, in each language
MORE = 6  # how many more are only asked for, to see that the link lives


@contextmanager
def running(folder: Path, say: Callable[[str], None], *, copy: bool = True) -> Iterator[Starting]:
    """The whole of `make run` on data of its own; a demo that is already built here is copied, not built again."""
    folder.mkdir(parents=True, exist_ok=True)
    if copy and not (folder / "demo.json").exists():
        _copy(OURS, folder, say)
    port = free_port(0)
    environment = os.environ | {"INSTANCE_DIR": str(folder), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BASE_URL", "MAIL_URL", "DEMO", "MAKELEVEL"):
        environment.pop(name, None)
    with (folder / "run.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
    try:
        say("starting the demo beside" if (folder / "demo.json").exists() else "building the demo beside: some minutes")
        yield Starting(process, f"http://localhost:{port}", folder, say)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _copy(ours: Path, folder: Path, say: Callable[[str], None]) -> None:
    if not (ours / "demo.json").exists() or not (ours / "run.lock").exists():
        return
    with (ours / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("the demo of `make run` is running and cannot be copied: building another")
            return
        say("copying the demo of `make run` …")
        for name in ("postgres", "files", "sandbox"):
            subprocess.run(["cp", "-a", str(ours / name), str(folder)], check=True)
        for name in ("accounts.txt", "secrets.env", "demo.json"):
            shutil.copy(ours / name, folder)


@dataclass(frozen=True)
class Starting:
    """A demo on its way."""

    process: subprocess.Popen[bytes]
    base: str
    folder: Path
    say: Callable[[str], None]

    def ready(self, seconds: int = 1800) -> Demo:
        """The demo, as soon as it answers."""
        begun, log, told = time.monotonic(), self.folder / "run.log", 0.0
        while time.monotonic() < begun + seconds:
            if self.process.poll() is not None:
                raise Unable(f"the demo did not start:\n{log.read_text()[-3000:]}")
            try:
                if requests.get(f"{self.base}/healthz", timeout=2).ok:
                    return Demo(self.base, (self.folder / "accounts.txt").read_text())
            except requests.RequestException:
                pass
            time.sleep(1)
            if time.monotonic() > told + 30:
                told = time.monotonic()
                self.say(f"  waiting for the demo: {log.read_text().strip().splitlines()[-1:]}")
        raise Unable(f"the demo did not start within {seconds} seconds: {log}")


class Demo:
    """A running city: where it is, and who lives there."""

    def __init__(self, base: str, accounts: str) -> None:
        self.base = base
        lines = [re.split(r"\s{2,}", line.strip()) for line in accounts.splitlines() if line.strip()]
        self.accounts = {line[0]: (line[1], line[2]) for line in lines if len(line) == 3}

    def enter(self, who: str) -> requests.Session:
        """A browser without scripts, signed in as this person."""
        browser = requests.Session()
        if who == VISITOR:
            return browser
        email, password = self.accounts[PEOPLE[who]]
        page = browser.get(f"{self.base}/it/sign-in", timeout=60)
        form = html.fromstring(page.text).xpath("//main//form")[0]
        fields = dict(form.form_values()) | {"email": email, "password": password}
        answer = browser.post(f"{self.base}/it/sign-in", fields, timeout=60)
        if "/sign-in" in answer.url:
            raise Unable(f"{email} cannot sign in to the demo")
        return browser


class Walk:
    """Everything one person reaches from the front door, a few things of each kind."""

    def __init__(self, demo: Demo, app: Flask, who: str, languages: tuple[str, ...], only: str = "") -> None:
        self.demo, self.who, self.only = demo, who, only
        self.browser = demo.enter(who)
        self.paths = app.url_map.bind(urlsplit(demo.base).netloc, url_scheme="http")
        self.languages = languages
        self.looked: Counter[tuple[str, str]] = Counter()
        self.asked: Counter[tuple[str, str]] = Counter()
        self.seen: set[str] = set()
        self.leads: dict[str, str] = {}  # address: the page that leads there
        self.marks: dict[str, list[tuple[str, str]]] = {}  # address: (anchor, page)
        self.elsewhere: set[str] = set()

    def endpoint(self, url: str) -> str:
        """Which route answers an address; nothing where none does."""
        try:
            return str(self.paths.match(urlsplit(url).path, method="GET")[0])
        except RequestRedirect:
            return "redirect"
        except HTTPException:
            return ""

    def pages(self) -> Iterator[Sheet | Finding]:
        """The pages, breadth first, each once."""
        first = [f"{self.demo.base}/{language}/" for language in self.languages]
        if self.who != VISITOR:
            first += [f"{self.demo.base}/{language}/desk" for language in self.languages]
        else:
            first += self._from_mail()
        waiting, self.leads = deque(first), dict.fromkeys(first, "the front door")
        while waiting:
            url = waiting.popleft()
            if url in self.seen:
                continue
            self.seen.add(url)
            for sheet in self._open(url):
                yield sheet
                if isinstance(sheet, Sheet):
                    waiting.extend(self._follow(sheet))

    def _open(self, url: str) -> Iterator[Sheet | Finding]:
        endpoint, language = self.endpoint(url), urlsplit(url).path[1:3]
        kind = (endpoint, language)
        look = self.looked[kind] < A_FEW
        if not look and self.asked[kind] >= MORE:
            return
        (self.looked if look else self.asked)[kind] += 1
        answer = self.browser.get(url, timeout=120, allow_redirects=False)
        if answer.status_code in (301, 302, 303, 307, 308):
            target = urljoin(url, answer.headers["Location"])
            if markup.same_host(target, self.demo.base) and "/sign-in" not in target:
                self.leads.setdefault(target, self.leads.get(url, ""))
                yield from self._open(target) if target not in self.seen and not self.seen.add(target) else ()
        elif answer.status_code != 200:
            yield Finding("links", f"{self.leads.get(url, '?')} [{self.who}]", f"{url} answers {answer.status_code}")
        elif look and answer.headers["Content-Type"].startswith("text/html") and endpoint.startswith(self.only):
            policy = answer.headers.get("Content-Security-Policy", "")
            cookies = tuple((each.name, each.value or "") for each in self.browser.cookies)
            yield Sheet(
                url, answer.text, self.who, "demo", endpoint, 200, (("Content-Security-Policy", policy),), cookies
            )

    def _follow(self, sheet: Sheet) -> list[str]:
        found = []
        for each in markup.links(sheet):
            url, mark = urldefrag(each)
            if not markup.same_host(url, self.demo.base):
                self.elsewhere.add(each)
                continue
            if urlsplit(url).path.startswith("/dev/") or urlsplit(url).path[1:3] in {"it", "en"} - set(self.languages):
                continue
            if mark and url != sheet.url:
                self.marks.setdefault(url, []).append((mark, sheet.name))
            if url not in self.leads:
                self.leads[url] = sheet.name
                found.append(url)
        return found

    def anchors(self) -> Iterator[Finding]:
        """Anchors of other pages that are not there."""
        for url, marks in self.marks.items():
            answer = self.browser.get(url, timeout=120)
            there = markup.anchors(answer.text) if answer.ok and answer.text.lstrip().startswith("<") else frozenset()
            for mark, page in dict.fromkeys(marks):
                if mark not in there:
                    yield Finding("links", page, f"{url} has no anchor #{mark}")

    def _from_mail(self) -> list[str]:
        """Where letters lead: a few of each kind, at this host whatever host they were written for."""
        found: dict[str, list[str]] = {}
        listed = html.fromstring(self.browser.get(f"{self.demo.base}/dev/mail", timeout=60).text)
        for href in list(dict.fromkeys(listed.xpath("//a[contains(@href, '/dev/mail/')]/@href")))[:60]:
            letter = html.fromstring(self.browser.get(urljoin(self.demo.base, href), timeout=60).text)
            for link in letter.xpath("//article//a/@href"):
                parts = urlsplit(link)
                endpoint = self.endpoint(self.demo.base + parts.path)
                if parts.scheme in ("http", "https") and endpoint and len(found.setdefault(endpoint, [])) < A_FEW:
                    for language in self.languages:
                        path = re.sub(r"^/(it|en)/", f"/{language}/", parts.path)
                        found[endpoint].append(self.demo.base + path + (f"?{parts.query}" if parts.query else ""))
        return [url for urls in found.values() for url in urls]


def reached(walks: list[Walk]) -> list[str]:
    """The routes that somebody came to by links alone."""
    return sorted({endpoint for walk in walks for endpoint, _ in walk.looked if endpoint})


def as_json(walks: list[Walk]) -> str:
    """Addresses outside the site to which pages lead: nobody asks them here."""
    return json.dumps(sorted({url for walk in walks for url in walk.elsewhere}), indent=2)
