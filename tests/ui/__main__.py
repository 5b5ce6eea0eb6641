"""`make ui`: the demo and the test city before all judges, a report with pictures, a list of what failed and where."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from run.postgres import DevPostgres
from sandbox.server import start
from tests import conftest
from tests.house.city import found
from tests.house.places import PLACES
from tests.make import kept
from tests.ui import demo as demos
from tests.ui import phone, reading, report
from tests.ui.city import LANGUAGES, Pages, served
from tests.ui.court import Court
from tests.ui.findings import BARS, GULPEASE, Finding, Sheet
from tests.ui.panel import as_many_as_fit
from tests.ui.suites import SUITES, hold
from tests.ui.tools import Unable

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "instance" / "ui"


BEGUN = time.monotonic()
BY_THEMSELVES = {"lighthouse", "reading", *SUITES}
IN_THE_CITY = frozenset(BARS) - BY_THEMSELVES


def say(sentence: str) -> None:
    """A line of progress, with the minutes since the start."""
    minutes, seconds = divmod(int(time.monotonic() - BEGUN), 60)
    print(f"{minutes:3}:{seconds:02} {sentence}", flush=True)  # noqa: T201 - it talks to the person who started it


def wishes() -> argparse.Namespace:
    """What the person at the keyboard leaves out."""
    asked = argparse.ArgumentParser(prog="make ui ARGS=…", description=__doc__)
    asked.add_argument("--judge", action="append", choices=BARS, metavar="NAME", help=f"one of: {', '.join(BARS)}")
    asked.add_argument("--only", default="", metavar="NAME", help="only routes whose name begins so, as in: grants.")
    asked.add_argument("--state", choices=("filled", "empty", "error"), help="the test city in one of its states")
    asked.add_argument("--language", choices=LANGUAGES, help="one language only")
    asked.add_argument("--browsers", type=int, default=as_many_as_fit(), metavar="N", help="side by side")
    asked.add_argument("--no-lighthouse", action="store_true", help="without Lighthouse")
    asked.add_argument("--no-speed", action="store_true", help="Lighthouse without its stopwatch")
    asked.add_argument("--no-demo", action="store_true", help="only the test city")
    asked.add_argument("--no-city", action="store_true", help="only the demo")
    asked.add_argument("--anew", action="store_true", help="build the demo again, from nothing")
    wish = asked.parse_args()
    wish.judges = frozenset(wish.judge or BARS) - ({"lighthouse"} if wish.no_lighthouse else set())
    wish.languages = (wish.language,) if wish.language else LANGUAGES
    wish.city = not wish.no_city and bool(wish.judges & IN_THE_CITY)
    wish.demo = not wish.no_demo and bool(wish.judges & (IN_THE_CITY | {"lighthouse"}))
    return wish


@contextmanager
def test_city() -> Iterator[Pages]:
    """The city of the tests, on a cluster and a database of its own, served in this process."""
    cluster = DevPostgres(HOME / "test-pg", durable=False).start()
    conftest.make_template(cluster)
    database = conftest.Database(cluster, "ui")
    folder = tempfile.mkdtemp()
    provider = start(port=0, data=f"{folder}/sandbox", webhook_url=None)
    app = conftest.build_on(database, Path(folder))
    database.world = kept.watch(app, database)
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


def judge_city(court: Court, wish: argparse.Namespace) -> None:
    """Every route, filled, empty, refused."""
    say("building the test city …")
    with test_city() as pages:
        pages.only, pages.settle = wish.only, court.settle
        if wish.state in (None, "filled"):
            court.hear(pages.filled(wish.languages), "test city, every route as each role")
        if wish.state in (None, "empty"):
            court.hear(pages.empty(wish.languages), "a city where nothing has happened yet")
        if wish.state in (None, "error"):
            court.hear(pages.refused(wish.languages), "every form, sent empty")
            court.hear(pages.errors(wish.languages), "pages that say no")


def judge_demo(court: Court, wish: argparse.Namespace, demo: demos.Demo) -> tuple[list[str], dict[str, Sheet]]:
    """What links lead to, as each role; gives the routes that were reached and the public pages."""
    app = conftest._build("postgresql+psycopg://nobody@localhost/none", "")
    public: dict[str, Sheet] = {}
    walks = []
    everybody = (demos.VISITOR, *demos.PEOPLE) if wish.judges & IN_THE_CITY else (demos.VISITOR,)
    for who in everybody:
        walks.append(walk := demos.Walk(demo, app, who, wish.languages, wish.only))
        court.hear(_noted(walk.pages(), public if who == demos.VISITOR else {}), f"the demo as {who}")
        if "links" in wish.judges:
            court.take(list(walk.anchors()))
    (HOME / "elsewhere.json").write_text(demos.as_json(walks))
    return demos.reached(walks), public


def _noted(pages: Iterator[Sheet | Finding], public: dict[str, Sheet]) -> Iterator[Sheet | Finding]:
    """The pages, and the first of each route kept for Lighthouse."""
    for each in pages:
        if isinstance(each, Sheet) and each.language == "it":
            public.setdefault(each.url if each.endpoint == "web.page" else each.endpoint, each)
        yield each


def visit(court: Court, public: dict[str, Sheet], wish: argparse.Namespace) -> list[phone.Marks]:
    """Lighthouse on each of these pages."""
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
    court.take(
        [
            Finding("reading", f"room {room}", f"{index:.0f}, {GULPEASE} is wanted")
            for room, index in found
            if index < GULPEASE
        ]
    )
    return found


def main() -> int:
    """All of it; 0 where every bar holds."""
    wish = wishes()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where it was started in the background
        signal.signal(number, signal.default_int_handler)
    for name in ("pages", "pictures"):
        shutil.rmtree(HOME / name, ignore_errors=True)
        (HOME / name).mkdir(parents=True)
    if wish.anew:
        shutil.rmtree(HOME / "demo", ignore_errors=True)
    reached, marks, public = [], [], {}
    stopped = False
    court = Court(HOME, say, judges=wish.judges, browsers=wish.browsers)
    try:
        with demos.running(HOME / "demo", say, copy=not wish.anew) if wish.demo else nullcontext() as starting:
            # The demo is built while the city is judged.
            if wish.city:
                judge_city(court, wish)
            if starting is not None:
                reached, public = judge_demo(court, wish, starting.ready())
            court.close()
            court.read()
            if "lighthouse" in wish.judges:
                marks = visit(court, public, wish)
    except KeyboardInterrupt:
        stopped = True
        court.take([Finding("answers", "this run", "was stopped before its end: what follows was not judged")])
    finally:
        court.close()
    read = judge_reading(court)
    if not stopped and (asked := {name: SUITES[name] for name in SUITES if name in wish.judges}):
        say(f"tests that judge pages too: {', '.join(asked)} …")
        failed, count = hold(asked, HOME)
        court.take(failed)
        say(f"{count} tests, {len(failed)} findings")
    findings = list(dict.fromkeys(court.findings))
    left_out = set(BARS) - wish.judges | (set() if marks or stopped else {"lighthouse"})
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
        left_out=left_out,
        minutes=round((time.monotonic() - BEGUN) / 60),
        when=datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%d %H:%M"),
        commit=subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
    )
    print(report.summary(findings, left_out=left_out))  # noqa: T201
    say(f"{sum(court.shown.values())} pages, {len(court.looks)} in the browser; report: {path.relative_to(ROOT)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
