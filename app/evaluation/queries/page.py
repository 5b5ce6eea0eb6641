"""The ranking as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Text, func, select

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import Criterion
from app.calls.rules import State as CallState
from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, Money
from app.core.once import once
from app.evaluation.models import Award, Declaration, Panelist, Ranking
from app.evaluation.rules import Outcome, State
from app.matching import queries as matching
from app.proposals.models import Proposal
from app.territory.models import Zone


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
    """The ranking in order, with what each award is about, in one question."""
    rows = db.session.execute(
        select(Award, Proposal, Zone.name)
        .join(Proposal, Proposal.id == Award.proposal_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Award.ranking_id == found.id)
        .order_by(Award.position.asc().nulls_last())
    )
    return [Line(award, proposal, zone or "") for award, proposal, zone in rows]


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


@once
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
        .scalar_subquery()
    )
    seated = select(func.count(Panelist.id)).where(Panelist.call_id == found.call_id).scalar_subquery()
    evaluators, recused = db.session.execute(select(seated, conflicts)).one()
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
        evaluators=evaluators,
        recused=recused,
    )


def ranking_list() -> Rows:
    """The office's list of rankings: every published call with its ranking, if drawn."""
    drawn, approved = Ranking.state == State.DRAWN, Ranking.state == State.APPROVED
    return Rows(
        select=select(Call, Ranking)
        .outerjoin(Ranking, Ranking.call_id == Call.id)
        .where(Call.archive.is_(False), Call.state != CallState.DRAFT),
        key=Call.id,
        views=(
            View("all", N_("All")),
            View("open", N_("Still open"), Call.state == CallState.OPEN),
            View("scoring", N_("Being scored"), (Call.state != CallState.OPEN) & Ranking.id.is_(None)),
            View("drawn", N_("To approve"), drawn),
            View("approved", N_("Approved"), approved),
        ),
        orders=(
            Order("newest", N_("newest first"), Call.closes_at, down=True),
            Order("deadline", N_("oldest first"), Call.closes_at),
            Order("title", N_("by title"), func.sort_key(Call.title, type_=Text)),
            Order("fund", N_("largest fund first"), Call.envelope, down=True),
        ),
        search=(Call.title, Ranking.act_number),
        facets=(Facet("year", N_("Year of the deadline"), func.to_char(Call.closes_at, "YYYY")),),
    )


def fund_left(call_id: int) -> Money:
    """What the fund of the call can still give."""
    return matching.available(call_id)
