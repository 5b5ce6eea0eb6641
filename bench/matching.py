"""A quadratic round of 1,000 campaigns and 1,000,000 gifts: its time on one core, and whether every cent is there."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from app.core.money import Money, total
from app.matching.rules import quadratic
from bench.figures import Figure
from bench.house import House

CAMPAIGNS, GIFTS = 1_000, 1_000
POOL, CAP = Money(100_000_000), Money(150_000)
ROUND = (500, 1_000, 1_500, 2_000, 2_500, 3_000, 5_000, 10_000, 25_000)


def gifts(*, every_amount_another: bool) -> dict[str, list[Money]]:
    """Gifts as people make them, three in four of them round sums; or the worst case, no amount twice."""
    chance = random.Random(7)
    if every_amount_another:
        amounts = list(range(100, 100 + CAMPAIGNS * GIFTS))
        chance.shuffle(amounts)
    else:
        amounts = [
            chance.choice(ROUND) if chance.random() < 0.75 else chance.randrange(100, 50_000)
            for _ in range(CAMPAIGNS * GIFTS)
        ]
    return {str(n): [Money(cents) for cents in amounts[n * GIFTS : (n + 1) * GIFTS]] for n in range(CAMPAIGNS)}


def measure(house: House | None = None) -> Iterator[Figure]:
    """The processor's time of one round, the best of three: it needs no database and no server."""
    for name, worst in (("as people give", False), ("no amount twice", True)):
        given = gifts(every_amount_another=worst)
        times = []
        for _ in range(3):
            began = time.process_time()
            shared = quadratic(given, POOL, dict.fromkeys(given, CAP))
            times.append(time.process_time() - began)
        assert total(shared.values()) == POOL
        yield Figure(f"quadratic round, 1,000,000 gifts, {name}", min(times), "s", 5.0, at_least=False)
