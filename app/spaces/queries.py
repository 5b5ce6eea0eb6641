"""Reads of premises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select

from app.core.db import db
from app.spaces.models import Space
from app.territory.models import Borough


@dataclass(frozen=True)
class Premises:
    """Premises with the borough they lie in, where it is known."""

    space: Space
    borough: Borough | None


@dataclass(frozen=True)
class Lot:
    """The premises of one lot."""

    number: int
    name_it: str
    name_en: str
    about_it: str
    about_en: str
    places: Sequence[Premises]


def lots() -> list[Lot]:
    """All premises, lot by lot."""
    rows = select(Space, Borough).outerjoin(Borough, Borough.id == Space.borough_id).order_by(Space.lot, Space.id)
    found = []
    for _, group in groupby(db.session.execute(rows), key=lambda row: row[0].lot):
        places = [Premises(space, borough) for space, borough in group]
        one = places[0].space
        found.append(Lot(one.lot, one.lot_name_it, one.lot_name_en, one.about_it, one.about_en, places))
    return found


def by_address(address: str) -> Space | None:
    """The premises at this address."""
    return db.session.scalar(select(Space).where(Space.address == address))
