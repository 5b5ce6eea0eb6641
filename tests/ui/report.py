"""The report: one page with every bar, everything that was found, and a small picture of every page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from tests.ui.findings import BARS, KIB, Finding, Look


def write(folder: Path, *, findings: list[Finding], looks: list[Look], **more: Any) -> Path:
    """Write instance/ui/report.html and give its path."""
    by_judge: dict[str, list[Finding]] = defaultdict(list)
    for each in findings:
        by_judge[each.judge].append(each)
    heaviest = sorted((look for look in looks if look.weight), key=lambda look: -look.weight.total)[:12]  # type: ignore[union-attr]
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    path = folder / "report.html"
    path.write_text(
        pages.get_template("report.html").render(
            bars=BARS, by_judge=by_judge, looks=looks, heaviest=heaviest, kib=KIB, total=len(findings), **more
        )
    )
    return path


def summary(findings: list[Finding], left_out: Collection[str] = ()) -> str:
    """What failed and where, for the terminal: everything, a line each, then a count by judge."""
    lines = [str(each) for each in findings]
    counted = Counter(each.judge for each in findings)
    for judge in BARS:
        lines.append(f"{judge:<12} {counted[judge] or ('not asked' if judge in left_out else 'holds')}")
    return "\n".join(lines)
