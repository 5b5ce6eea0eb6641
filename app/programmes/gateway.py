"""The files that this room ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("milan-cards.json")


def shipped() -> list[dict[str, Any]]:
    """The real progress cards of the past."""
    found: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found
