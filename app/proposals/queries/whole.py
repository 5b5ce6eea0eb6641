"""Everything about proposals at once: text, people, signatures, what is missing, what the machine finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.calls import queries as calls
from app.calls.models import Call, CallTerms
from app.calls.rules import Terms
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.money import Money, total
from app.core.once import once
from app.files.models import File
from app.groups import queries as groups
from app.groups.models import Group
from app.groups.rules import EntityState
from app.identity.models import Person
from app.proposals.models import Check, Commitment, Line, Milestone, Participant, Proposal
from app.proposals.rules import LIVE, SENT, Draft, Part, Progress, Undertaking, fingerprint, problems, progress
from app.territory.models import Zone


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
