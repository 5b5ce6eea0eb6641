"""Premises that the city lends."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class Space(Model):
    """Premises at an address, in one of the lots of the call that lends them."""

    __tablename__ = "spaces_space"
    __table_args__ = (CheckConstraint("lot BETWEEN 1 AND 9", name="lot"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    lot: Mapped[int]
    lot_name_it: Mapped[str]
    lot_name_en: Mapped[str]
    about_it: Mapped[str]
    about_en: Mapped[str]
    address: Mapped[str] = mapped_column(unique=True)
    borough_id: Mapped[int | None] = mapped_column(ForeignKey("territory_borough.id"))  # unknown where sources disagree
    source_note: Mapped[str]
