"""How facts become plain data that can be kept for ever and read without our code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.core.money import Money, plain


def plain_value(value: Any) -> Any:
    """The value as JSON keeps it: sums as "1234.50", moments and dates in ISO 8601, bytes in hexadecimal."""
    match value:
        case None | bool() | int():
            return value
        case StrEnum():
            return str(value)
        case str():
            return value
        case Money():
            return plain(value)
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(name): plain_value(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain_value(item) for item in value]
    raise TypeError(f"the journal cannot keep a {type(value).__name__}: give it a plain value")


def plain_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one entry as plain data."""
    return {name: plain_value(value) for name, value in data.items()}
