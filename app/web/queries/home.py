"""What the first page tells: what is open, what is near, what was done so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Terms
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, Update
from app.core.db import db
from app.core.money import ZERO, Money
from app.grants import queries as grants
from app.ledger.models import AccountRow
from app.matching.rules import per_euro
from app.pledges import queries as pledges
from app.pledges.queries import Totals
from app.territory import queries as territory
from app.territory.models import Zone

NEAR = 3
NEAR_ASKED = 12  # by the ledger alone, where gifts that do not count are in: some more, then the exact ones
NEWS = 3
NEIGHBOURS = 2
CITY_STEPS = ("confirmed", "committed", "approved", "paid")  # from the confirmed match on, the city's part is real


@dataclass(frozen=True)
class SoFar:
    """All campaigns together: what people gave, what the city confirmed."""

    people: Money
    donors: int
    city: Money
    finished: int


@dataclass(frozen=True)
class Quarter:
    """One neighbourhood as its people ask for it: its projects, or those of the nearest where it has none."""

    zone: Zone
    count: int
    near: list[Zone]
    rows: list[tuple[Campaign, Totals, Zone]]
    news: list[tuple[Update, Campaign, Zone]]
    calls: list[tuple[Call, Terms]]


@dataclass(frozen=True)
class Front:
    """The first page's figures."""

    per_euro: Money | None
    zones: Sequence[Zone]
    facets: dict[int, tuple[int, int]]
    near: list[tuple[Campaign, Totals, Zone]]
    open_count: int
    so_far: SoFar
    calls: list[tuple[Call, Terms]]
    news: list[tuple[Update, Campaign, Zone]]
    quarter: Quarter | None

    @property
    def counts(self) -> dict[int, int]:
        """Number of the zone to its projects."""
        return {zone.number: self.facets[zone.id][0] for zone in self.zones if zone.id in self.facets}

    @property
    def open_zones(self) -> list[int]:
        """Numbers of the zones where a collection is open."""
        return [zone.number for zone in self.zones if self.facets.get(zone.id, (0, 0))[1]]


def front(now: datetime, so_far: SoFar, slug: str = "") -> Front:
    """Everything the first page shows, in a fixed number of questions."""
    zones = {zone.id: zone for zone in territory.zones()}
    kept = campaigns.facets()
    facets = kept.zones
    live = pledges.nearest(NEAR_ASKED)
    open_calls = calls.open_with_terms(now, 2)
    chosen = next((zone for zone in zones.values() if zone.slug == slug), None) if slug else None
    there = _there(chosen, zones, facets) if chosen else ([], [])
    figures = pledges.totals_of(campaign.id for campaign in (*live, *there[1]))
    near = sorted(live, key=lambda campaign: -_reached(campaign, figures[campaign.id]))[:NEAR]
    return Front(
        per_euro=next((each for _, terms in open_calls if (each := per_euro(terms.match))), None),
        zones=list(zones.values()),
        facets=facets,
        near=[(campaign, figures[campaign.id], zones[campaign.zone_id]) for campaign in near],
        open_count=kept.open_now,
        so_far=so_far,
        calls=open_calls,
        news=_news(zones),
        quarter=_quarter(chosen, there, figures, zones, facets, open_calls) if chosen else None,
    )


def _news(zones: dict[int, Zone], within: Sequence[int] = ()) -> list[tuple[Update, Campaign, Zone]]:
    return [(update, found, zones[found.zone_id]) for update, found in campaigns.latest_updates(NEWS, within)]


def _there(
    chosen: Zone, zones: dict[int, Zone], facets: dict[int, tuple[int, int]]
) -> tuple[list[Zone], Sequence[Campaign]]:
    """The projects of the chosen neighbourhood, those that take gifts first; where it has none, those near by."""
    count = facets.get(chosen.id, (0, 0))[0]
    near = [] if count else territory.nearest([chosen], (zones[each] for each in facets), NEIGHBOURS)
    asked = campaigns.Filters(zones=[zone.slug for zone in near or [chosen]])
    return near, campaigns.find(asked, limit=NEAR).campaigns


def _quarter(
    chosen: Zone,
    there: tuple[list[Zone], Sequence[Campaign]],
    figures: Mapping[int, Totals],
    zones: dict[int, Zone],
    facets: dict[int, tuple[int, int]],
    open_calls: list[tuple[Call, Terms]],
) -> Quarter:
    """The chosen neighbourhood: its projects, and what is written and open there."""
    (near, shown), count = there, facets.get(chosen.id, (0, 0))[0]
    return Quarter(
        zone=chosen,
        count=count,
        near=near,
        rows=[(campaign, figures[campaign.id], zones[campaign.zone_id]) for campaign in shown],
        news=_news(zones, [chosen.id]) if count else [],
        calls=[(call, terms) for call, terms in open_calls if not terms.zones or chosen.number in terms.zones],
    )


def _reached(campaign: Campaign, figures: Totals) -> int:
    """How near the threshold in basis points; those past it come after those that still need a push."""
    reached = figures.raised.basis_points_of(campaign.threshold)
    return reached if reached < 10_000 else -reached


def so_far() -> SoFar:
    """Figures of the ledger, over all campaigns, in one question."""
    city = func.sum(AccountRow.balance).filter(
        AccountRow.book == "budget", AccountRow.owner.startswith("proposal:"), AccountRow.name.in_(CITY_STEPS)
    )
    people = func.sum(AccountRow.balance).filter(
        AccountRow.book == "cash", AccountRow.owner.startswith("campaign:"), AccountRow.name == "givers"
    )
    row = db.session.execute(
        select(people, pledges.givers().scalar_subquery(), city, grants.finished().scalar_subquery()).where(
            AccountRow.book.in_(("budget", "cash"))
        )
    ).one()
    return SoFar(-(row[0] or ZERO), row[1], row[2] or ZERO, row[3])
