"""Numbers for names, codes and addresses: no two things of one process have the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

_GIVEN: Counter[str] = Counter()


def another(kind: str) -> int:
    """One more of that kind."""
    _GIVEN[kind] += 1
    return _GIVEN[kind]


def given() -> dict[str, int]:
    """How many of each kind were given out."""
    return dict(_GIVEN)


def go_on_after(others: Mapping[str, int]) -> None:
    """What another process gave out up to there is somebody's already."""
    for kind, number in others.items():
        _GIVEN[kind] = max(_GIVEN[kind], number)
