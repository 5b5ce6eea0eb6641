"""Reads of proposals: their text, their people, what is missing, and what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, and_, func, literal, null, or_, select, union_all
from sqlalchemy.orm import lazyload

from app.calls import queries as calls
from app.calls.models import Call, CallTerms
from app.calls.rules import Terms
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, Money, total
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask
from app.files.models import File
from app.groups import queries as groups
from app.groups.models import Group, Member
from app.groups.rules import EntityState
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


@once
def by_ref(ref: str) -> Proposal | None:
    """The proposal of that reference in addresses."""
    return db.session.scalars(select(Proposal).where(Proposal.ref == ref)).one_or_none()


@once
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


@once
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


@once
def awaiting_check(call_id: int | None = None) -> Sequence[Proposal]:
    """Sent proposals that no officer has decided on, oldest first."""
    query = select(Proposal).where(Proposal.state == State.SUBMITTED).order_by(Proposal.submitted_at, Proposal.id)
    return db.session.scalars(query if call_id is None else query.where(Proposal.call_id == call_id)).all()


def lines(proposal: Proposal) -> Sequence[Line]:
    """The budget's lines in their order."""
    return lines_of(proposal.id)


@once
def lines_of(proposal_id: int) -> Sequence[Line]:
    """The same by the proposal's row."""
    return db.session.scalars(select(Line).where(Line.proposal_id == proposal_id).order_by(Line.position)).all()


@once
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


@once
def members(proposal: Proposal) -> Sequence[Person]:
    """The proposal's people, in the order in which they came."""
    return db.session.scalars(
        select(Person)
        .join(Participant, Participant.person_id == Person.id)
        .where(Participant.proposal_id == proposal.id)
        .order_by(Participant.id)
    ).all()


@once
def seen_by(ref: str, person_id: int) -> Proposal | None:
    """The proposal of that reference, where the person is one of its people, or was until it was withdrawn."""
    takes_part = select(Participant.id).where(
        Participant.proposal_id == Proposal.id, Participant.person_id == person_id
    )
    member = select(Member.id).where(
        Member.group_id == Proposal.group_id, Member.person_id == person_id, Member.left_at.is_(None)
    )
    return db.session.scalars(
        select(Proposal).where(
            Proposal.ref == ref,
            or_(takes_part.exists(), and_(Proposal.state == State.WITHDRAWN, member.exists())),
        )
    ).one_or_none()


@once
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


@once
def signatures(proposal: Proposal) -> Mapping[int, Commitment]:
    """The signatures that hold, by person."""
    found = db.session.scalars(
        select(Commitment).where(Commitment.proposal_id == proposal.id, Commitment.voided_at.is_(None))
    )
    return {each.person_id: each for each in found}


def checked(proposal: Proposal) -> tuple[Check, Person] | None:
    """The officer's decision, and who took it."""
    row: Any = db.session.execute(
        select(Check, Person).join(Person, Person.id == Check.officer_id).where(Check.proposal_id == proposal.id)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


@once
def check_of(proposal: Proposal) -> Check | None:
    """The officer's decision."""
    return db.session.scalars(select(Check).where(Check.proposal_id == proposal.id)).one_or_none()


def checked_by(proposal_id: int) -> int | None:
    """Who decided on admissibility: that person approves no ranking of this call."""
    return db.session.scalar(select(Check.officer_id).where(Check.proposal_id == proposal_id))


@once
def picture(proposal: Proposal) -> File | None:
    """The proposal's picture."""
    return db.session.get(File, proposal.picture_id) if proposal.picture_id else None


@once
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
    return calls.deadline(call(proposal))


def terms(proposal: Proposal) -> Terms:
    """The rules that hold for it: those in force while it is written, those it was sent under afterwards."""
    return calls.terms_of(call(proposal)) if proposal.state in LIVE else calls.terms(proposal.terms_id)


def draft(proposal: Proposal) -> Draft:
    """All that it says now."""
    return standing(proposal).draft


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
    zone: Zone | None
    picture: File | None
    lines: Sequence[Line]
    milestones: Sequence[Milestone]

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


@once
def standing(proposal: Proposal) -> Standing:
    """Everything about a proposal at once."""
    return standings([proposal])[0]


def standings(proposals: Sequence[Proposal]) -> list[Standing]:
    """The same of several, in five questions however many there are."""
    ids = [each.id for each in proposals]
    newest = select(func.max(CallTerms.version)).where(CallTerms.call_id == Call.id).correlate(Call).scalar_subquery()
    in_force = and_(Proposal.state.in_(LIVE), CallTerms.call_id == Call.id, CallTerms.version == newest)
    rows: Any = db.session.execute(
        select(Proposal.id, Call, CallTerms, Group, Zone, File)
        .join(Call, Call.id == Proposal.call_id)
        .join(Group, Group.id == Proposal.group_id)
        .outerjoin(CallTerms, or_(in_force, and_(Proposal.state.not_in(LIVE), CallTerms.id == Proposal.terms_id)))
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(File, File.id == Proposal.picture_id)
        .where(Proposal.id.in_(ids))
    )
    whole = {row[0]: row[1:] for row in rows}
    written = _by_proposal(ids, Line, Line.position), _by_proposal(ids, Milestone, Milestone.position)
    people, signed = _people(ids), _signatures(ids)
    return [
        _standing(each, *whole[each.id], *(part.get(each.id, []) for part in (*written, people, signed)))
        for each in proposals
    ]


def _by_proposal(ids: Sequence[int], kind: Any, order: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in db.session.scalars(select(kind).where(kind.proposal_id.in_(ids)).order_by(order)):
        found.setdefault(row.proposal_id, []).append(row)
    return found


def _people(ids: Sequence[int]) -> dict[int, list[Person]]:
    """Who belongs to these proposals, in the order in which they came."""
    rows = db.session.execute(
        select(Participant.proposal_id, Person)
        .join(Person, Person.id == Participant.person_id)
        .where(Participant.proposal_id.in_(ids))
        .order_by(Participant.id)
    )
    found: dict[int, list[Person]] = {}
    for proposal_id, person in rows:
        found.setdefault(proposal_id, []).append(person)
    return found


def _signatures(ids: Sequence[int]) -> dict[int, list[Commitment]]:
    """The signatures that hold on these proposals, also of somebody who has just left: a change takes them back."""
    found: dict[int, list[Commitment]] = {}
    valid = select(Commitment).where(Commitment.proposal_id.in_(ids), Commitment.voided_at.is_(None))
    for each in db.session.scalars(valid):
        found.setdefault(each.proposal_id, []).append(each)
    return found


def _standing(
    proposal: Proposal,
    call: Call,
    frozen: CallTerms | None,
    group: Group,
    zone: Zone | None,
    picture: File | None,
    lines: Sequence[Line],
    milestones: Sequence[Milestone],
    people: Sequence[Person],
    signatures: Sequence[Commitment],
) -> Standing:
    rules_ = frozen.terms if frozen is not None else calls.terms_of(call)  # which says why there are none
    end, signed = calls.deadline(call), {each.person_id: each for each in signatures}
    said = _said(proposal, group, zone, picture, lines, milestones, people)
    found = problems(said, rules_, kind=group.kind.value, closes_on=clock.local(end).date())
    return Standing(
        proposal=proposal,
        call=call,
        terms=rules_,
        group=group,
        draft=said,
        fingerprint=fingerprint(said),
        problems=found,
        members=people,
        signatures=signed,
        closes_at=end,
        progress=progress(found, signed=len(signed), members=len(people), sent=proposal.state in SENT),
        zone=zone,
        picture=picture,
        lines=lines,
        milestones=milestones,
    )


def _said(
    proposal: Proposal,
    group: Group,
    zone: Zone | None,
    picture: File | None,
    lines: Sequence[Line],
    milestones: Sequence[Milestone],
    people: Sequence[Person],
) -> Draft:
    """All that the proposal says."""
    return Draft(
        title=proposal.title,
        summary=proposal.summary,
        theme=proposal.theme,
        zone=zone.number if zone else None,
        place=proposal.place,
        need=proposal.need,
        story=proposal.story,
        picture=picture.sha256 if picture else None,
        picture_alt=proposal.picture_alt,
        total=proposal.total,
        lines=tuple((line.name, line.amount) for line in lines),
        milestones=tuple((each.title, each.due_on) for each in milestones),
        impact=proposal.impact,
        group=group.name,
        about=group.about,
        members=tuple(person.ref for person in people),
    )


@dataclass(frozen=True)
class Finding:
    """One thing that the office checks and the machine has looked at first."""

    key: str
    holds: bool


def findings(standing: Standing, decided: Check | None = None) -> list[Finding]:
    """The list of admissibility as the machine finds it; once the officer has decided, as it was then."""
    if decided is not None and decided.found:
        return [Finding(key, bool(holds)) for key, holds in decided.found.items()]
    proposal, terms_, place = standing.proposal, standing.terms, standing.zone
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
        body = groups.entity_of(standing.group.id)
        found["body"] = body is not None and body.state is EntityState.VERIFIED
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


def _how_many(rows: Any, *conditions: Any) -> Any:
    return select(func.count()).select_from(rows).where(*conditions).correlate(Proposal).scalar_subquery()


def _of_members(person_id: int, now: datetime) -> Ask[Todo]:
    holds = (Commitment.proposal_id == Proposal.id, Commitment.voided_at.is_(None))
    rows = (
        select(
            Proposal.ref,
            Proposal.title,
            Proposal.state,
            Proposal.total,
            Call.closes_at,
            Zone.name.label("zone"),
            _how_many(Commitment, *holds).label("signed"),
            _how_many(Commitment, *holds, Commitment.person_id == person_id).label("mine"),
            _how_many(Participant, Participant.proposal_id == Proposal.id).label("people"),
        )
        .join(Member, Member.group_id == Proposal.group_id)
        .join(Call, Call.id == Proposal.call_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None), Proposal.state.in_(LIVE))
        .order_by(Proposal.id.desc())
    )
    return Ask(rows, lambda row: _to_write(row, late=row.closes_at <= now))


def _to_write(row: Any, *, late: bool) -> Todo:
    what, state = N_("Finish writing the proposal"), "late" if late else "todo"
    if row.state is State.SIGNING:
        everyone = row.signed == row.people
        what = N_("Send the proposal") if everyone else N_("Waiting for the others’ signatures")
        what = what if row.mine else N_("Sign the commitment")
        state = "late" if late else "wait" if row.mine and not everyone else "now"
    return Todo(
        what=what,
        subject=row.title,
        endpoint="proposals.tasks",
        args={"ref": row.ref},
        state=state,
        due_at=row.closes_at,
        amount=row.total or None,
        room="proposals",
        zone=row.zone,
    )


def _of_officers(person_id: int) -> Ask[Todo]:
    own = select(Participant.id).where(Participant.proposal_id == Proposal.id, Participant.person_id == person_id)
    rows = (
        select(Proposal.ref, Proposal.reference, Proposal.title, Proposal.total, Zone.name.label("zone"))
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Proposal.state == State.SUBMITTED, ~own.exists())
        .order_by(Proposal.submitted_at, Proposal.id)
    )
    return Ask(
        rows,
        lambda row: Todo(
            what=N_("Check whether the proposal is admissible"),
            subject=f"{row.reference} {row.title}",
            endpoint="proposals.dossier",
            args={"ref": row.ref},
            state="now",
            amount=row.total,
            room="proposals",
            zone=row.zone,
            role="officer",
        ),
    )


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What the person's proposals need and, for officers, which ones wait for the check."""
    found = [_of_members(person_id, now)]
    return [*found, _of_officers(person_id)] if "officer" in roles else found
