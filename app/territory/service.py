"""The only writer of the city's map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.core.db import db
from app.territory.models import Borough, Zone
from app.territory.rules import BOROUGHS, ZoneLine, slug_of, sort_key


def load(lines: Iterable[ZoneLine], *, boroughs: Mapping[int, str] = BOROUGHS) -> int:
    """Write boroughs and zones, correcting those that are already here; says how many zones were read."""
    places = {place.number: place for place in db.session.scalars(select(Borough))}
    for number, name in boroughs.items():
        place = places.setdefault(number, Borough(number=number))
        place.name = name
        db.session.add(place)
    known = {zone.number: zone for zone in db.session.scalars(select(Zone))}
    read = list(lines)
    for line in read:
        zone = known.setdefault(line.number, Zone(number=line.number))
        zone.name, zone.slug, zone.sort_key = line.name, slug_of(line.name), sort_key(line.name)
        zone.borough = places[line.borough]
        zone.lat, zone.lon, zone.area_km2 = line.lat, line.lon, line.area_km2
        db.session.add(zone)
    db.session.flush()
    return len(read)
