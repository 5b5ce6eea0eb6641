"""Rows held still until the end of a transaction."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.sql import Select

T = TypeVar("T")


def held(rows: Select[T]) -> Select[T]:
    """The same rows as they stand now, locked."""
    return rows.with_for_update().execution_options(populate_existing=True)
