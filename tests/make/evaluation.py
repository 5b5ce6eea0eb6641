"""Panels, scores, rankings and awards, through the real verbs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.calls import queries as calls
from app.calls import service as calls_service
from app.calls.models import Call
from app.core import clock
from app.core.db import db, transaction
from app.evaluation import queries, service
from app.evaluation.models import Award, Ranking
from app.evaluation.service import Mark
from app.groups.models import Group
from app.identity.models import Person
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from tests.make import proposals as make_proposals
from tests.make.identity import person
from tests.make.kept import kept, step

Points = dict[int, "int | Sequence[int]"]  # by proposal: the same for each criterion, or one for each


@step
def evaluators(call: Call, count: int = 2, people: Sequence[Person] | None = None) -> list[Person]:
    """People with the evaluator’s role, appointed to the panel of the call."""
    panel = list(people) if people else [person(roles=("evaluator",)) for _ in range(count)]
    with transaction():
        for one in panel:
            service.appoint(call, one, by=None, now=clock.now())
    return panel


def marks(proposal: Proposal, points: int | Sequence[int] = 8) -> dict[str, Mark]:
    """The same points for each criterion, or one for each, with a reason."""
    keys = [criterion.key for criterion in calls.terms_of(proposals.call(proposal)).criteria]
    given = [points] * len(keys) if isinstance(points, int) else points
    return {key: Mark(one, "Chiaro e ben motivato.") for key, one in zip(keys, given, strict=True)}


@step
def score(proposal: Proposal, by: Person, points: int | Sequence[int] = 8) -> None:
    """Declare no conflict, then give complete points."""
    with transaction():
        if queries.declaration(proposal.id, by.id) is None:
            service.declare(proposal, conflicted=False, by=by, now=clock.now())
        service.score(proposal, marks(proposal, points), complete=True, by=by, now=clock.now())


@step
def close(call: Call) -> Call:
    """Let the deadline of the call pass, where the test’s clock can be moved."""
    end = calls.whole(call).closes_at
    frozen: Any = _frozen()
    if clock.now() < end:
        frozen.at(end + timedelta(minutes=1))
    with transaction():
        calls_service.close_due(now=clock.now())
    db.session.refresh(call)
    return call


@kept
def drawn_ranking(
    call: Call, points: dict[int, int | Sequence[int]] | None = None, *, panel: Sequence[Person] = ()
) -> Ranking:
    """The ranking of a call whose proposals are all checked: scored by two evaluators, then drawn."""
    close(call)
    panel = panel or evaluators(call)
    for proposal in proposals.admissible(call.id):
        for one in panel:
            score(proposal, one, (points or {}).get(proposal.id, 8))
    with transaction():
        return service.draw_ranking(call, by=None, now=clock.now())


@kept
def approved_ranking(
    call: Call, points: dict[int, int | Sequence[int]] | None = None, *, by: Person | None = None
) -> Ranking:
    """The same ranking, approved by a responsible officer who neither checked nor scored."""
    drawn_ranking(call, points)
    by = by or person(roles=("responsible",))
    now = clock.now()
    with transaction():
        return service.approve_ranking(call, act="DD 1234/2026", act_on=clock.local(now).date(), by=by, now=now)


@kept
def approved_award(group: Group | None = None, **given: Any) -> Award:
    """A funded award of 7,200.00 for a proposal of 12,000.00; takes what `admissible` takes."""
    proposal = make_proposals.admissible(group, **given)
    approved_ranking(proposals.call(proposal))
    award = queries.award_of(proposal.id)
    assert award is not None
    return award


def _frozen() -> Any:
    from flask import current_app

    return current_app.extensions["clock"]
