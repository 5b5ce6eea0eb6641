"""The three public pages as a share of the hello-world, measured in turns on the same server."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Callable, Iterator

from bench.figures import Figure
from bench.house import House
from bench.load import get, rate

PAGES = {"home": "/it/", "explore": "/it/projects/", "campaign": "/it/projects/b5"}
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
HELLOS = 3_000
UNIT = "of a hello-world"


def measure(house: House) -> Iterator[Figure]:
    """Kept, signed in, first hit: each page against the hello-world beside it, the median of the rounds."""
    carried = house.session()
    never_twice = itertools.count()
    kinds: list[tuple[str, int, float, Callable[[str], Callable[[int], bytes]]]] = [
        ("anonymous", 3_000, 0.7, lambda path: lambda n: get(path)),
        ("signed in", 800, 0.15, lambda path: lambda n: get(path, Cookie=carried)),
        # Another host each time: the page cannot have been kept.
        ("uncached", 120, 0.05, lambda path: lambda n: get(path, host=f"h{next(never_twice)}.example")),
    ]
    for kind, count, bar, asking in kinds:
        for name, path in PAGES.items():
            ask, shares = asking(path), []
            rate(house.port, ask, max(16, count // 20))
            for _ in range(ROUNDS):
                before = rate(house.hello_port, lambda n: get("/"), HELLOS)
                page = rate(house.port, ask, count)
                after = rate(house.hello_port, lambda n: get("/"), HELLOS)
                shares.append(page / statistics.mean((before, after)))
            yield Figure(f"{name}, {kind}", statistics.median(shares), UNIT, bar)
