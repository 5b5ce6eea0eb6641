"""Settings kept in the database: the city's name and colour, and in development the clock's shift."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, db

DEFAULTS = {
    "city.name": "Comune di Milano",
    "city.short": "Milano",
    "city.office": "Area Innovazione sociale",
    "city.address": "via Sile 8, 20139 Milano",
    "city.email": "cofonda@comune.example",
    "city.phone": "",
    "city.tax_code": "01199250158",
    "city.iban": "IT23Q0100003245000000654321",
    "city.colour": "#0066CC",
    "city.logo": "",
    "clock.shift_seconds": "0",
    "demo.seeded": "no",
}


class Setting(Model):
    """One named setting; what is not stored has its default."""

    __tablename__ = "core_setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def get(name: str) -> str:
    """The setting's value, or its default."""
    found = db.session.execute(text("select value from core_setting where name = :name"), {"name": name}).scalar()
    return DEFAULTS[name] if found is None else str(found)


def several(prefix: str) -> dict[str, str]:
    """All settings under a prefix such as "city.", by the rest of their name."""
    rows = db.session.execute(
        text("select name, value from core_setting where starts_with(name, :prefix)"), {"prefix": prefix}
    )
    stored = {str(name): str(value) for name, value in rows}
    return {
        name.removeprefix(prefix): stored.get(name, value)
        for name, value in DEFAULTS.items()
        if name.startswith(prefix)
    }


def put(name: str, value: str) -> None:
    """Store a setting; the name must be known."""
    if name not in DEFAULTS:
        raise KeyError(name)
    db.session.execute(
        text(
            "insert into core_setting (name, value) values (:name, :value)"
            " on conflict (name) do update set value = excluded.value"
        ),
        {"name": name, "value": value},
    )
