"""What every part of the bench gives back: a figure with its bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table; `at_least` says on which side of the bar it must be."""

    name: str
    figure: float
    unit: str
    bar: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar

    def row(self) -> dict[str, object]:
        """As it is written to bench.json."""
        found = asdict(self)
        found.pop("at_least")
        return {**found, "figure": round(self.figure, 3), "holds": self.holds}


def table(figures: Iterable[Figure]) -> str:
    """The rows for a person's eyes."""
    lines = [f"{'':44} {'figure':>9}  {'bar':>8}  {'unit':18} holds"]
    for each in figures:
        sign = "≥" if each.at_least else "≤"
        lines.append(
            f"{each.name:44} {each.figure:9.3f}  {sign} {each.bar:6.2f}  {each.unit:18} {'yes' if each.holds else 'NO'}"
        )
    return "\n".join(lines)
