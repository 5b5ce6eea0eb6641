"""Uploaded files: the row that names what lies on disc."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.files.rules import Kind


class File(Model):
    """One file, kept under a random name that nobody outside sees."""

    __tablename__ = "files_file"
    __table_args__ = (
        CheckConstraint(named_check("kind", Kind), name="kind"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        CheckConstraint("kind <> 'picture' or (width > 0 and height > 0)", name="picture_measured"),
        Index("ix_files_file_unvaried", "id", postgresql_where=text("kind = 'picture' and varied_at is null")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind] = mapped_column(Named(Kind))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    private: Mapped[bool]
    width: Mapped[int | None]
    height: Mapped[int | None]
    stored_as: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    varied_at: Mapped[datetime | None]  # since when a picture has its AVIF forms; pages name them only from then on
    created_by: Mapped[int | None]  # a person, without foreign key: people live on a higher floor
