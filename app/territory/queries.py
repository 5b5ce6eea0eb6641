"""Reads of the city's map."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import cos, hypot, radians

from sqlalchemy import select

from app.core.db import db
from app.core.once import once
from app.territory.models import Borough, Zone


def boroughs() -> Sequence[Borough]:
    """The boroughs by number."""
    return db.session.scalars(select(Borough).order_by(Borough.number)).all()


@once
def zones() -> Sequence[Zone]:
    """All zones by name, with their boroughs."""
    return db.session.scalars(select(Zone).order_by(Zone.sort_key)).all()


def zones_in(borough_number: int) -> Sequence[Zone]:
    """The zones of one borough, by name."""
    return db.session.scalars(
        select(Zone).join(Zone.borough).where(Borough.number == borough_number).order_by(Zone.sort_key)
    ).all()


def zones_numbered(numbers: Collection[int]) -> Sequence[Zone]:
    """The zones of these numbers, by name; all zones where no number is given."""
    return [zone for zone in zones() if not numbers or zone.number in numbers]


def zone(slug: str) -> Zone | None:
    """The zone of that name in an address."""
    return db.session.scalars(select(Zone).where(Zone.slug == slug)).one_or_none()


@once
def zone_by_id(zone_id: int) -> Zone | None:
    """The zone of that row."""
    return db.session.get(Zone, zone_id)


def zone_by_number(number: int) -> Zone | None:
    """The zone of that number (NIL)."""
    return db.session.scalars(select(Zone).where(Zone.number == number)).one_or_none()


def nearest(chosen: Collection[Zone], among: Iterable[Zone], limit: int) -> list[Zone]:
    """The zones, of these, that lie nearest to the chosen ones."""

    def far(zone: Zone) -> float:
        return min(hypot(zone.lat - other.lat, (zone.lon - other.lon) * cos(radians(zone.lat))) for other in chosen)

    return sorted(among, key=lambda zone: (far(zone), zone.number))[:limit]
