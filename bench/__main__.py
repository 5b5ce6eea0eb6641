"""`make bench`: prepares the large city once, starts the servers, measures, prints the table, writes bench.json.

A part is a module with `measure(house)` that yields `Figure`s; add one to PARTS to have its rows in the table.
"""

from __future__ import annotations

import json
import os
import sys

from bench import city, house, matching, pages, search
from bench.figures import table
from run.settings import INSTANCE

PARTS = {"search": search, "pages": pages, "matching": matching}


def say(sentence: str) -> None:
    print(f"· {sentence}", flush=True)


def main(wanted: list[str]) -> int:
    """Measure all parts, or those that are named; 0 where every bar holds."""
    folder = INSTANCE / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    cluster = city.prepare(folder, say)
    figures = []
    try:
        with house.opened(cluster, folder) as opened:
            for name in wanted or PARTS:
                say(f"measuring: {name}")
                for figure in PARTS[name].measure(opened):
                    figures.append(figure)
                    print(table([figure]).splitlines()[-1], flush=True)
    finally:
        cluster.stop()
    load = os.getloadavg()[0]
    print(f"\n{table(figures)}\n\nload of the machine at the end: {load:.1f} on {os.cpu_count()} cores")
    (INSTANCE / "bench.json").write_text(json.dumps([each.row() for each in figures], indent=2, ensure_ascii=False))
    return 0 if all(each.holds for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
