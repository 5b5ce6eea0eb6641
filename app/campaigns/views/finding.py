"""What a reader looks for in the list of projects, read from the address."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.calls import queries as calls
from app.calls.models import Call
from app.campaigns.queries import Filters, Order
from app.campaigns.rules import Stage
from app.grants import queries as grants
from app.proposals.rules import THEMES
from app.settlement import queries as settlement
from app.territory.models import Zone


@dataclass(frozen=True)
class Wish:
    """The filters as chosen, and as the reads take them."""

    words: str = ""
    zones: tuple[Zone, ...] = ()
    themes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    calls: tuple[Call, ...] = ()
    order: Order = Order.ENDING
    after: str = ""  # the mark of the page before
    filters: Filters = field(default_factory=Filters)

    def address(self, **changes: Any) -> dict[str, Any]:
        """The same wish as arguments of an address, with changes; empty ones are left out."""
        known = {
            "q": self.words,
            "state": [str(stage) for stage in self.stages],
            "zone": [zone.slug for zone in self.zones],
            "theme": list(self.themes),
            "call": [call.slug for call in self.calls],
            "order": "" if self.order is Order.ENDING else str(self.order),
            **changes,
        }
        return {name: value for name, value in known.items() if value}

    def without(self, name: str, value: str) -> dict[str, Any]:
        """The same wish without one of its values."""
        return self.address(**{name: [each for each in self.address()[name] if each != value]})

    def anywhere(self) -> Filters:
        """The same wish in the whole city."""
        return replace(self.filters, zones=())


def asked_for(args: MultiDict[str, str], zones: Sequence[Zone]) -> Wish:
    """Read the wish; what does not exist is left out, a zone typed by name is found."""
    words = args.get("q", "").strip()[:100]
    wanted = set(args.getlist("zone"))
    chosen = tuple(zone for zone in zones if zone.slug in wanted)
    named = _named(words, zones)
    if named is not None and not chosen:
        chosen, words = (named,), ""
    themes = tuple(each for each in THEMES if each in args.getlist("theme"))
    stages = tuple(each for each in Stage if each in args.getlist("state"))
    asked = tuple(calls.published(args.getlist("call")[:20])) if args.get("call") else ()
    order = args.get("order", "")
    return Wish(
        words=words,
        zones=chosen,
        themes=themes,
        stages=stages,
        calls=asked,
        order=Order(order) if order in set(Order) else Order.ENDING,
        after=args.get("after", ""),
        filters=Filters(
            zones=tuple(zone.slug for zone in chosen),
            themes=themes,
            calls=tuple(call.id for call in asked),
            stages=stages,
            words=words,
            finished=grants.finished_campaigns(),
            lost=settlement.lost_campaigns(),
        ),
    )


def _named(words: str, zones: Sequence[Zone]) -> Zone | None:
    """The zone whose name was typed into the search, whole."""
    wanted = words.casefold()
    return next((zone for zone in zones if zone.name.casefold() == wanted), None) if wanted else None
