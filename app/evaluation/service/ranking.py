"""Drawing a ranking, approving it with its money, calling up the reserve."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from app.calls import queries as calls
from app.calls import service as calls_service
from app.calls.models import Call
from app.calls.rules import State as CallState
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.refs import new_ref
from app.evaluation import queries
from app.evaluation.models import Award, Ranking
from app.evaluation.rules import (
    SHEETS_MIN,
    Outcome,
    Ranked,
    State,
    act_number,
    draw_line,
    rank,
)
from app.evaluation.service.scoring import refuse_ranked
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record
from app.matching import queries as funds
from app.matching import service as matching
from app.outbox import service as outbox
from app.proposals import queries as proposals
from app.proposals.models import Proposal


def draw_ranking(call: Call, *, by: Actor | None, now: datetime) -> Ranking:
    """Put the proposals of a call in order and see where the fund ends; nothing is promised yet."""
    call = calls.lock(call)
    if call.state is not CallState.EVALUATING:
        raise Conflict("The ranking is drawn once the call is closed.")
    refuse_ranked(call)
    _ready(call)
    terms = calls.current_terms(call)
    weights = {criterion.key: criterion.weight for criterion in terms.terms.criteria}
    found = {each.id: each for each in proposals.admissible(call.id)}
    ranked = rank([queries.candidate(each, terms.terms) for each in found.values()], weights, terms.terms.score_min)
    available = funds.available(call.id)
    ranking = Ranking(
        ref=new_ref("rnk"),
        call_id=call.id,
        terms_id=terms.id,
        state=State.DRAWN,
        available=available,
        drawn_at=now,
        drawn_by=None if by is None else by.id,
    )
    db.session.add(ranking)
    _place(ranking, ranked, found, available)
    _exclude(ranking, call)
    db.session.flush()
    record("evaluation.draw_ranking", subject=f"call:{call.id}", by=by, now=now, proposals=len(ranked))
    return ranking


def undraw(call: Call, *, by: Actor | None, now: datetime) -> None:
    """Take back a ranking that nobody has approved, so that scores can change."""
    ranking = queries.lock_ranking(call.id)
    if ranking.state is not State.DRAWN:
        raise Conflict("This ranking is approved: only a new act corrects it.")
    for award in list(ranking.awards):
        db.session.delete(award)
    db.session.flush()
    db.session.delete(ranking)
    db.session.flush()
    record("evaluation.undraw", subject=f"call:{call.id}", by=by, now=now)


def approve_ranking(
    call: Call, *, act: str, act_on: date, by: Person, now: datetime, seen: str | None = None
) -> Ranking:
    """Approve the ranking by an act and reserve each ceiling on the fund, in order, in the same transaction."""
    identity.refuse_hand(by, Hand.RANK, now)
    call = calls.lock(call)
    ranking = queries.lock_ranking(call.id)
    if ranking.state is not State.DRAWN:
        raise Conflict("This ranking is already approved.")
    if seen is not None and seen != ranking.ref:
        raise Conflict("The ranking was drawn anew while you were reading. Read it again before you approve it.")
    _other_hand(call, by, now)
    number = act_number(act)
    if not number:
        raise Invalid({"act_number": Refusal("Write the number with its year, for example DD 1234/2026.")})
    if act_on > local(now).date():
        raise Invalid({"act_on": Refusal("The act cannot be dated in the future.")})
    _still_there(ranking)
    fund = funds.lock_fund(call.id)
    if funds.available(call.id) != ranking.available:
        raise Conflict("The fund has changed since the ranking was drawn. Draw it again before it is approved.")
    for award in ranking.awards:
        if award.outcome is Outcome.FUNDED:
            matching.reserve(call.id, award.proposal_id, award.ceiling, by=by, now=now)
    ranking.state, ranking.act_number, ranking.act_on = State.APPROVED, number, act_on
    ranking.approved_at, ranking.approved_by = now, by.id
    db.session.flush()
    calls_service.ranked(call, by=by, now=now)
    reserved = [award.ceiling for award in ranking.awards if award.outcome is Outcome.FUNDED]
    record("evaluation.approve_ranking", subject=f"call:{call.id}", by=by, now=now, act=number, fund=fund.key,
           funded=len(reserved))  # fmt: skip
    for award in ranking.awards:
        _tell(award, call, now)
    return ranking


def call_up(call: Call, *, by: Person, now: datetime) -> Award:
    """Fund the first proposal in reserve, where money has come back to the fund."""
    identity.refuse_hand(by, Hand.RANK, now)
    call = calls.lock(call)
    award = queries.next_in_reserve(call.id)
    if award is None:
        raise Conflict("No proposal is in reserve.")
    _other_hand(call, by, now)
    matching.reserve(call.id, award.proposal_id, award.ceiling, by=by, now=now)
    award.outcome, award.fund_after = Outcome.FUNDED, funds.available(call.id)
    db.session.flush()
    record("evaluation.call_up", subject=f"proposal:{award.proposal_id}", by=by, now=now, cents=award.ceiling.cents)
    _tell(award, call, now)
    return award


def _ready(call: Call) -> None:
    """Refuse to draw the ranking, saying what is missing and who can supply it."""
    lacking = queries.unready(call)
    if "check" in lacking:
        waiting = len(proposals.awaiting_check(call.id))
        raise Conflict("%(count)s proposals still wait for an officer’s admissibility check.", count=waiting)
    if "none" in lacking:
        raise Conflict("No proposal of this call is admissible: there is nothing to rank.")
    if "panel" in lacking:
        raise Conflict("The panel needs at least %(count)s evaluators. An officer appoints them.", count=SHEETS_MIN)
    if "scores" in lacking:
        short = next(row for row in queries.progress(call) if not row.ready)
        raise Conflict(
            "“%(title)s” has %(have)s complete scores of the %(need)s it needs.",
            title=short.proposal.title,
            have=short.complete,
            need=SHEETS_MIN,
        )


def _still_there(ranking: Ranking) -> None:
    """A proposal that left since the draw must not be funded: the ranking is drawn again."""
    here = {each.id for each in proposals.admissible(ranking.call_id)}
    for award in ranking.awards:
        if award.outcome is not Outcome.EXCLUDED and award.proposal_id not in here:
            title = proposals.proposal(award.proposal_id).title
            raise Conflict("“%(title)s” has left since the ranking was drawn. An officer draws it again.", title=title)


def _place(ranking: Ranking, ranked: list[Ranked], found: Mapping[int, Proposal], available: Money) -> None:
    by_id = {one.candidate.id: one for one in ranked}
    rows = draw_line([(one.candidate.id, one.candidate.ceiling, one.passes) for one in ranked], available)
    for row in rows:
        ranking.awards.append(
            Award(
                ref=new_ref("awd"),
                proposal_id=row.key,
                position=by_id[row.key].position,
                score_milli=by_id[row.key].score_milli,
                outcome=row.outcome,
                budget=found[row.key].total,
                ceiling=row.ceiling,
                fund_after=row.fund_after,
            )
        )


def _exclude(ranking: Ranking, call: Call) -> None:
    for proposal in queries.inadmissible(call.id):
        ranking.awards.append(
            Award(
                ref=new_ref("awd"),
                proposal_id=proposal.id,
                outcome=Outcome.EXCLUDED,
                budget=proposal.total,
                ceiling=ZERO,
                fund_after=ZERO,
            )
        )


def _other_hand(call: Call, by: Person, now: datetime) -> None:
    """Whoever approves is responsible, and neither checked nor scored nor takes part."""
    if "responsible" not in identity.roles(by.id, now):
        raise Forbidden("Only a responsible officer approves a ranking. An administrator can give the role.")
    if queries.scored(call.id, by.id) or queries.is_panelist(call.id, by.id):
        raise Forbidden("You evaluated proposals of this call: another responsible officer approves its ranking.")
    if queries.checked(call.id, by.id):
        raise Forbidden("You checked proposals of this call: another responsible officer approves its ranking.")
    if queries.takes_part(call.id, by.id):
        raise Forbidden("You take part in this call with a group: another responsible officer approves its ranking.")


def _tell(award: Award, call: Call, now: datetime) -> None:
    """Tell everyone behind a ranked proposal what the ranking gave it."""
    if award.outcome is Outcome.EXCLUDED:
        return  # they were told why when the check decided
    proposal = proposals.proposal(award.proposal_id)
    outbox.send_each(
        proposals.members(proposal),
        f"evaluation/{award.outcome.value}",
        now=now,
        key=f"evaluation:{award.ref}:{award.outcome.value}",
        title=proposal.title,
        call=call.title,
        slug=call.slug,
        position=award.position,
        score=f"{(award.score_milli or 0) // 100 / 10:.1f}",
        ceiling=award.ceiling,
        score_min=calls.terms(award.ranking.terms_id).score_min,
    )
