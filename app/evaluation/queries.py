"""Reads of panels, scores, rankings and awards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Criterion, Terms
from app.calls.rules import State as CallState
from app.core.db import db
from app.core.errors import Missing
from app.core.money import N_, Money
from app.core.todo import Todo
from app.evaluation.models import Award, Declaration, Panelist, Ranking, Sheet
from app.evaluation.rules import SHEETS_MIN, Candidate, Outcome, State
from app.identity.models import Person
from app.matching import queries as matching
from app.matching.rules import ceiling
from app.proposals import queries as proposals
from app.proposals.models import Check as Admissibility
from app.proposals.models import Participant, Proposal
from app.proposals.rules import State as ProposalState
from app.territory.models import Zone


def panel(call_id: int) -> Sequence[Person]:
    """The evaluators of a call, by name."""
    return db.session.scalars(
        select(Person)
        .join(Panelist, Panelist.person_id == Person.id)
        .where(Panelist.call_id == call_id)
        .order_by(Person.name, Person.id)
    ).all()


def is_panelist(call_id: int, person_id: int) -> bool:
    """Whether the person is appointed for this call."""
    found = select(Panelist.id).where(Panelist.call_id == call_id, Panelist.person_id == person_id)
    return db.session.scalar(found) is not None


def takes_part(call_id: int, person_id: int) -> bool:
    """Whether the person is one of the people behind a proposal of this call."""
    found = select(Participant.id).where(Participant.call_id == call_id, Participant.person_id == person_id).limit(1)
    return db.session.scalar(found) is not None


def declaration(proposal_id: int, person_id: int) -> Declaration | None:
    """What the evaluator declared on the proposal."""
    return db.session.scalar(
        select(Declaration).where(Declaration.proposal_id == proposal_id, Declaration.person_id == person_id)
    )


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


def ranking(call_id: int) -> Ranking | None:
    """The ranking of a call, drawn or approved."""
    return db.session.scalar(select(Ranking).where(Ranking.call_id == call_id))


def approved_ranking(call: Call) -> Ranking:
    """The ranking that everybody may see."""
    found = ranking(call.id)
    if found is None or found.state is not State.APPROVED:
        raise Missing("The ranking of this call is not approved yet.")
    return found


def lock_ranking(call_id: int) -> Ranking:
    """The ranking of a call, held still until the end of this transaction."""
    found = db.session.scalar(
        select(Ranking).where(Ranking.call_id == call_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise Missing("The ranking of this call is not drawn yet.")
    return found


def award_of(proposal_id: int) -> Award | None:
    """What an approved ranking gave the proposal."""
    return db.session.scalar(
        select(Award).join(Ranking).where(Award.proposal_id == proposal_id, Ranking.state == State.APPROVED)
    )


def award_by_ref(ref: str) -> Award:
    """The award with this reference, once approved."""
    found = db.session.scalar(select(Award).join(Ranking).where(Award.ref == ref, Ranking.state == State.APPROVED))
    if found is None:
        raise Missing("There is no award with this reference.")
    return found


def awards_of(call_id: int) -> Sequence[Award]:
    """The awards of a call’s approved ranking, in order."""
    return db.session.scalars(
        select(Award)
        .join(Ranking)
        .where(Ranking.call_id == call_id, Ranking.state == State.APPROVED)
        .order_by(Award.position.asc().nulls_last(), Award.id)
    ).all()


def funded_without(proposal_ids: Sequence[int]) -> Sequence[Award]:
    """Funded awards whose proposal is not among these."""
    return db.session.scalars(
        select(Award)
        .join(Ranking)
        .where(Ranking.state == State.APPROVED, Award.outcome == Outcome.FUNDED, Award.proposal_id.not_in(proposal_ids))
        .order_by(Award.id)
    ).all()


def next_in_reserve(call_id: int) -> Award | None:
    """The proposal that comes up first if the fund has money again."""
    return next((one for one in awards_of(call_id) if one.outcome is Outcome.RESERVE), None)


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


def work(call: Call, person_id: int) -> list[Work]:
    """What an evaluator has to do for a call, proposal by proposal."""
    resting = ranking(call.id) is not None
    found = proposals.admissible(call.id)
    zones = zone_names(found)
    return [
        Work(
            each, zones.get(each.zone_id or 0, ""), declaration(each.id, person_id), sheet(each.id, person_id), resting
        )
        for each in found
    ]


def zone_names(found: Sequence[Proposal]) -> Mapping[int, str]:
    """The names of the zones of these proposals."""
    wanted = {each.zone_id for each in found if each.zone_id}
    return {zone.id: zone.name for zone in db.session.scalars(select(Zone).where(Zone.id.in_(wanted)))}


def appointed(person_id: int) -> Sequence[Call]:
    """The calls that the person evaluates, the newest first."""
    return db.session.scalars(
        select(Call)
        .join(Panelist, Panelist.call_id == Call.id)
        .where(Panelist.person_id == person_id)
        .order_by(Call.closes_at.desc(), Call.id.desc())
    ).all()


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


def progress(call: Call) -> list[Progress]:
    """How far the evaluation of a call is."""
    people = panel(call.id)
    by_person = {person.id: work(call, person.id) for person in people}
    found = []
    for n, proposal in enumerate(proposals.admissible(call.id)):
        steps = {person_id: rows[n].state for person_id, rows in by_person.items()}
        states = list(steps.values())
        zone = next(iter(by_person.values()))[n].zone if by_person else ""
        found.append(Progress(proposal, zone, states.count("done"), states.count("recused"), steps))
    return found


@dataclass(frozen=True)
class Line:
    """One line of the ranking as its page shows it."""

    award: Award
    proposal: Proposal
    zone: str

    @property
    def score(self) -> float:
        """Points out of 100, for the length of a bar and one decimal of text: never for a decision."""
        return (self.award.score_milli or 0) / 1000


def lines(found: Ranking) -> list[Line]:
    """The ranking in order, with what each award is about."""
    ids = [award.proposal_id for award in found.awards]
    by_id = {each.id: each for each in db.session.scalars(select(Proposal).where(Proposal.id.in_(ids)))}
    zones = zone_names(list(by_id.values()))
    return [
        Line(award, by_id[award.proposal_id], zones.get(by_id[award.proposal_id].zone_id or 0, ""))
        for award in found.awards
    ]


@dataclass(frozen=True)
class Cut:
    """Where the fund ends, and why: what is left, and what the first proposal in reserve asks."""

    left: Money
    asks: Money


@dataclass(frozen=True)
class Board:
    """The whole ranking page: the lines by outcome, the sums, and the line where the fund ends."""

    ranking: Ranking
    funded: list[Line]
    reserve: list[Line]
    below: list[Line]
    excluded: list[Line]
    reserved: Money
    left: Money
    score_min: int
    criteria: tuple[Criterion, ...]
    evaluators: int
    recused: int

    @property
    def ranked(self) -> int:
        """How many proposals have a place."""
        return len(self.funded) + len(self.reserve) + len(self.below)

    @property
    def cut(self) -> Cut | None:
        """The black line, where a proposal that passes finds no money."""
        return Cut(self.left, self.reserve[0].award.ceiling) if self.reserve else None


def board(found: Ranking) -> Board:
    """The ranking as its page shows it."""
    rows = lines(found)
    terms = calls.terms(found.terms_id)

    def of(outcome: Outcome) -> list[Line]:
        return [row for row in rows if row.award.outcome is outcome]

    funded = of(Outcome.FUNDED)
    left = funded[-1].award.fund_after if funded else found.available
    conflicts = (
        select(func.count(Declaration.id))
        .join(Proposal, Proposal.id == Declaration.proposal_id)
        .where(Proposal.call_id == found.call_id, Declaration.conflicted)
    )
    return Board(
        ranking=found,
        funded=funded,
        reserve=of(Outcome.RESERVE),
        below=of(Outcome.BELOW),
        excluded=of(Outcome.EXCLUDED),
        reserved=found.available - left,
        left=left,
        score_min=terms.score_min,
        criteria=terms.criteria,
        evaluators=len(panel(found.call_id)),
        recused=db.session.scalar(conflicts) or 0,
    )


def to_evaluate() -> Sequence[Call]:
    """Calls past their deadline without an approved ranking, the oldest first."""
    return db.session.scalars(select(Call).where(Call.state == CallState.EVALUATING).order_by(Call.closes_at)).all()


def rankings() -> list[tuple[Call, Ranking | None]]:
    """Every call past its deadline with its ranking, if drawn: newest first."""
    rows = select(Call).where(Call.archive.is_(False), Call.state.not_in((CallState.DRAFT, CallState.OPEN)))
    return [
        (call, ranking(call.id)) for call in db.session.scalars(rows.order_by(Call.closes_at.desc(), Call.id.desc()))
    ]


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


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Todo]:
    """Scores for evaluators, panels and rankings for officers, approvals for the responsible."""
    found: list[Todo] = []
    if "evaluator" in roles:
        found += _of_evaluator(person_id)
    for call in to_evaluate():
        drawn = ranking(call.id)
        args = {"slug": call.slug}
        if "officer" in roles and drawn is None:
            what, state = N_("Draw the ranking"), "now"
            if "panel" in unready(call):
                what = N_("Appoint the evaluators")
            elif unready(call):
                what, state = N_("The evaluation is going on"), "wait"
            found.append(_line(what, call, "evaluation.manage", args, state))
        if "responsible" in roles and drawn is not None and drawn.state is State.DRAWN:
            mine = scored(call.id, person_id) or checked(call.id, person_id)
            if not mine:
                found.append(
                    _line(N_("Approve the ranking"), call, "evaluation.ranking", args, "now", board(drawn).reserved)
                )
    return found


def _line(
    what: str, call: Call, endpoint: str, args: Mapping[str, str], state: str, amount: Money | None = None
) -> Todo:
    return Todo(
        what=what, subject=call.title, endpoint=endpoint, args=args, state=state, room="evaluation", amount=amount
    )


def _of_evaluator(person_id: int) -> list[Todo]:
    what = {
        "declare": N_("Declare whether you have a conflict"),
        "score": N_("Score the proposal"),
        "going_on": N_("Finish scoring the proposal"),
    }
    return [
        Todo(
            what=what[each.state],
            subject=f"{each.proposal.reference} {each.proposal.title}",
            endpoint="evaluation.assess",
            args={"ref": each.proposal.ref},
            state="now" if each.state == "going_on" else "todo",
            room="evaluation",
            amount=each.proposal.total,
            zone=each.zone,
        )
        for call in appointed(person_id)
        for each in work(call, person_id)
        if each.state in what and not each.resting
    ]


def fund_left(call_id: int) -> Money:
    """What the fund of the call can still give."""
    return matching.available(call_id)
