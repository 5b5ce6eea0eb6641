"""Reads of closes and cases: what is due, where each campaign's money stands, and whether rows and ledger agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, func, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import lazyload

from app.calls import queries as calls
from app.calls.rules import Terms
from app.campaigns.models import Campaign
from app.campaigns.rules import State as CampaignState
from app.core.crypto import sha256_hex
from app.core.db import UTCDateTime, db
from app.core.errors import Missing, Refusal
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO, Money
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask
from app.groups.models import Constitution, Group, LegalEntity
from app.groups.rules import EntityState
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.pledges import queries as pledges
from app.pledges.models import Pledge
from app.pledges.rules import State as PledgeState
from app.proposals.models import Proposal
from app.proposals.rules import SENT
from app.settlement.models import Case, Close, Revision
from app.settlement.rules import ENDED, WAIT_FOR_LATE_EVENTS, Outcome, State, canonical, decide, result
from app.territory.models import Borough, Zone

WORDS = {
    State.CLOSING: N_("Closing"),
    State.CONSTITUTING: N_("Waiting for the association"),
    State.NOTIFIED: N_("Donors are told"),
    State.COLLECTING: N_("Collecting"),
    State.CONFIRMED: N_("Match confirmed"),
    State.RELEASED: N_("Released"),
}


def due(now: datetime) -> Sequence[int]:
    """Campaigns whose deadline has passed and whose close has not begun."""
    return db.session.scalars(
        select(Campaign.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .where(
            Campaign.state == CampaignState.LIVE,
            Campaign.closes_at <= now,
            Case.id.is_(None),
        )
        .order_by(Campaign.closes_at, Campaign.id)
    ).all()


def open_cases() -> Sequence[int]:
    """Campaigns whose case is not ended, oldest close first."""
    return db.session.scalars(
        select(Case.campaign_id).where(Case.state.not_in(ENDED)).order_by(Case.close_started_at, Case.id)
    ).all()


@once
def case(campaign_id: int) -> Case | None:
    """The case of a campaign, once its close has begun."""
    return db.session.scalars(
        select(Case).where(Case.campaign_id == campaign_id).execution_options(populate_existing=True)
    ).one_or_none()


def lock_case(campaign_id: int) -> Case:
    """The case, held still until the end of this transaction."""
    found = db.session.scalars(
        select(Case).where(Case.campaign_id == campaign_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Missing("The close of this campaign has not begun.")
    return found


@once
def close_of(campaign_id: int) -> Close | None:
    """The record of the close, once the campaign is decided."""
    return db.session.scalars(select(Close).where(Close.campaign_id == campaign_id)).one_or_none()


def outcomes(campaign_ids: Iterable[int]) -> dict[int, tuple[Close | None, Case | None]]:
    """The record of the close and the case of several campaigns, in one question; both empty while one is open."""
    ids = list(campaign_ids)
    if not ids:
        return {}
    rows: Any = db.session.execute(
        select(Campaign.id, Close, Case)
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .where(Campaign.id.in_(ids))
    )
    return {row[0]: (row[1], row[2]) for row in rows}


@once
def revisions(campaign_id: int) -> Sequence[Revision]:
    """How the match was decided anew after gifts went back, oldest first."""
    return db.session.scalars(select(Revision).where(Revision.campaign_id == campaign_id).order_by(Revision.n)).all()


def lost_campaigns() -> Select[Any]:
    """The question for the campaigns that nobody paid, or whose gifts went back."""
    released = select(Case.campaign_id).where(Case.state == State.RELEASED)
    return released.union(select(Close.campaign_id).where(Close.outcome == Outcome.LOST)).subquery().select()


def has_more(group_id: int) -> bool:
    """Whether anything that the group has sent is still under way: its people stay as they are as long."""
    sent = select(Proposal.id).outerjoin(Campaign, Campaign.proposal_id == Proposal.id)
    under_way = sent.where(
        Proposal.group_id == group_id,
        Proposal.state.in_(SENT),
        or_(Campaign.id.is_(None), Campaign.id.not_in(lost_campaigns())),
    )
    return db.session.execute(select(under_way.exists())).scalar_one()


@once
def campaign(campaign_id: int) -> Campaign:
    """The campaign of a case."""
    return db.session.get_one(Campaign, campaign_id)


def deadline(campaign: Campaign) -> datetime:
    """When the campaign closes, once it has opened."""
    if campaign.closes_at is None:
        raise Missing("This campaign has not opened yet: it has no deadline.")
    return campaign.closes_at


def promises(campaign_id: int) -> Sequence[Pledge]:
    """The promises that stand at this moment, in the order in which they were made."""
    return db.session.scalars(
        select(Pledge)
        .where(Pledge.campaign_id == campaign_id, Pledge.state == PledgeState.ACTIVE)
        .order_by(Pledge.active_at, Pledge.id)
    ).all()


def unchecked(campaign_id: int) -> Sequence[Pledge]:
    """Large promises that no officer looked at in time."""
    return db.session.scalars(
        select(Pledge).where(Pledge.campaign_id == campaign_id, Pledge.state == PledgeState.HELD).order_by(Pledge.id)
    ).all()


def ripe(case: Case, now: datetime) -> bool:
    """Whether a collection can be concluded: every promise is collected, or the grace window is over."""
    if case.grace_until is None:
        return False
    return now >= case.grace_until or not pledges.active(case.campaign_id)


def terms_of(campaign: Campaign) -> Terms:
    """The rules a campaign was opened under."""
    return calls.terms(campaign.terms_id)


@dataclass(frozen=True)
class Standing:
    """One campaign's close and collection as the office sees it."""

    campaign: Campaign
    case: Case
    close: Close | None
    group: Group
    zone: Zone
    totals: pledges.Totals
    constitution: Constitution | None
    entity: LegalEntity | None

    @property
    def due_at(self) -> datetime | None:
        """When the step under way ends."""
        match self.case.state:
            case State.CLOSING:
                return self.case.close_started_at + WAIT_FOR_LATE_EVENTS
            case State.CONSTITUTING:
                return self.constitution.ends_at if self.constitution else None
            case State.NOTIFIED:
                return self.case.charge_from
            case State.COLLECTING:
                return self.case.grace_until
            case _:
                return self.case.ended_at


def standing(campaign: Campaign) -> Standing | None:
    """Where this campaign's money stands, once its close has begun."""
    row = db.session.execute(
        _whole().where(Campaign.id == campaign.id).execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else with_totals([row])[0]


def standings(*, ended: bool) -> list[Standing]:
    """All cases that run, or the ones that ended, with the newest close first."""
    rows = db.session.execute(
        _whole()
        .where(Case.state.in_(ENDED) if ended else Case.state.not_in(ENDED))
        .order_by(Case.close_started_at.desc(), Case.id.desc())
    )
    return with_totals([tuple(row) for row in rows])


def _whole() -> Select[*tuple[Any, ...]]:
    """Each case with all that its standing shows, but the figures."""
    verified = (LegalEntity.group_id == Group.id) & (LegalEntity.state == EntityState.VERIFIED)
    return (
        select(Campaign, Case, Close, Group, Zone, Constitution, LegalEntity)
        .join(Case, Case.campaign_id == Campaign.id)
        .join(Group, Group.id == Campaign.group_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .outerjoin(LegalEntity, verified)
    )


def with_totals(rows: Sequence[Any]) -> list[Standing]:
    """Rows of the list as standings, with the figures of all of them in one question."""
    figures = pledges.totals_of(row[0].id for row in rows)
    return [
        Standing(
            campaign=row[0],
            case=row[1],
            close=row[2],
            group=row[3],
            zone=row[4],
            totals=figures[row[0].id],
            constitution=row[5],
            entity=row[6],
        )
        for row in rows
    ]


def sheet() -> Rows:
    """The office's list of closes and collections."""
    next_step = func.coalesce(
        sql_case(
            (Case.state == State.CONSTITUTING, func.coalesce(Constitution.extended_until, Constitution.due_at)),
            (Case.state == State.NOTIFIED, Case.charge_from),
            (Case.state == State.COLLECTING, Case.grace_until),
            else_=Case.ended_at,
        ),
        Case.close_started_at,
        type_=UTCDateTime,
    )
    return Rows(
        select=_whole().join(Borough, Borough.id == Zone.borough_id).options(lazyload(Zone.borough)),
        key=Case.id,
        views=(
            View("running", N_("Under way"), Case.state.not_in(ENDED)),
            View("forming", N_("Waiting for the association"), Case.state == State.CONSTITUTING),
            View("collecting", N_("Collecting"), Case.state.in_((State.NOTIFIED, State.COLLECTING))),
            View("ended", N_("Ended campaigns"), Case.state.in_(ENDED)),
            View("all", N_("All")),
        ),
        orders=(
            Order("newest", N_("newest close first"), Case.close_started_at, down=True),
            Order("due", N_("by next step"), next_step),
            Order("title", N_("by title"), func.sort_key(Campaign.title, type_=Text)),
        ),
        search=(Campaign.title, Group.name),
        facets=(
            Facet(
                "state",
                N_("State"),
                Case.state,
                words={str(state): word for state, word in WORDS.items()},
            ),
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )


@dataclass(frozen=True)
class Forecast:
    """What a close or a conclusion would find if it were decided on the figures of this moment."""

    campaign: Campaign
    state: str
    counted: Money
    threshold: Money
    collected: Money
    outcome: str
    match: Money


def forecasts(now: datetime) -> list[Forecast]:
    """The outcome of each campaign that is due or under way; writes nothing."""
    found = []
    for campaign_id in [*due(now), *open_cases()]:
        row, held, totals = campaign(campaign_id), case(campaign_id), pledges.totals(campaign_id)
        policy = terms_of(row).match
        if held is None or held.state is State.CLOSING:
            gave, match = pledges.crowd(campaign_id, policy), ZERO
            outcome = str(decide(totals.counted, row.threshold, gave.donors, policy.donors_min))
            if outcome == Outcome.WON:
                match = result(gave, row.budget, row.stretch, policy).match
        else:
            reached = result(pledges.crowd(campaign_id, policy, collected=True), row.budget, row.stretch, policy)
            outcome, match = str(reached.why), reached.match
        state = str(held.state) if held else "due"
        found.append(Forecast(row, state, totals.counted, row.threshold, totals.collected, outcome, match))
    return found


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What an officer watches: campaigns that collect, and groups that may need more time."""
    if "officer" not in roles:
        return []
    ends = func.coalesce(Constitution.extended_until, Constitution.due_at, type_=UTCDateTime)
    declined, collected = pledges.progress_of_campaign()
    rows = (
        select(
            *(Case.state, Case.grace_until, ends.label("ends_at"), Campaign.title, Campaign.slug, Campaign.ceiling),
            Zone.name.label("zone"),
            declined.label("declined"),
            collected.label("collected"),
        )
        .join(Campaign, Campaign.id == Case.campaign_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .outerjoin(Constitution, Constitution.group_id == Campaign.group_id)
        .where(Case.state.in_((State.COLLECTING, State.CONSTITUTING)))
        .order_by(Case.close_started_at.desc(), Case.id.desc())
    )
    return [Ask(rows, _to_follow)]


def _to_follow(row: Any) -> Todo:
    collecting = row.state is State.COLLECTING
    return Todo(
        what=N_("Follow the collection: %(declined)d cards refused") if collecting else N_("The group forms its body"),
        params={"declined": row.declined},
        subject=row.title,
        endpoint="settlement.show",
        args={"slug": row.slug},
        state="wait",
        due_at=row.grace_until if collecting else row.ends_at,
        amount=row.collected if collecting else row.ceiling,
        room="settlement",
        zone=row.zone,
        role="officer",
    )


def checks() -> Iterable[Check]:
    """Each close record is what was hashed; each ended case left the budget book as it says."""
    for close in db.session.scalars(select(Close).order_by(Close.id)):
        same = sha256_hex(canonical(close.record)) == close.sha256
        yield Check(f"close of campaign:{close.campaign_id}: record is unchanged", Money(1), Money(int(same)))
        listed = Money(sum(int(one["cents"]) for one in close.record["pledges"] if one["counts"]))
        yield Check(f"close of campaign:{close.campaign_id}: counted", close.counted, listed)
    for held in db.session.scalars(select(Case).where(Case.state.in_(ENDED)).order_by(Case.id)):
        row = campaign(held.campaign_id)
        books = ledger.balances("budget", f"proposal:{row.proposal_id}")
        yield Check(f"campaign:{row.id}: nothing stays reserved", ZERO, books.get("reserved", ZERO))
        still = ledger.balance("promises", f"campaign:{row.id}", "promised")
        yield Check(f"campaign:{row.id}: no promise stays open", ZERO, still)
        if held.state is State.CONFIRMED:
            gifts = -ledger.balance("cash", f"campaign:{row.id}", "givers")
            yield Check(f"campaign:{row.id}: collected", held.collected or ZERO, gifts)
        elif not pledges.in_flight(row.id):
            yield Check(f"campaign:{row.id}: no gift is kept", ZERO, pledges.totals(row.id).collected)


def moments(now: datetime) -> Iterable[tuple[datetime, Refusal]]:
    """When the next step of each case is due; the time to form a body is told by the groups' room."""
    for one in standings(ended=False):
        title = one.campaign.title
        if one.due_at is None or one.due_at <= now:
            continue
        if one.case.state is State.CLOSING:
            yield one.due_at, Refusal("The campaign of %(title)s is decided", title=title)
        elif one.case.state is State.NOTIFIED:
            yield one.due_at, Refusal("The donors of %(title)s are charged", title=title)
        elif one.case.state is State.COLLECTING:
            yield one.due_at, Refusal("The collection of %(title)s ends", title=title)
