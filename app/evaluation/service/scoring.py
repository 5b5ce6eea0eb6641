"""Appointing evaluators, their declarations and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import State as CallState
from app.core import words
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.evaluation import queries
from app.evaluation.models import Declaration, Panelist, Score, Sheet
from app.evaluation.rules import (
    POINTS_MAX,
)
from app.identity import queries as identity
from app.identity.models import Person
from app.journal.service import record
from app.outbox import service as outbox
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.proposals.rules import State as ProposalState


@dataclass(frozen=True)
class Mark:
    """The points of one criterion and the reason for them."""

    points: int | None
    comment: str = ""


def appoint(call: Call, person: Person, *, by: Actor | None, now: datetime) -> Panelist:
    """Put an evaluator on the panel of a call."""
    if call.state not in (CallState.OPEN, CallState.EVALUATING):
        raise Conflict("The panel of this call is closed.")
    refuse_ranked(call)
    if "evaluator" not in identity.roles(person.id, now):
        said = Refusal("%(name)s is not an evaluator. An administrator can give the role.", name=person.name)
    elif queries.takes_part(call.id, person.id):
        said = Refusal("%(name)s takes part in this call with a group.", name=person.name)
    elif queries.checked(call.id, person.id):
        said = Refusal("%(name)s checked proposals of this call: another hand scores them.", name=person.name)
    elif queries.is_panelist(call.id, person.id):
        said = Refusal("%(name)s is already on this panel.", name=person.name)
    else:
        said = None
    if said is not None:
        raise Invalid({"person": said})
    row = Panelist(call_id=call.id, person_id=person.id, appointed_at=now, appointed_by=None if by is None else by.id)
    db.session.add(row)
    db.session.flush()
    record("evaluation.appoint", subject=f"call:{call.id}", by=by, now=now, person=person.ref)
    outbox.send(
        person.email,
        "evaluation/appointed",
        language=person.language,
        now=now,
        key=f"evaluation:appointed:{row.id}",
        name=person.name,
        call=call.title,
    )
    return row


def declare(proposal: Proposal, *, conflicted: bool, reason: str = "", by: Person, now: datetime) -> Declaration:
    """Declare no conflict of interest on a proposal, or one: then the evaluator never scores it."""
    _may_assess(proposal, by)
    reason = words.reason(reason, Refusal("Say in a few words which tie you have."), least=int(conflicted))
    if not conflicted and proposals.is_participant(proposal.id, by.id):
        raise Invalid({"conflicted": Refusal("You are one of the people of this proposal.")})
    row = queries.declaration(proposal.id, by.id)
    if row is not None and row.conflicted:
        raise Conflict("You declared a conflict on this proposal: it is not taken back.")
    if row is None:
        row = Declaration(proposal_id=proposal.id, person_id=by.id, conflicted=conflicted, reason=reason,
                          declared_at=now)  # fmt: skip
        db.session.add(row)
    elif conflicted:
        row.conflicted, row.reason, row.declared_at = True, reason, now
        _drop_sheet(proposal.id, by.id)
    db.session.flush()
    record("evaluation.declare", subject=f"proposal:{proposal.id}", by=by, now=now, conflicted=conflicted)
    return row


def score(proposal: Proposal, marks: Mapping[str, Mark], *, complete: bool, by: Person, now: datetime) -> Sheet:
    """Keep an evaluator’s points by criterion; a complete sheet has points and a reason for each."""
    _may_assess(proposal, by)
    said = queries.declaration(proposal.id, by.id)
    if said is None:
        raise Conflict("First declare whether you have a conflict of interest.")
    if said.conflicted:
        raise Forbidden("You declared a conflict on this proposal: another evaluator scores it.")
    keys = [criterion.key for criterion in calls.terms_of(proposals.call(proposal)).criteria]
    problems = _mark_problems(keys, marks, complete)
    if problems:
        raise Invalid(problems)
    sheet = queries.sheet(proposal.id, by.id)
    if sheet is None:
        sheet = Sheet(proposal_id=proposal.id, person_id=by.id, saved_at=now)
        db.session.add(sheet)
    sheet.saved_at, sheet.completed_at = now, now if complete else None
    held = {one.criterion: one for one in sheet.scores}
    for key in keys:
        mark = marks.get(key, Mark(None))
        if key not in held:
            sheet.scores.append(Score(criterion=key, points=mark.points, comment=mark.comment.strip()))
        else:
            held[key].points, held[key].comment = mark.points, mark.comment.strip()
    db.session.flush()
    record("evaluation.score", subject=f"proposal:{proposal.id}", by=by, now=now, complete=complete)
    return sheet


def _may_assess(proposal: Proposal, by: Person) -> None:
    if not queries.is_panelist(proposal.call_id, by.id):
        raise Forbidden("You are not on the panel of this call. The office appoints the evaluators.")
    if queries.checked(proposal.call_id, by.id):
        raise Forbidden("You checked proposals of this call: another evaluator scores them.")
    if proposal.state is not ProposalState.ADMISSIBLE:
        raise Conflict("This proposal is not up for evaluation.")
    calls.lock(proposals.call(proposal))  # no score slips in while the ranking is being drawn
    refuse_ranked(proposals.call(proposal))


def refuse_ranked(call: Call) -> None:
    """Refuse what no longer changes once the ranking is drawn."""
    if queries.ranking(call.id) is not None:
        raise Conflict("The ranking is drawn: scores and panel no longer change.")


def _drop_sheet(proposal_id: int, person_id: int) -> None:
    sheet = queries.sheet(proposal_id, person_id)
    if sheet is not None:
        db.session.delete(sheet)
        db.session.flush()


def _mark_problems(keys: list[str], marks: Mapping[str, Mark], complete: bool) -> dict[str, Refusal | str]:
    problems: dict[str, Refusal | str] = {}
    for key in keys:
        mark = marks.get(key, Mark(None))
        if mark.points is not None and not 0 <= mark.points <= POINTS_MAX:
            problems[f"points_{key}"] = Refusal("Points go from 0 to 10.")
        elif complete and mark.points is None:
            problems[f"points_{key}"] = Refusal("Give points for this criterion.")
        if complete and not mark.comment.strip():
            problems[f"comment_{key}"] = Refusal("Write why: the group may ask to read it.")
        elif (long := words.too_long(mark.comment)) is not None:
            problems[f"comment_{key}"] = long
    return problems
