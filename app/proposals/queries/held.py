"""Proposals and what belongs to them, as they stand in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, literal, null, or_, select, union_all

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Terms
from app.core.db import db
from app.core.money import Money
from app.core.once import once
from app.files.models import File
from app.groups import queries as groups
from app.groups.models import Group, Member
from app.identity.models import Person
from app.proposals.models import Check, Commitment, Line, Milestone, Participant, Proposal
from app.proposals.rules import LIVE, SENT, State
from app.territory.models import Zone


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
