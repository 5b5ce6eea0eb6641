"""What the room's forms say, read once and refused with sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.money import N_
from app.groups.rules import Kind
from app.territory import queries as territory
from app.territory.models import Zone


@dataclass(frozen=True)
class NewGroup:
    """A group that somebody wants to form."""

    name: str
    zone: Zone
    kind: Kind
    about: str


def read_group(form: Mapping[str, str], *, name: str = "name") -> NewGroup:
    """The answers of the form of a new group."""
    zone, kind = territory.zone(form.get("zone", "")), form.get("kind", "")
    errors = {}
    if not form.get(name, "").strip():
        errors[name] = N_("Write the group’s name.")
    if zone is None:
        errors["zone"] = N_("Choose the neighbourhood.")
    if kind not in set(Kind):
        errors["kind"] = N_("Choose what you are.")
    if errors or zone is None:
        raise Invalid(errors)
    return NewGroup(form.get(name, ""), zone, Kind(kind), form.get("about", ""))
