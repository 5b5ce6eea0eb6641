"""The zones' file that comes with the application."""

from __future__ import annotations

import csv
from pathlib import Path

from app.territory.rules import ZoneLine, read_zones

MILAN = Path(__file__).with_name("milan-nil.csv")


def zone_lines(path: Path = MILAN) -> list[ZoneLine]:
    """The lines of a zones' file: Milan's 88, where no other is named."""
    with path.open(encoding="utf-8", newline="") as source:
        return read_zones(csv.DictReader(source))
