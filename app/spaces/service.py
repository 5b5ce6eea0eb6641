"""Keeping premises: the only writer of the spaces room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.core.db import db
from app.core.refs import new_ref
from app.journal.service import record
from app.spaces import queries
from app.spaces.models import Space
from app.territory import queries as territory


def load(lots: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Keep the premises of these lots; those known already stay. How many are new."""
    boroughs = {borough.number: borough.id for borough in territory.boroughs()}
    made = 0
    for lot in lots:
        for place in lot["places"]:
            if queries.by_address(place["address"]) is not None:
                continue
            db.session.add(
                Space(
                    ref=new_ref("spc"),
                    lot=lot["lot"],
                    lot_name_it=lot["name"]["it"],
                    lot_name_en=lot["name"]["en"],
                    about_it=lot["about"]["it"],
                    about_en=lot["about"]["en"],
                    address=place["address"],
                    borough_id=boroughs.get(place["borough"]),
                    source_note=lot["source"],
                )
            )
            made += 1
    db.session.flush()
    if made:
        record("spaces.load", subject="spaces", by=None, now=now, count=made)
    return made
