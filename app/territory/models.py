"""Boroughs and zones."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Double, ForeignKey, Identity, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model


class Borough(Model):
    """A borough of the city (Municipio)."""

    __tablename__ = "territory_borough"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]


class Zone(Model):
    """A neighbourhood (NIL); where it straddles boroughs, its main one."""

    __tablename__ = "territory_zone"
    __table_args__ = (
        CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name="on_earth"),
        CheckConstraint("area_km2 > 0", name="has_area"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    sort_key: Mapped[str]
    borough_id: Mapped[int] = mapped_column(ForeignKey("territory_borough.id"), index=True)
    lat: Mapped[float] = mapped_column(Double)
    lon: Mapped[float] = mapped_column(Double)
    area_km2: Mapped[Decimal] = mapped_column(Numeric(7, 2))

    borough: Mapped[Borough] = relationship(lazy="joined")
