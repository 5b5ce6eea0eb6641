"""Everything with a date: what everybody may know, what the office watches, what a group must not forget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from app.core.db import db
from app.core.money import N_
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
    """What happens from the one day up to the other, as far as this reader may know it, in order."""
    found = [*_public(start, end)]
    if roles & OFFICE:
        found += _watched(start, end, None, verifies="officer" in roles)
    elif person_id is not None:
        found += _watched(start, end, person_id)
    if "evaluator" in roles and person_id is not None:
        found += _panels(start, end, person_id)
    return sorted({event.uid: event for event in found}.values(), key=lambda event: event.order)


def _public(start: date, end: date) -> Iterator[Event]:
    calls = select(Call).where(Call.state != CallState.DRAFT, Call.archive.is_(False))
    near = or_(_between(Call.opens_at, start, end), _between(Call.closes_at, start, end))
    for call in db.session.scalars(calls.where(near)):
        more: dict[str, Any] = {"args": {"slug": call.slug}, "public": True}
        if call.opens_at and at_local(start) <= call.opens_at < at_local(end):
            opens = local(call.opens_at)
            yield Event(f"call-opens-{call.ref}", opens.date(), N_("The call opens"), call.title, "calls.show",
                        at=call.opens_at if opens.time() != time(0) else None, **more)  # fmt: skip
        yield from _within(
            start,
            end,
            _event(f"call-closes-{call.ref}", call.closes_at, N_("The call closes"), call.title, "calls.show", **more),
        )
    campaigns = select(Campaign).where(
        Campaign.state.in_(PUBLIC),
        or_(_between(Campaign.opens_at, start, end), _between(Campaign.closes_at, start, end)),
    )
    for each in db.session.scalars(campaigns):
        more = {"args": {"slug": each.slug}, "public": True}
        if each.opens_at and at_local(start) <= each.opens_at < at_local(end):
            yield Event(
                f"campaign-opens-{each.ref}",
                local(each.opens_at).date(),
                N_("The campaign opens"),
                each.title,
                "campaigns.show",
                **more,
            )
        yield from _within(
            start,
            end,
            _event(
                f"campaign-closes-{each.ref}",
                each.closes_at,
                N_("The campaign closes"),
                each.title,
                "campaigns.show",
                **more,
            ),
        )


def _within(start: date, end: date, found: Iterable[Event]) -> Iterator[Event]:
    return (event for event in found if start <= event.day < end)


def _mine(rows: Select[*tuple[Any, ...]], group_id: Any, person_id: int | None) -> Select[*tuple[Any, ...]]:
    """The rows of all groups for the office, of the person's own ones for everybody else."""
    if person_id is None:
        return rows
    return rows.join(Member, Member.group_id == group_id).where(Member.person_id == person_id, Member.left_at.is_(None))


def _watched(start: date, end: date, person_id: int | None, *, verifies: bool = False) -> Iterator[Event]:
    office = person_id is None
    yield from _within(start, end, _constitutions(start, end, person_id, office=office, verifies=verifies))
    yield from _within(start, end, _cases(start, end, person_id, office=office))
    yield from _within(start, end, _papers(start, end, person_id))
    yield from _within(start, end, _ends_of_projects(start, end, person_id))


def _constitutions(start: date, end: date, person_id: int | None, *, office: bool, verifies: bool) -> Iterator[Event]:
    ends = func.coalesce(Constitution.extended_until, Constitution.due_at)
    rows = (
        select(Constitution, Group, LegalEntity)
        .join(Group, Group.id == Constitution.group_id)
        .outerjoin(LegalEntity, LegalEntity.group_id == Group.id)
        .where(Constitution.closed_at.is_(None), _between(ends, start, end))
    )
    for found, group, body in db.session.execute(_mine(rows, Group.id, person_id)):
        endpoint, args = "groups.constitution", {"ref": group.ref}
        if office and verifies:
            endpoint, args = ("groups.verify", {"ref": body.ref}) if body else ("groups.to_verify", {})
        elif office:  # the papers are open to officers alone; the rest of the office sees how the close goes on
            endpoint, args = "settlement.index", {}
        uid = f"constitution-{group.ref}"
        yield from _event(uid, found.ends_at, N_("The association must be formed"), group.name, endpoint, args=args)


def _cases(start: date, end: date, person_id: int | None, *, office: bool) -> Iterator[Event]:
    near = or_(_between(Case.charge_from, start, end), _between(Case.grace_until, start, end))
    rows = select(Case, Campaign).join(Campaign, Campaign.id == Case.campaign_id)
    rows = rows.where(near, Case.state.in_((CaseState.NOTIFIED, CaseState.COLLECTING)))
    for case, campaign in db.session.execute(_mine(rows, Campaign.group_id, person_id)):
        args = {"slug": campaign.slug}
        page = "settlement.show" if office else "campaigns.show"
        if case.charge_from and case.state is CaseState.NOTIFIED:
            charged = local(case.charge_from).date()
            yield Event(
                f"charges-{campaign.ref}", charged, N_("The donors’ cards are charged"), campaign.title, page, args
            )
        yield from _event(
            f"grace-{campaign.ref}", case.grace_until, N_("The grace window ends"), campaign.title, page, args=args
        )


def _papers(start: date, end: date, person_id: int | None) -> Iterator[Event]:
    """Agreements that wait for a signature stand on the day on which they were prepared."""
    rows = (
        select(Agreement, Campaign)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .where(Agreement.state == AgreementState.SENT, _between(Agreement.prepared_at, start, end))
    )
    if person_id is not None:
        signed = select(Signature.id).where(Signature.agreement_id == Agreement.id, Signature.person_id == person_id)
        rows = rows.where(Agreement.representative_id == person_id, ~signed.exists())
    for agreement, campaign in db.session.execute(rows):
        day = local(agreement.prepared_at).date()
        words = N_("The agreement waits for signatures")
        yield Event(f"sign-{agreement.ref}", day, words, campaign.title, "grants.show", {"ref": agreement.ref})


def _ends_of_projects(start: date, end: date, person_id: int | None) -> Iterator[Event]:
    """The receipts are due when the last step of the project is done."""
    last = func.max(Milestone.due_on)
    rows = (
        select(Agreement, Campaign, last)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Milestone, Milestone.proposal_id == Agreement.proposal_id)
        .join(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Report.state == ReportState.OPEN, Account.id.is_(None))
        .group_by(Agreement.id, Campaign.id)
        .having(last >= start, last < end)
    )
    for agreement, campaign, day in db.session.execute(_mine(rows, Campaign.group_id, person_id)):
        words = N_("The receipts are due")
        yield Event(f"report-{agreement.ref}", day, words, campaign.title, "grants.report", {"ref": agreement.ref})


def _panels(start: date, end: date, person_id: int) -> Iterator[Event]:
    rows = (
        select(Call)
        .join(Panelist, Panelist.call_id == Call.id)
        .where(Panelist.person_id == person_id, _between(Call.closes_at, start, end))
    )
    for call in db.session.scalars(rows):
        uid = f"scores-{call.ref}"
        yield from _within(
            start,
            end,
            _event(uid, call.closes_at, N_("You can score from now on"), call.title, "evaluation.assignments"),
        )


def feed_owner(token: str) -> Person | None:
    """Whose private calendar this secret opens."""
    return db.session.scalars(
        select(Person).join(Feed, Feed.person_id == Person.id).where(Feed.token_hash == token_hash(token))
    ).one_or_none()


def has_feed(person_id: int) -> Feed | None:
    """The person's private calendar address, if there is one."""
    return db.session.get(Feed, person_id)
