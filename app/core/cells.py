"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO

from app.core.clock import local
from app.core.money import Money, plain

MARK = "\ufeff"  # so that spreadsheets read UTF-8
_FORMULA = {"=", "+", "-", "@", "\t", "\r", "\n"}


def safe(text: str) -> str:
    """A cell no spreadsheet will take for a formula."""
    return f"'{text}" if text[:1] in _FORMULA else text


def said(value: object) -> str:
    """A value as a cell: sums as 1234,50, days as 2026-12-31, moments in the city's time."""
    match value:
        case None:
            return ""
        case Money():
            return plain(value).replace(".", ",")
        case datetime():
            return local(value).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case _:
            return safe(str(value))


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Each row as a line of a semicolon-separated file, as Italian spreadsheets read it."""
    for row in rows:
        out = StringIO()
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerow([said(value) for value in row])
        yield out.getvalue()
