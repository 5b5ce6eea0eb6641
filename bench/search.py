"""The search as the page asks it: the time that all its statements take in the database, at the median."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from bench import city
from bench.figures import Figure
from bench.house import House

ASKED = 60


def words() -> dict[str, list[str]]:
    """Common words, rare words, and words typed wrong: a letter left out, doubled, or changed places with the next."""
    known = [word for word in city.vocabulary() if word not in _STOP]
    chance = random.Random(5)
    common = [known[n] for n in range(ASKED)]
    rare = [chance.choice(known[5_000:]) for _ in range(ASKED)]
    wrong = []
    for word in (chance.choice([each for each in known[:20_000] if len(each) >= 6]) for _ in range(ASKED)):
        at = chance.randrange(1, len(word) - 2)
        wrong.append(
            chance.choice(
                (
                    word[:at] + word[at + 1 :],
                    word[:at] + word[at] + word[at:],
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                )
            )
        )
    two = [f"{common[n]} {common[-n - 1]}" for n in range(ASKED)]
    return {"common word": common, "two common words": two, "rare word": rare, "typing error": wrong}


_STOP = frozenset(["della", "delle", "degli", "dello", "nella", "nelle", "sono", "come", "anche", "quando", "dove"])


def measure(house: House) -> Iterator[Figure]:
    """Each kind of words, alone and with filters."""
    os.environ.update(city.settings(house.cluster))
    from app.campaigns import queries
    from app.campaigns.rules import Stage
    from app.core.db import db
    from bench.wsgi import app

    spent = [0.0]
    begun = [0.0]

    def before(*rest: Any) -> None:
        begun[0] = time.perf_counter()

    def after(*rest: Any) -> None:
        spent[0] += time.perf_counter() - begun[0]

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", before)
        event.listen(db.engine, "after_cursor_execute", after)
        filters = {
            "": queries.Filters(),
            ", filtered": queries.Filters(themes=["verde"], stages=[Stage.OPEN], zones=["dergano"]),
        }
        for kind, asked in words().items():
            for suffix, chosen in filters.items():
                queries.find(replace(chosen, words=asked[0]))
                times = []
                for each in asked:
                    spent[0] = 0.0
                    queries.find(replace(chosen, words=each))
                    times.append(spent[0] * 1_000)
                    db.session.rollback()
                yield Figure(f"search, {kind}{suffix}", statistics.median(times), "ms in database", 5.0, at_least=False)
        db.session.remove()
