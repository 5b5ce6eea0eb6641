"""`make ui`: the demo and the test city before all judges, a report with pictures, a list of what failed and where."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from run.postgres import DevPostgres
from sandbox.server import start
from tests import conftest
from tests.house.city import found
from tests.house.places import PLACES
from tests.ui import demo as demos
from tests.ui import phone, reading, report
from tests.ui.browser import Eyes, chromium
from tests.ui.city import LANGUAGES, Pages, served
from tests.ui.court import Court
from tests.ui.findings import GULPEASE, Finding, Sheet
from tests.ui.tools import Unable

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "instance" / "ui"


def say(sentence: str) -> None:
    """A line of progress."""
    print(f"· {sentence}", flush=True)  # noqa: T201 - it talks to the person who started it


def wishes() -> argparse.Namespace:
    """What the person at the keyboard leaves out."""
    asked = argparse.ArgumentParser(prog="make ui ARGS=…", description=__doc__)
    asked.add_argument("--only", default="", metavar="NAME", help="only routes whose name begins so, as in: grants.")
    asked.add_argument("--language", choices=LANGUAGES, help="one language only")
    asked.add_argument("--no-lighthouse", action="store_true", help="without Lighthouse")
    asked.add_argument("--no-speed", action="store_true", help="Lighthouse without its stopwatch")
    asked.add_argument("--no-demo", action="store_true", help="only the test city")
    asked.add_argument("--no-city", action="store_true", help="only the demo")
    asked.add_argument("--no-browser", action="store_true", help="only the judges of sources and links")
    return asked.parse_args()


@contextmanager
def test_city() -> Iterator[Pages]:
    """The city of the tests, on a cluster and a database of its own, served in this process."""
    cluster = DevPostgres(HOME / "test-pg", durable=False).start()
    conftest.make_template(cluster)
    database = conftest.Database(cluster, "ui")
    folder = tempfile.mkdtemp()
    provider = start(port=0, data=f"{folder}/sandbox", webhook_url=None)
    app = conftest.build_on(database, Path(folder))
    try:
        city = found(app, database, provider.url)
        database.name = f"t_{os.environ['COFONDA_TEST_RUN']}_ui_{next(database.numbers)}"
        cluster.create_database(database.name, template=city.template)
        with app.app_context(), served(app) as base:
            yield Pages(app, database, city, base)
        for name in (database.name, city.template):
            cluster.drop_database(name)
    finally:
        provider.stop()
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def judge_city(court: Court, wish: argparse.Namespace, languages: tuple[str, ...]) -> None:
    """Every route, filled, empty, refused."""
    say("building the test city …")
    with test_city() as pages:
        pages.only = wish.only
        court.hear(pages.filled(languages), "test city, every route as each role")
        court.hear(pages.empty(languages), "a city where nothing has happened yet")
        court.hear(pages.refused(languages), "every form, sent empty")
        court.hear(pages.errors(languages), "pages that say no")


def judge_demo(
    court: Court, wish: argparse.Namespace, languages: tuple[str, ...]
) -> tuple[list[str], list[phone.Marks]]:
    """What links lead to, as each role; then Lighthouse on the public pages."""
    app = conftest._build("postgresql+psycopg://nobody@localhost/none", "")
    public: dict[str, Sheet] = {}
    walks, marks = [], []
    with demos.running(HOME / "demo", say) as demo:
        for who in (demos.VISITOR, *demos.PEOPLE):
            walks.append(walk := demos.Walk(demo, app, who, languages, wish.only))
            court.hear(_noted(walk.pages(), public if who == demos.VISITOR else {}), f"the demo as {who}")
            court.take(list(walk.anchors()))
        if not wish.no_lighthouse:
            marks = _visit(court, public, wish)
    (HOME / "elsewhere.json").write_text(demos.as_json(walks))
    return demos.reached(walks), marks


def _noted(pages: Iterator[Sheet | Finding], public: dict[str, Sheet]) -> Iterator[Sheet | Finding]:
    """The pages, and the first of each route kept for Lighthouse."""
    for each in pages:
        if isinstance(each, Sheet) and each.language == "it":
            public.setdefault(each.url if each.endpoint == "web.page" else each.endpoint, each)
        yield each


def _visit(court: Court, public: dict[str, Sheet], wish: argparse.Namespace) -> list[phone.Marks]:
    marks = []
    if not wish.no_speed:
        phone.quiet(say)
    for number, sheet in enumerate(public.values(), 1):
        try:
            marks.append(got := phone.visit(sheet, HOME, speed=not wish.no_speed))
        except Unable as unable:
            court.findings.append(Finding("lighthouse", sheet.name, str(unable)))
            continue
        court.take(phone.held_against(got))
        say(f"Lighthouse {number} of {len(public)}: {' '.join(f'{k} {v}' for k, v in got.scores.items())} {sheet.url}")
    return marks


def judge_reading(court: Court) -> list[tuple[str, float]]:
    """The interface's Italian, room by room."""
    found = [(room, reading.of_room(room)) for room in reading.rooms()]
    court.findings += [
        Finding("reading", f"room {room}", f"{index:.0f}, {GULPEASE} is wanted")
        for room, index in found
        if index < GULPEASE
    ]
    return found


def main() -> int:
    """All of it; 0 where every bar holds."""
    wish, begun = wishes(), time.monotonic()
    languages = (wish.language,) if wish.language else LANGUAGES
    for name in ("pages", "pictures"):
        shutil.rmtree(HOME / name, ignore_errors=True)
        (HOME / name).mkdir(parents=True)
    reached, marks = [], []
    with chromium() as browser:
        eyes = None if wish.no_browser else Eyes(browser, pictures=HOME / "pictures")
        court = Court(HOME, eyes, say)
        try:
            if not wish.no_city:
                judge_city(court, wish, languages)
            if not wish.no_demo:
                reached, marks = judge_demo(court, wish, languages)
        except KeyboardInterrupt:
            court.take([Finding("answers", "this run", "was stopped before its end: what follows was not judged")])
    court.read()
    read = judge_reading(court)
    findings = list(dict.fromkeys(court.findings))
    path = report.write(
        HOME,
        findings=findings,
        looks=court.looks,
        marks=marks,
        reading=read,
        shown=sum(court.shown.values()),
        routes=len(set(court.shown) & set(PLACES)),
        all_routes=len(PLACES),
        unreached=sorted(set(court.shown) & set(PLACES) - set(reached)) if reached else [],
        left_out=[] if marks else ["lighthouse"],
        minutes=round((time.monotonic() - begun) / 60),
        when=datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M"),
        commit=subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
    )
    print(report.summary(findings))  # noqa: T201
    say(f"report: {path.relative_to(ROOT)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
