"""Reads of panels, declarations and scores: how far the evaluation of a call is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import lazyload

from app.calls.models import Call
from app.calls.rules import Terms
from app.core.db import db
from app.core.errors import Missing
from app.core.once import once
from app.evaluation.models import Declaration, Panelist, Ranking, Sheet
from app.evaluation.queries.awards import ranking
from app.evaluation.rules import SHEETS_MIN, Candidate
from app.identity.models import Person
from app.matching.rules import ceiling
from app.proposals import queries as proposals
from app.proposals.models import Check as Admissibility
from app.proposals.models import Participant, Proposal
from app.proposals.rules import State as ProposalState
from app.territory.models import Zone


@once
def panel(call_id: int) -> Sequence[Person]:
    """The evaluators of a call, by name."""
    return db.session.scalars(
        select(Person)
        .join(Panelist, Panelist.person_id == Person.id)
        .where(Panelist.call_id == call_id)
        .order_by(Person.name, Person.id)
    ).all()


@once
def is_panelist(call_id: int, person_id: int) -> bool:
    """Whether the person is appointed for this call."""
    found = select(Panelist.id).where(Panelist.call_id == call_id, Panelist.person_id == person_id)
    return db.session.scalar(found) is not None


def takes_part(call_id: int, person_id: int) -> bool:
    """Whether the person is one of the people behind a proposal of this call."""
    found = select(Participant.id).where(Participant.call_id == call_id, Participant.person_id == person_id).limit(1)
    return db.session.scalar(found) is not None


@once
def declaration(proposal_id: int, person_id: int) -> Declaration | None:
    """What the evaluator declared on the proposal."""
    return db.session.scalar(
        select(Declaration).where(Declaration.proposal_id == proposal_id, Declaration.person_id == person_id)
    )


@once
def sheet(proposal_id: int, person_id: int) -> Sheet | None:
    """The evaluator’s scores of the proposal."""
    return db.session.scalar(select(Sheet).where(Sheet.proposal_id == proposal_id, Sheet.person_id == person_id))


def sheets(proposal_id: int) -> Sequence[Sheet]:
    """The complete scores of a proposal, in the order of their completion."""
    return db.session.scalars(
        select(Sheet)
        .where(Sheet.proposal_id == proposal_id, Sheet.completed_at.is_not(None))
        .order_by(Sheet.completed_at, Sheet.id)
    ).all()


def hands_of(call_id: int, person_id: int) -> str:
    """What this person did in the call, as a word: scored, checked, takes_part, or nothing; in one question."""
    of_call = Proposal.call_id == call_id
    did = {
        "scored": or_(
            select(Panelist.id).where(Panelist.call_id == call_id, Panelist.person_id == person_id).exists(),
            select(Sheet.id)
            .join(Proposal, Proposal.id == Sheet.proposal_id)
            .where(of_call, Sheet.person_id == person_id)
            .exists(),
        ),
        "checked": select(Admissibility.id)
        .join(Proposal, Proposal.id == Admissibility.proposal_id)
        .where(of_call, Admissibility.officer_id == person_id)
        .exists(),
        "takes_part": select(Participant.id)
        .where(Participant.call_id == call_id, Participant.person_id == person_id)
        .exists(),
    }
    row = db.session.execute(select(*did.values())).one()
    return next((word for word, true in zip(did, row, strict=True) if true), "")


def scored(call_id: int, person_id: int) -> bool:
    """Whether the person has scored anything of this call, complete or not."""
    found = (
        select(Sheet.id)
        .join(Proposal, Proposal.id == Sheet.proposal_id)
        .where(Proposal.call_id == call_id, Sheet.person_id == person_id)
        .limit(1)
    )
    return db.session.scalar(found) is not None


def checked(call_id: int, person_id: int) -> bool:
    """Whether the person has checked the admissibility of a proposal of this call."""
    found = (
        select(Admissibility.id)
        .join(Proposal, Proposal.id == Admissibility.proposal_id)
        .where(Proposal.call_id == call_id, Admissibility.officer_id == person_id)
        .limit(1)
    )
    return db.session.scalar(found) is not None


def candidate(proposal: Proposal, terms: Terms) -> Candidate:
    """A proposal as the ranking sees it; its ceiling follows the terms it was sent under."""
    points = [{score.criterion: score.points or 0 for score in sheet.scores} for sheet in sheets(proposal.id)]
    keys = [criterion.key for criterion in terms.criteria]
    return Candidate(
        id=proposal.id,
        ceiling=ceiling(proposal.total, proposals.terms(proposal).match),
        submitted_at=_sent_at(proposal),
        sheets=[{key: sheet.get(key, 0) for key in keys} for sheet in points],
    )


def _sent_at(proposal: Proposal) -> datetime:
    if proposal.submitted_at is None:
        raise Missing("This proposal was never sent.")
    return proposal.submitted_at


def zone_names(found: Sequence[Proposal]) -> Mapping[int, str]:
    """The names of the zones of these proposals."""
    wanted = {each.zone_id for each in found if each.zone_id}
    return {zone.id: zone.name for zone in db.session.scalars(select(Zone).where(Zone.id.in_(wanted)))}


@dataclass(frozen=True)
class Work:
    """One proposal on an evaluator’s list."""

    proposal: Proposal
    zone: str
    declaration: Declaration | None
    sheet: Sheet | None
    resting: bool  # the ranking is drawn: nothing changes any more

    @property
    def state(self) -> str:
        """declare · score · going_on · done · recused."""
        if self.declaration is None:
            return "declare"
        if self.declaration.conflicted:
            return "recused"
        if self.sheet is None:
            return "score"
        return "going_on" if self.sheet.completed_at is None else "done"


@once
def seat(proposal: Proposal, person_id: int) -> tuple[Declaration | None, bool] | None:
    """What the evaluator declared and whether the ranking rests, where she sits on the proposal's panel."""
    row = db.session.execute(
        select(Panelist.id, Declaration, Ranking.id)
        .outerjoin(
            Declaration, (Declaration.proposal_id == proposal.id) & (Declaration.person_id == Panelist.person_id)
        )
        .outerjoin(Ranking, Ranking.call_id == Panelist.call_id)
        .where(Panelist.call_id == proposal.call_id, Panelist.person_id == person_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else (row[1], row[2] is not None)


def works(call: Call, people: Sequence[int]) -> dict[int, list[Work]]:
    """What these evaluators have to do for a call, proposal by proposal, in a few reads whatever their number."""
    found, resting = proposals.admissible(call.id), ranking(call.id) is not None
    zones, ids = zone_names(found), [each.id for each in found]
    said = {
        (one.proposal_id, one.person_id): one
        for one in db.session.scalars(select(Declaration).where(Declaration.proposal_id.in_(ids)))
    }
    given = {
        (one.proposal_id, one.person_id): one
        for one in db.session.scalars(select(Sheet).options(lazyload(Sheet.scores)).where(Sheet.proposal_id.in_(ids)))
    }
    return {
        person_id: [
            Work(
                proposal=each,
                zone=zones.get(each.zone_id or 0, ""),
                declaration=said.get((each.id, person_id)),
                sheet=given.get((each.id, person_id)),
                resting=resting,
            )
            for each in found
        ]
        for person_id in people
    }


def assigned(person_id: int) -> list[tuple[Call, list[Work]]]:
    """The calls that the person evaluates, the newest first, each with what she has to do; in one question."""
    rows = db.session.execute(
        select(Call, Ranking.id, Proposal, Zone.name, Declaration, Sheet)
        .join(Panelist, Panelist.call_id == Call.id)
        .outerjoin(Ranking, Ranking.call_id == Call.id)
        .outerjoin(Proposal, (Proposal.call_id == Call.id) & (Proposal.state == ProposalState.ADMISSIBLE))
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(Declaration, (Declaration.proposal_id == Proposal.id) & (Declaration.person_id == person_id))
        .outerjoin(Sheet, (Sheet.proposal_id == Proposal.id) & (Sheet.person_id == person_id))
        .options(lazyload(Sheet.scores))
        .where(Panelist.person_id == person_id)
        .order_by(Call.closes_at.desc(), Call.id.desc(), Proposal.reference, Proposal.id)
    )
    found: dict[int, tuple[Call, list[Work]]] = {}
    for call, drawn, proposal, zone, said, given in rows:
        mine = found.setdefault(call.id, (call, []))[1]
        if proposal is not None:
            mine.append(Work(proposal, zone or "", said, given, resting=drawn is not None))
    return list(found.values())


@dataclass(frozen=True)
class Progress:
    """How far the evaluation of one proposal is: every evaluator’s step."""

    proposal: Proposal
    zone: str
    complete: int
    recused: int
    steps: Mapping[int, str]  # person id to the state of her work

    @property
    def ready(self) -> bool:
        """Whether it has the scores it needs."""
        return self.complete >= SHEETS_MIN


@once
def progress(call: Call) -> list[Progress]:
    """How far the evaluation of a call is."""
    by_person = works(call, [person.id for person in panel(call.id)])
    found = proposals.admissible(call.id)
    zones = zone_names(found)
    rows = []
    for n, proposal in enumerate(found):
        steps = {person_id: mine[n].state for person_id, mine in by_person.items()}
        states = list(steps.values())
        zone = zones.get(proposal.zone_id or 0, "")
        rows.append(Progress(proposal, zone, states.count("done"), states.count("recused"), steps))
    return rows


@once
def unready(call: Call) -> list[str]:
    """What still keeps the ranking from being drawn, as the names of steps: check · panel · scores · none."""
    found = []
    if proposals.awaiting_check(call.id):
        found.append("check")
    if len(panel(call.id)) < SHEETS_MIN:
        found.append("panel")
    rows = progress(call)
    if not rows:
        found.append("none")
    elif any(not row.ready for row in rows):
        found.append("scores")
    return found


def inadmissible(call_id: int) -> Sequence[Proposal]:
    """The proposals that the check excluded."""
    return proposals.of_call(call_id, ProposalState.INADMISSIBLE)
