"""Reads of proposals: their text, their people, what is missing, and what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, func, literal, null, select, union_all
from sqlalchemy.orm import lazyload

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Terms
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, Money, total
from app.core.todo import Todo
from app.files.models import File
from app.groups import queries as groups
from app.groups.models import Group, Member
from app.identity.models import Person
from app.proposals.models import Check, Commitment, Line, Milestone, Participant, Proposal
from app.proposals.rules import (
    LIVE,
    SENT,
    Draft,
    Part,
    Progress,
    State,
    Undertaking,
    fingerprint,
    problems,
    progress,
)
from app.territory.models import Borough, Zone


def proposal(proposal_id: int) -> Proposal:
    """The proposal of that row."""
    return db.session.get_one(Proposal, proposal_id)


def by_ref(ref: str) -> Proposal | None:
    """The proposal of that reference in addresses."""
    return db.session.scalars(select(Proposal).where(Proposal.ref == ref)).one_or_none()


def mine(person_id: int) -> Sequence[Proposal]:
    """The proposals of the person's groups, newest first; withdrawn ones last."""
    return db.session.scalars(
        select(Proposal)
        .join(Member, Member.group_id == Proposal.group_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None))
        .order_by(Proposal.state == State.WITHDRAWN, Proposal.id.desc())
    ).all()


def of_group(group_id: int) -> Sequence[Proposal]:
    """All proposals of a group, newest first."""
    return db.session.scalars(select(Proposal).where(Proposal.group_id == group_id).order_by(Proposal.id.desc())).all()


def live_of_group(group_id: int) -> Sequence[Proposal]:
    """The proposals that the group is still writing."""
    return [each for each in of_group(group_id) if each.state in LIVE]


def of_call(call_id: int, *states: State) -> Sequence[Proposal]:
    """The call's proposals in these states (sent ones if none is named), by reference."""
    return db.session.scalars(
        select(Proposal)
        .where(Proposal.call_id == call_id, Proposal.state.in_(states or SENT))
        .order_by(Proposal.reference, Proposal.id)
    ).all()


def admissible(call_id: int) -> Sequence[Proposal]:
    """The call's proposals that passed the check."""
    return of_call(call_id, State.ADMISSIBLE)


def awaiting_check(call_id: int | None = None) -> Sequence[Proposal]:
    """Sent proposals that no officer has decided on, oldest first."""
    query = select(Proposal).where(Proposal.state == State.SUBMITTED).order_by(Proposal.submitted_at, Proposal.id)
    return db.session.scalars(query if call_id is None else query.where(Proposal.call_id == call_id)).all()


def lines(proposal: Proposal) -> Sequence[Line]:
    """The budget's lines in their order."""
    return db.session.scalars(select(Line).where(Line.proposal_id == proposal.id).order_by(Line.position)).all()


def milestones(proposal: Proposal) -> Sequence[Milestone]:
    """The milestones by date."""
    return db.session.scalars(
        select(Milestone).where(Milestone.proposal_id == proposal.id).order_by(Milestone.position)
    ).all()


def plan(proposal: Proposal) -> tuple[list[tuple[str, Money]], list[tuple[str, date]]]:
    """The budget's lines with their sums and the milestones with their days, in one question."""
    rows: Any = db.session.execute(
        union_all(
            select(literal(True), Line.position, Line.name, Line.amount, null().label("due_on")).where(
                Line.proposal_id == proposal.id
            ),
            select(literal(False), Milestone.position, Milestone.title, null(), Milestone.due_on).where(
                Milestone.proposal_id == proposal.id
            ),
        ).order_by("position")
    ).all()
    return [(row[2], row[3]) for row in rows if row[0]], [(row[2], row[4]) for row in rows if not row[0]]


def members(proposal: Proposal) -> Sequence[Person]:
    """The proposal's people, in the order in which they came."""
    return db.session.scalars(
        select(Person)
        .join(Participant, Participant.person_id == Person.id)
        .where(Participant.proposal_id == proposal.id)
        .order_by(Participant.id)
    ).all()


def is_participant(proposal_id: int, person_id: int) -> bool:
    """Whether the person is one of the proposal's people."""
    return bool(
        db.session.scalar(
            select(Participant.id).where(Participant.proposal_id == proposal_id, Participant.person_id == person_id)
        )
    )


def participation(call_id: int, tax_code_hash: bytes) -> Participant | None:
    """The place that a tax code already holds in a call."""
    return db.session.scalars(
        select(Participant).where(Participant.call_id == call_id, Participant.tax_code_hash == tax_code_hash)
    ).one_or_none()


def signatures(proposal: Proposal) -> Mapping[int, Commitment]:
    """The signatures that hold, by person."""
    found = db.session.scalars(
        select(Commitment).where(Commitment.proposal_id == proposal.id, Commitment.voided_at.is_(None))
    )
    return {each.person_id: each for each in found}


def check_of(proposal: Proposal) -> Check | None:
    """The officer's decision."""
    return db.session.scalars(select(Check).where(Check.proposal_id == proposal.id)).one_or_none()


def checked_by(proposal_id: int) -> int | None:
    """Who decided on admissibility: that person approves no ranking of this call."""
    return db.session.scalar(select(Check.officer_id).where(Check.proposal_id == proposal_id))


def picture(proposal: Proposal) -> File | None:
    """The proposal's picture."""
    return db.session.get(File, proposal.picture_id) if proposal.picture_id else None


def zone(proposal: Proposal) -> Zone | None:
    """Where the project takes place."""
    return db.session.get(Zone, proposal.zone_id) if proposal.zone_id else None


def group(proposal: Proposal) -> Group:
    """Who proposes."""
    return groups.group(proposal.group_id)


def call(proposal: Proposal) -> Call:
    """The call it answers."""
    return calls.call(proposal.call_id)


def closes_at(proposal: Proposal) -> datetime:
    """The deadline of its call."""
    return calls.whole(call(proposal)).closes_at


def terms(proposal: Proposal) -> Terms:
    """The rules that hold for it: those in force while it is written, those it was sent under afterwards."""
    return calls.terms_of(call(proposal)) if proposal.state in LIVE else calls.terms(proposal.terms_id)


def draft(proposal: Proposal) -> Draft:
    """All that it says now."""
    place, image, whose = zone(proposal), picture(proposal), group(proposal)
    return Draft(
        title=proposal.title,
        summary=proposal.summary,
        theme=proposal.theme,
        zone=place.number if place else None,
        place=proposal.place,
        need=proposal.need,
        story=proposal.story,
        picture=image.sha256 if image else None,
        picture_alt=proposal.picture_alt,
        total=proposal.total,
        lines=tuple((line.name, line.amount) for line in lines(proposal)),
        milestones=tuple((each.title, each.due_on) for each in milestones(proposal)),
        impact=proposal.impact,
        group=whose.name,
        about=whose.about,
        members=tuple(person.ref for person in members(proposal)),
    )


@dataclass(frozen=True)
class Standing:
    """A proposal as its people and the office look at it: text, what is missing, who signed, how far."""

    proposal: Proposal
    call: Call
    terms: Terms
    group: Group
    draft: Draft
    fingerprint: str
    problems: Mapping[Part, Mapping[str, Refusal]]
    members: Sequence[Person]
    signatures: Mapping[int, Commitment]
    closes_at: datetime
    progress: Progress

    @property
    def unsigned(self) -> list[Person]:
        """Who still has to sign."""
        return [person for person in self.members if person.id not in self.signatures]

    @property
    def lines_total(self) -> Money:
        """What the budget's lines make."""
        return total(amount for _, amount in self.draft.lines)

    def undertaking(self, person: Person) -> Undertaking:
        """What this person undertakes by signing."""
        return Undertaking(
            name=person.name,
            others=[each.name for each in self.members if each.id != person.id],
            group=self.group.name,
            kind=self.group.kind.value,
            call=self.call.title,
            title=self.proposal.title,
            total=self.proposal.total,
            days=self.terms.constitution_days,
            fingerprint=self.fingerprint,
        )


def standing(proposal: Proposal) -> Standing:
    """Everything about a proposal at once."""
    said, rules_, whose = draft(proposal), terms(proposal), group(proposal)
    end = closes_at(proposal)
    found = problems(said, rules_, kind=whose.kind.value, closes_on=clock.local(end).date())
    people, signed = members(proposal), signatures(proposal)
    sent = proposal.state in SENT
    return Standing(
        proposal=proposal,
        call=call(proposal),
        terms=rules_,
        group=whose,
        draft=said,
        fingerprint=fingerprint(said),
        problems=found,
        members=people,
        signatures=signed,
        closes_at=end,
        progress=progress(found, signed=len(signed), members=len(people), sent=sent),
    )


@dataclass(frozen=True)
class Finding:
    """One thing that the office checks and the machine has looked at first."""

    key: str
    holds: bool


def findings(standing: Standing) -> list[Finding]:
    """The list of admissibility as the machine finds it; once the officer has decided, as it was then."""
    decided = check_of(standing.proposal)
    if decided is not None and decided.found:
        return [Finding(key, bool(holds)) for key, holds in decided.found.items()]
    proposal, terms_ = standing.proposal, standing.terms
    place = zone(proposal)
    kind = standing.group.kind.value
    found = {
        "in_time": proposal.submitted_at is not None and proposal.submitted_at < standing.closes_at,
        "complete": not any(standing.problems.values()),
        "unchanged": proposal.text_sha256 == standing.fingerprint,
        "signed": not standing.unsigned and bool(standing.members),
        "one_group": len({person.tax_code_hash for person in standing.members}) == len(standing.members),
        "kind": terms_.takes_proposer(kind),
        "people": kind != "informal" or len(standing.members) >= terms_.members_min,
        "zone": place is not None and terms_.takes_zone(place.number),
        "limits": terms_.takes_budget(proposal.total),
        "adds_up": standing.lines_total == proposal.total,
    }
    if kind == "constituted":
        found["body"] = groups.verified_entity(standing.group.id) is not None
    return [Finding(key, holds) for key, holds in found.items()]


def sheet() -> Rows:
    """The office's list of what was sent: with group, call, zone and borough."""
    return Rows(
        select=select(Proposal, Group, Call, Zone)
        .join(Group, Group.id == Proposal.group_id)
        .join(Call, Call.id == Proposal.call_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(Borough, Borough.id == Zone.borough_id)
        .options(lazyload(Zone.borough))
        .where(Proposal.state.in_(SENT)),
        key=Proposal.id,
        views=(
            View("waiting", N_("To check"), Proposal.state == State.SUBMITTED),
            View("admissible", N_("Admitted"), Proposal.state == State.ADMISSIBLE),
            View("inadmissible", N_("Not admitted"), Proposal.state == State.INADMISSIBLE),
            View("all", N_("All")),
        ),
        orders=(
            Order("sent", N_("oldest first"), Proposal.submitted_at),
            Order("newest", N_("newest first"), Proposal.submitted_at, down=True),
            Order("title", N_("by title"), func.sort_key(Proposal.title, type_=Text)),
            Order("budget", N_("largest budget first"), Proposal.total, down=True),
        ),
        search=(Proposal.title, Proposal.reference, Group.name),
        facets=(
            Facet("call", N_("Call"), Call.ref, said=Call.title),
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )


def _of_members(person_id: int, now: datetime) -> list[Todo]:
    found = []
    for each in mine(person_id):
        if each.state not in LIVE:
            continue
        end, late = closes_at(each), closes_at(each) <= now
        signed = person_id in signatures(each)
        what, state = N_("Finish writing the proposal"), "late" if late else "todo"
        if each.state is State.SIGNING:
            everyone = len(signatures(each)) == len(members(each))
            what = N_("Send the proposal") if everyone else N_("Waiting for the others’ signatures")
            what = what if signed else N_("Sign the commitment")
            state = "late" if late else "wait" if signed and not everyone else "now"
        where = zone(each)
        found.append(
            Todo(
                what=what,
                subject=each.title,
                endpoint="proposals.tasks",
                args={"ref": each.ref},
                state=state,
                due_at=end,
                amount=each.total or None,
                room="proposals",
                zone=where.name if where else None,
            )
        )
    return found


def _of_officers(person_id: int) -> list[Todo]:
    own = select(Participant.id).where(Participant.proposal_id == Proposal.id, Participant.person_id == person_id)
    rows = db.session.execute(
        select(Proposal, Zone.name)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Proposal.state == State.SUBMITTED, ~own.exists())
        .order_by(Proposal.submitted_at, Proposal.id)
    )
    return [
        Todo(
            what=N_("Check whether the proposal is admissible"),
            subject=f"{each.reference} {each.title}",
            endpoint="proposals.dossier",
            args={"ref": each.ref},
            state="now",
            amount=each.total,
            room="proposals",
            zone=where,
            role="officer",
        )
        for each, where in rows
    ]


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Todo]:
    """What the person's proposals need and, for officers, which ones wait for the check."""
    found = _of_members(person_id, now)
    return found + (_of_officers(person_id) if "officer" in roles else [])
