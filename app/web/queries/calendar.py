"""Everything with a date: what everybody may know, what the office watches, what a group must not forget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.calls.models import Call
from app.calls.rules import State as CallState
from app.campaigns.models import Campaign
from app.campaigns.rules import PUBLIC
from app.core.clock import at_local, local
from app.core.crypto import token_hash
from app.core.db import UTCDateTime, db
from app.core.money import N_
from app.core.together import Ask, together
from app.evaluation.models import Panelist
from app.grants.models import Account, Agreement, Report, Signature
from app.grants.rules import AgreementState, ReportState
from app.groups.models import Constitution, Group, LegalEntity, Member
from app.identity.models import Person
from app.proposals.models import Milestone
from app.settlement.models import Case
from app.settlement.rules import State as CaseState
from app.web.models import Feed

OFFICE = frozenset({"officer", "responsible", "finance", "administrator"})


@dataclass(frozen=True)
class Event:
    """One thing on one day; `at` is its hour where it has one."""

    uid: str
    day: date
    what: str
    title: str
    endpoint: str
    args: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    public: bool = False

    @property
    def order(self) -> tuple[date, datetime, str]:
        """By day and hour; what has no hour comes first."""
        return self.day, self.at or at_local(self.day), self.title


def _event(uid: str, moment: datetime | None, what: str, title: str, endpoint: str, **more: Any) -> Iterator[Event]:
    """A moment as people say it: what ends at midnight ends on the day before."""
    if moment is None:
        return
    civil = local(moment)
    if civil.time() == time(0):
        yield Event(uid, (civil - timedelta(minutes=1)).date(), what, title, endpoint, **more)
    else:
        yield Event(uid, civil.date(), what, title, endpoint, at=moment, **more)


def _between(moment: Any, start: date, end: date) -> Any:
    return (moment > at_local(start)) & (moment <= at_local(end))


def events(start: date, end: date, *, person_id: int | None = None, roles: frozenset[str] = frozenset()) -> list[Event]:
    """What happens from the one day up to the other, as far as this reader may know it, in order; in one question."""
    asks = [_calls(start, end), _campaigns(start, end)]
    if roles & OFFICE:
        asks += _watched(start, end, None, verifies="officer" in roles)
    elif person_id is not None:
        asks += _watched(start, end, person_id)
    if "evaluator" in roles and person_id is not None:
        asks.append(_panels(start, end, person_id))
    found = [event for several in together(asks) for event in several if start <= event.day < end]
    return sorted({event.uid: event for event in found}.values(), key=lambda event: event.order)


Events = Ask[list[Event]]


def _calls(start: date, end: date) -> Events:
    rows = select(Call.ref, Call.title, Call.slug, Call.opens_at, Call.closes_at).where(
        Call.state != CallState.DRAFT,
        Call.archive.is_(False),
        or_(_between(Call.opens_at, start, end), _between(Call.closes_at, start, end)),
    )
    return Ask(rows, lambda row: [*_opening(row, start, end), *_closing_call(row)])


def _opening(row: Any, start: date, end: date) -> Iterator[Event]:
    if row.opens_at and at_local(start) <= row.opens_at < at_local(end):
        opens = local(row.opens_at)
        yield Event(
            f"call-opens-{row.ref}",
            opens.date(),
            N_("The call opens"),
            row.title,
            "calls.show",
            {"slug": row.slug},
            at=row.opens_at if opens.time() != time(0) else None,
            public=True,
        )


def _closing_call(row: Any) -> Iterator[Event]:
    more: dict[str, Any] = {"args": {"slug": row.slug}, "public": True}
    return _event(f"call-closes-{row.ref}", row.closes_at, N_("The call closes"), row.title, "calls.show", **more)


def _campaigns(start: date, end: date) -> Events:
    rows = select(Campaign.ref, Campaign.title, Campaign.slug, Campaign.opens_at, Campaign.closes_at).where(
        Campaign.state.in_(PUBLIC),
        or_(_between(Campaign.opens_at, start, end), _between(Campaign.closes_at, start, end)),
    )
    return Ask(rows, lambda row: list(_of_campaign(row, start, end)))


def _of_campaign(row: Any, start: date, end: date) -> Iterator[Event]:
    more: dict[str, Any] = {"args": {"slug": row.slug}, "public": True}
    if row.opens_at and at_local(start) <= row.opens_at < at_local(end):
        day = local(row.opens_at).date()
        yield Event(f"campaign-opens-{row.ref}", day, N_("The campaign opens"), row.title, "campaigns.show", **more)
    what = N_("The campaign closes")
    yield from _event(f"campaign-closes-{row.ref}", row.closes_at, what, row.title, "campaigns.show", **more)


def _mine(rows: Select[*tuple[Any, ...]], group_id: Any, person_id: int | None) -> Select[*tuple[Any, ...]]:
    """The rows of all groups for the office, of the person's own ones for everybody else."""
    if person_id is None:
        return rows
    return rows.join(Member, Member.group_id == group_id).where(Member.person_id == person_id, Member.left_at.is_(None))


def _watched(start: date, end: date, person_id: int | None, *, verifies: bool = False) -> list[Events]:
    return [
        _constitutions(start, end, person_id, verifies=verifies),
        _cases(start, end, person_id),
        _papers(start, end, person_id),
        _ends_of_projects(start, end, person_id),
    ]


def _constitutions(start: date, end: date, person_id: int | None, *, verifies: bool) -> Events:
    ends = func.coalesce(Constitution.extended_until, Constitution.due_at, type_=UTCDateTime)
    rows = (
        select(Group.ref, Group.name, LegalEntity.ref.label("body"), ends.label("ends_at"))
        .select_from(Constitution)
        .join(Group, Group.id == Constitution.group_id)
        .outerjoin(LegalEntity, LegalEntity.group_id == Group.id)
        .where(Constitution.closed_at.is_(None), _between(ends, start, end))
    )

    def read(row: Any) -> list[Event]:
        endpoint, args = "groups.constitution", {"ref": row.ref}
        if person_id is None and verifies:
            endpoint, args = ("groups.verify", {"ref": row.body}) if row.body else ("groups.to_verify", {})
        elif person_id is None:  # the papers are open to officers alone; the others see how the close goes on
            endpoint, args = "settlement.index", {}
        what = N_("The association must be formed")
        return list(_event(f"constitution-{row.ref}", row.ends_at, what, row.name, endpoint, args=args))

    return Ask(_mine(rows, Group.id, person_id), read)


def _cases(start: date, end: date, person_id: int | None) -> Events:
    near = or_(_between(Case.charge_from, start, end), _between(Case.grace_until, start, end))
    rows = (
        select(Case.state, Case.charge_from, Case.grace_until, Campaign.ref, Campaign.slug, Campaign.title)
        .select_from(Case)
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(near, Case.state.in_((CaseState.NOTIFIED, CaseState.COLLECTING)))
    )
    page = "settlement.show" if person_id is None else "campaigns.show"
    return Ask(_mine(rows, Campaign.group_id, person_id), lambda row: list(_of_case(row, page)))


def _of_case(row: Any, page: str) -> Iterator[Event]:
    args = {"slug": row.slug}
    if row.charge_from and row.state is CaseState.NOTIFIED:
        charged = local(row.charge_from).date()
        yield Event(f"charges-{row.ref}", charged, N_("The donors’ cards are charged"), row.title, page, args)
    yield from _event(f"grace-{row.ref}", row.grace_until, N_("The grace window ends"), row.title, page, args=args)


def _papers(start: date, end: date, person_id: int | None) -> Events:
    """Agreements that wait for a signature stand on the day on which they were prepared."""
    rows = (
        select(Agreement.ref, Agreement.prepared_at, Campaign.title)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .where(Agreement.state == AgreementState.SENT, _between(Agreement.prepared_at, start, end))
    )
    if person_id is not None:
        signed = select(Signature.id).where(Signature.agreement_id == Agreement.id, Signature.person_id == person_id)
        rows = rows.where(Agreement.representative_id == person_id, ~signed.exists())

    def read(row: Any) -> list[Event]:
        words, day = N_("The agreement waits for signatures"), local(row.prepared_at).date()
        return [Event(f"sign-{row.ref}", day, words, row.title, "grants.show", {"ref": row.ref})]

    return Ask(rows, read)


def _ends_of_projects(start: date, end: date, person_id: int | None) -> Events:
    """The receipts are due when the last step of the project is done."""
    last = func.max(Milestone.due_on)
    rows = (
        select(Agreement.ref, Campaign.title, last.label("day"))
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Milestone, Milestone.proposal_id == Agreement.proposal_id)
        .join(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Report.state == ReportState.OPEN, Account.id.is_(None))
        .group_by(Agreement.id, Campaign.id)
        .having(last >= start, last < end)
    )

    def read(row: Any) -> list[Event]:
        words = N_("The receipts are due")
        return [Event(f"report-{row.ref}", row.day, words, row.title, "grants.report", {"ref": row.ref})]

    return Ask(_mine(rows, Campaign.group_id, person_id), read)


def _panels(start: date, end: date, person_id: int) -> Events:
    rows = (
        select(Call.ref, Call.title, Call.closes_at)
        .join(Panelist, Panelist.call_id == Call.id)
        .where(Panelist.person_id == person_id, _between(Call.closes_at, start, end))
    )

    def read(row: Any) -> list[Event]:
        what = N_("You can score from now on")
        return list(_event(f"scores-{row.ref}", row.closes_at, what, row.title, "evaluation.assignments"))

    return Ask(rows, read)


def feed_owner(token: str) -> Person | None:
    """Whose private calendar this secret opens."""
    return db.session.scalars(
        select(Person).join(Feed, Feed.person_id == Person.id).where(Feed.token_hash == token_hash(token))
    ).one_or_none()


def has_feed(person_id: int) -> Feed | None:
    """The person's private calendar address, if there is one."""
    return db.session.get(Feed, person_id)
