"""What evaluators, officers and responsible officers have to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.calls.models import Call
from app.calls.rules import State as CallState
from app.core.money import N_, Money
from app.core.todo import Todo
from app.core.together import Ask
from app.evaluation.models import Award, Declaration, Panelist, Ranking, Sheet
from app.evaluation.rules import SHEETS_MIN, Outcome, State
from app.proposals.models import Check, Proposal
from app.proposals.rules import State as ProposalState
from app.territory.models import Zone


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """Scores for evaluators, panels and rankings for officers, approvals for the responsible."""
    found = []
    if "evaluator" in roles:
        found.append(_to_score(person_id))
    if "officer" in roles:
        found.append(_to_draw())
    if "responsible" in roles:
        found.append(_to_approve(person_id))
    return found


def _line(
    what: str, call: Any, endpoint: str, args: Mapping[str, str], state: str, role: str, amount: Money | None = None
) -> Todo:
    return Todo(
        what=what,
        subject=call.title,
        endpoint=endpoint,
        args=args,
        state=state,
        room="evaluation",
        amount=amount,
        role=role,
    )


def _to_score(person_id: int) -> Ask[Todo]:
    """The proposals of her panels that wait for this evaluator's declaration or points, while no ranking is drawn."""
    drawn = select(Ranking.id).where(Ranking.call_id == Call.id)
    mine = and_(Declaration.proposal_id == Proposal.id, Declaration.person_id == person_id)
    given = and_(Sheet.proposal_id == Proposal.id, Sheet.person_id == person_id)
    rows = (
        select(
            *(Proposal.ref, Proposal.reference, Proposal.title, Proposal.total, Zone.name.label("zone")),
            Declaration.id.label("declared"),
            Sheet.id.label("begun"),
        )
        .join(Call, Call.id == Proposal.call_id)
        .join(Panelist, and_(Panelist.call_id == Call.id, Panelist.person_id == person_id))
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(Declaration, mine)
        .outerjoin(Sheet, given)
        .where(
            Proposal.state == ProposalState.ADMISSIBLE,
            ~drawn.exists(),
            or_(Declaration.id.is_(None), ~Declaration.conflicted),
            Sheet.completed_at.is_(None),
        )
        .order_by(Call.closes_at.desc(), Call.id.desc(), Proposal.reference, Proposal.id)
    )
    return Ask(rows, _score)


def _score(row: Any) -> Todo:
    what, state = N_("Score the proposal"), "todo"
    if row.declared is None:
        what = N_("Declare whether you have a conflict")
    elif row.begun is not None:
        what, state = N_("Finish scoring the proposal"), "now"
    return Todo(
        what=what,
        subject=f"{row.reference} {row.title}",
        endpoint="evaluation.assess",
        args={"ref": row.ref},
        state=state,
        room="evaluation",
        amount=row.total,
        zone=row.zone or "",
    )


def _to_draw() -> Ask[Todo]:
    """Calls past their deadline without a ranking, with what still keeps it from being drawn."""

    def number(*conditions: Any) -> Any:
        return select(func.count()).select_from(Proposal).where(Proposal.call_id == Call.id, *conditions)

    seated = select(func.count()).select_from(Panelist).where(Panelist.call_id == Call.id)
    complete = (
        select(func.count())
        .select_from(Sheet)
        .join(Panelist, and_(Panelist.person_id == Sheet.person_id, Panelist.call_id == Proposal.call_id))
        .join(
            Declaration,
            and_(Declaration.proposal_id == Sheet.proposal_id, Declaration.person_id == Sheet.person_id),
        )
        .where(Sheet.proposal_id == Proposal.id, Sheet.completed_at.is_not(None), ~Declaration.conflicted)
        .correlate(Proposal)
        .scalar_subquery()
    )
    admissible = Proposal.state == ProposalState.ADMISSIBLE
    counts = {
        "seated": seated,
        "unchecked": number(Proposal.state == ProposalState.SUBMITTED),
        "admissible": number(admissible),
        "unscored": number(admissible, complete < SHEETS_MIN),
    }
    drawn = select(Ranking.id).where(Ranking.call_id == Call.id)
    rows = (
        select(
            Call.title,
            Call.slug,
            *(each.correlate(Call).scalar_subquery().label(name) for name, each in counts.items()),
        )
        .where(Call.state == CallState.EVALUATING, ~drawn.exists())
        .order_by(Call.closes_at)
    )
    return Ask(rows, _draw)


def _draw(row: Any) -> Todo:
    what, state = N_("Draw the ranking"), "now"
    if row.seated < SHEETS_MIN:
        what = N_("Appoint the evaluators")
    elif row.unchecked or row.unscored or not row.admissible:
        what, state = N_("The evaluation is going on"), "wait"
    return _line(what, row, "evaluation.manage", {"slug": row.slug}, state, "officer")


def _to_approve(person_id: int) -> Ask[Todo]:
    """Drawn rankings of calls in which this person neither scored nor checked, with the money that they set aside."""
    of_call = and_(Proposal.call_id == Call.id)
    scored = (
        select(Sheet.id).join(Proposal, Proposal.id == Sheet.proposal_id).where(of_call, Sheet.person_id == person_id)
    )
    checked = (
        select(Check.id).join(Proposal, Proposal.id == Check.proposal_id).where(of_call, Check.officer_id == person_id)
    )
    left = (
        select(Award.fund_after)
        .where(Award.ranking_id == Ranking.id, Award.outcome == Outcome.FUNDED)
        .order_by(Award.position.desc())
        .limit(1)
        .correlate(Ranking)
        .scalar_subquery()
    )
    rows = (
        select(Call.title, Call.slug, Ranking.available, left.label("left"))
        .join(Ranking, Ranking.call_id == Call.id)
        .where(Call.state == CallState.EVALUATING, Ranking.state == State.DRAWN, ~scored.exists(), ~checked.exists())
        .order_by(Call.closes_at)
    )
    return Ask(
        rows,
        lambda row: _line(
            *(N_("Approve the ranking"), row, "evaluation.ranking", {"slug": row.slug}, "now", "responsible"),
            row.available - (row.available if row.left is None else row.left),
        ),
    )
