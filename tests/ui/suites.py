"""The judges that are ordinary tests: defects, journeys without JavaScript, SQL per page, templates and catalogues."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from tests.ui.findings import Finding

ROOT = Path(__file__).resolve().parents[2]
SUITES = {
    "defects": ("tests/ui",),
    "journeys": ("tests/story",),
    "sql": ("tests/house/test_queries.py",),
    "templates": ("tests/house/test_texts.py",),
}


def hold(suites: Mapping[str, Sequence[str]], folder: Path, *, side_by_side: int = 2) -> tuple[list[Finding], int]:
    """Run these tests: what failed, judge by judge, and how many were run."""
    found: list[Finding] = []
    count = 0
    for judge, paths in suites.items():
        out = folder / f"{judge}.xml"
        out.unlink(missing_ok=True)
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={out}", *paths]
        words += ["-n", str(side_by_side)] if side_by_side else []
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | {"SLOW_JUDGES": "yes"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=1800,
        )
        said = _read(judge, out) if out.exists() else None
        if said is None or (done.returncode != 0 and not said[0]):
            found.append(Finding(judge, " ".join(paths), f"could not be run: {(done.stdout + done.stderr)[-800:]}"))
        if said is not None:
            found += said[0]
            count += said[1]
    return found, count


def _read(judge: str, report: Path) -> tuple[list[Finding], int]:
    """A finding for each test that failed, was broken or left out: what was not tried does not hold."""
    cases = etree.parse(report).xpath("//testcase")
    found = [
        Finding(judge, case.get("name"), " ".join((each.get("message") or each.text or each.tag).split())[:400])
        for case in cases
        for each in case
        if each.tag in ("failure", "error", "skipped")
    ]
    return found, len(cases)
