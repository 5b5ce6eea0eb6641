"""What a visitor looks for in the list of projects, read from the address."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.campaigns.rules import PUBLIC, State
from app.proposals.rules import THEMES
from app.territory import queries as territory

STATES = {"open": (State.LIVE,), "ended": (State.CLOSED,)}
PER_PAGE = 24


@dataclass(frozen=True)
class Wish:
    """The filters as chosen, and as the reads take them."""

    words: str = ""
    zone: str = ""
    zone_name: str = ""
    themes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    page: int = 1
    filters: dict[str, Any] = field(default_factory=dict)

    @property
    def offset(self) -> int:
        """How many projects the earlier pages show."""
        return (self.page - 1) * PER_PAGE

    def address(self, **changes: Any) -> dict[str, Any]:
        """The same wish as arguments of an address, with changes; empty ones are left out."""
        known = {"q": self.words, "zone": self.zone, "theme": self.themes, "state": self.states, **changes}
        return {name: value for name, value in known.items() if value}


def asked_for(args: MultiDict[str, str]) -> Wish:
    """Read the wish; what does not exist is left out, a zone typed by name is found."""
    words = args.get("q", "").strip()[:100]
    zone = territory.zone(args.get("zone", "")) if args.get("zone") else _named(words)
    if zone is not None and not args.get("zone"):
        words = ""
    themes = tuple(each for each in THEMES if each in args.getlist("theme"))
    chosen = tuple(each for each in STATES if each in args.getlist("state"))
    page = args.get("page", 1, type=int)
    states: Iterable[State] = [state for each in chosen for state in STATES[each]] or PUBLIC
    slug = zone.slug if zone else ""
    return Wish(
        words=words,
        zone=slug,
        zone_name=zone.name if zone else "",
        themes=themes,
        states=chosen,
        page=min(max(1, page), 1_000),
        filters={"zone": slug, "themes": themes, "states": states, "words": words},
    )


def _named(words: str) -> Any:
    """The zone whose name was typed into the search, whole."""
    wanted = words.casefold()
    return next((zone for zone in territory.zones() if zone.name.casefold() == wanted), None) if wanted else None
