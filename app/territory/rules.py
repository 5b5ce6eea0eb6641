"""Names of places as they are sorted and written in addresses, and the lines of the zones' file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

# Areas of the nine Municipi of Milan, as the city calls them.
BOROUGHS: dict[int, str] = {
    1: "Centro storico",
    2: "Stazione Centrale, Gorla, Turro, Greco, Crescenzago",
    3: "Città Studi, Lambrate, Venezia",
    4: "Porta Vittoria, Porta Romana, Forlanini, Monluè, Rogoredo",
    5: "Vigentino, Chiaravalle, Gratosoglio",
    6: "Barona, Lorenteggio",
    7: "Baggio, De Angeli, San Siro",
    8: "Fiera, Gallaratese, Quarto Oggiaro",
    9: "Stazione Garibaldi, Niguarda",
}


@dataclass(frozen=True)
class ZoneLine:
    """One line of the zones' file."""

    number: int
    name: str
    borough: int
    lat: float
    lon: float
    area_km2: Decimal


def bare(text: str) -> str:
    """The text in lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def slug_of(name: str) -> str:
    """The name as it stands in an address: p-ta-garibaldi-p-ta-nuova."""
    return re.sub(r"[^a-z0-9]+", "-", bare(name)).strip("-")


def sort_key(name: str) -> str:
    """The name as it is sorted: accents and signs do not count."""
    return slug_of(name).replace("-", " ")


def read_zones(rows: Iterable[Mapping[str, str]]) -> list[ZoneLine]:
    """The lines of a file with columns nil, name, borough, lat, lon, area_km2."""
    return [
        ZoneLine(
            number=int(row["nil"]),
            name=row["name"].strip(),
            borough=int(row["borough"]),
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            area_km2=Decimal(row["area_km2"]),
        )
        for row in rows
    ]
