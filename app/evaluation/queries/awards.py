"""Reads of rankings and of the awards that they give."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.calls.models import Call
from app.core.db import db
from app.core.errors import Missing
from app.core.once import once
from app.evaluation.models import Award, Ranking
from app.evaluation.rules import Outcome, State


@once
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


@once
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
