"""What every template may know: the city, who looks, and the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g

from app.core import clock, settings
from app.identity.queries import Looker
from app.web import gates


@dataclass(frozen=True)
class City:
    """The municipality as its settings name it."""

    name: str
    short: str
    office: str
    address: str
    email: str
    phone: str
    tax_code: str
    iban: str
    colour: str
    logo: str  # the reference of a picture, or empty


Viewer = Looker  # the signed-in person who looks at the page


def _by_default() -> dict[str, str]:
    return {name.removeprefix("city."): value for name, value in settings.DEFAULTS.items() if name.startswith("city.")}


def city() -> City:
    """The city's settings, read once per request."""
    if "city" not in g:
        stored = _by_default() if g.get("offline", False) else settings.several("city.")
        g.city = City(**stored)
    found: City = g.city
    return found


def viewer() -> Viewer | None:
    """Who looks, or None for a visitor (and where the database does not answer)."""
    if g.get("offline", False):
        return None
    if "person" not in g:
        return gates.looker()
    person = gates.current()
    return Viewer(person.id, person.ref, person.name, gates.roles()) if person else None


def init(app: Flask) -> None:
    """Give the templates what they may know."""
    app.jinja_env.globals["viewer"] = viewer

    @app.context_processor
    def every_page() -> dict[str, object]:
        # The day of pages that show live figures; a page whose words are older says its own day.
        return {"city": city(), "updated": None if g.get("offline", False) else clock.today()}
