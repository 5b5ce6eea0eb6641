"""What evaluators, officers and responsible officers have to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.calls.models import Call
from app.core.money import N_, Money
from app.core.todo import Todo
from app.evaluation.queries.awards import ranking
from app.evaluation.queries.page import board
from app.evaluation.queries.scoring import appointed, checked, scored, to_evaluate, unready, work
from app.evaluation.rules import State


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
            found.append(_line(what, call, "evaluation.manage", args, state, "officer"))
        if "responsible" in roles and drawn is not None and drawn.state is State.DRAWN:
            mine = scored(call.id, person_id) or checked(call.id, person_id)
            if not mine:
                reserved = board(drawn).reserved
                found.append(
                    _line(N_("Approve the ranking"), call, "evaluation.ranking", args, "now", "responsible", reserved)
                )
    return found


def _line(
    what: str, call: Call, endpoint: str, args: Mapping[str, str], state: str, role: str, amount: Money | None = None
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
