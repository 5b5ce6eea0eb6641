"""What the first page tells: what is open, what is near, what was done so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Terms
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, Update
from app.campaigns.rules import Stage
from app.core.money import Money
from app.grants import queries as grants
from app.ledger import queries as ledger
from app.pledges import queries as pledges
from app.pledges.queries import Totals
from app.territory import queries as territory
from app.territory.models import Zone

NEAR = 3
NEWS = 3
CITY_STEPS = ("confirmed", "committed", "approved", "paid")  # from the confirmed match on, the city's part is real


@dataclass(frozen=True)
class SoFar:
    """All campaigns together: what people gave, what the city confirmed."""

    people: Money
    donors: int
    city: Money


@dataclass(frozen=True)
class Front:
    """The first page's figures."""

    per_euro: Money | None
    zones: Sequence[Zone]
    counts: dict[int, int]
    open_zones: list[int]
    near: list[tuple[Campaign, Totals, Zone]]
    open_count: int
    so_far: SoFar
    finished: int
    calls: list[tuple[Call, Terms]]
    news: list[tuple[Update, Campaign, Zone]]


def front(now: datetime) -> Front:
    """Everything the first page shows, in a fixed number of questions."""
    zones = {zone.id: zone for zone in territory.zones()}
    on_map = {zones[zone_id].number: both for zone_id, both in campaigns.facets().zones.items()}
    live = campaigns.listed(campaigns.Filters(stages=(Stage.OPEN,)), limit=200)
    figures = pledges.totals_of(campaign.id for campaign in live)
    near = sorted(live, key=lambda campaign: -_reached(campaign, figures[campaign.id]))[:NEAR]
    open_calls = [(call, calls.terms_of(call)) for call in calls.open_calls(now)[:2]]
    return Front(
        per_euro=_per_euro(open_calls[0][1]) if open_calls else None,
        zones=list(zones.values()),
        counts={number: many for number, (many, _) in on_map.items()},
        open_zones=[number for number, (_, opened) in on_map.items() if opened],
        near=[(campaign, figures[campaign.id], zones[campaign.zone_id]) for campaign in near],
        open_count=len(live),
        so_far=_so_far(),
        finished=grants.finished(),
        calls=open_calls,
        news=[(update, found, zones[found.zone_id]) for update, found in campaigns.latest_updates(NEWS)],
    )


def _reached(campaign: Campaign, figures: Totals) -> int:
    """How near the threshold in basis points; those past it come after those that still need a push."""
    reached = figures.raised.basis_points_of(campaign.threshold)
    return reached if reached < 10_000 else -reached


def _per_euro(terms: Terms) -> Money:
    """What the city adds to each euro given up to the threshold."""
    return Money(100 * terms.match.share_bp // terms.match.threshold_bp)


def _so_far() -> SoFar:
    """Figures of the ledger, over all campaigns."""
    city = sum((ledger.total_of("budget", step, "proposal:") for step in CITY_STEPS), Money(0))
    return SoFar(-ledger.total_of("cash", "givers", "campaign:"), pledges.givers(), city)
