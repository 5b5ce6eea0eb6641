"""Reads of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from app.core.db import db
from app.files.models import File
from app.files.rules import Kind


def by_ref(ref: str) -> File | None:
    """The file of that reference."""
    return db.session.scalars(select(File).where(File.ref == ref)).one_or_none()


def by_id(file_id: int) -> File | None:
    """The file of that row."""
    return db.session.get(File, file_id)


def by_ids(file_ids: Iterable[int]) -> Mapping[int, File]:
    """The files of those rows."""
    return {file.id: file for file in db.session.scalars(select(File).where(File.id.in_(list(file_ids))))}


def unvaried(limit: int) -> Sequence[int]:
    """Pictures that still lack their AVIF forms, oldest first."""
    rows = select(File.id).where(File.kind == Kind.PICTURE, File.varied_at.is_(None)).order_by(File.id).limit(limit)
    return db.session.scalars(rows).all()


def known(names: Iterable[str]) -> set[str]:
    """Those of the stored names that belong to a row."""
    return set(db.session.scalars(select(File.stored_as).where(File.stored_as.in_(list(names)))))
