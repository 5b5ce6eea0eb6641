"""What single gifts paid, and which milestones donors have not been told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from app.calls.rules import TrancheKind
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.core.db import db
from app.core.money import ZERO, Money, split, total
from app.grants import queries as grants
from app.grants.models import Account, Agreement, Expense, Order, Report, Tranche
from app.grants.rules import ExpenseState, OrderState, ReportState
from app.pledges.models import Pledge
from app.pledges.queries import paid_of
from app.pledges.rules import State as PledgeState
from app.settlement import queries as settlement
from app.settlement.models import Case
from app.settlement.rules import State as CaseState
from app.transparency.models import MilestoneReached
from app.transparency.rules import Milestone, attribute


@dataclass(frozen=True)
class LineShare:
    """What a gift and the city's part beside it paid on one line of the budget."""

    name: str
    amount: Money
    receipts: int


@dataclass(frozen=True)
class GiftStory:
    """One gift, the city's money beside it, and the accepted expenses that both have paid."""

    gift: Money
    city: Money
    city_paid: Money  # of the city's part: what the city has really paid out so far
    lines: Sequence[LineShare]
    left: Money
    closed: bool  # the accounts are closed: nothing of this changes any more

    @property
    def together(self) -> Money:
        """The gift and the city's part."""
        return self.gift + self.city

    @property
    def spent(self) -> Money:
        """What both have paid of accepted expenses."""
        return total(line.amount for line in self.lines)


def _accepted(agreement: Agreement) -> Sequence[Expense]:
    return db.session.scalars(
        select(Expense)
        .join(Report, Report.id == Expense.report_id)
        .where(Report.agreement_id == agreement.id, Expense.state == ExpenseState.ACCEPTED)
        .order_by(Expense.id)
    ).all()


def stories(campaign: Campaign) -> dict[int, GiftStory]:
    """Every collected gift of a campaign with what it paid, by pledge; nothing before the city's part is confirmed."""
    case = settlement.case(campaign.id)
    if case is None or case.state is not CaseState.CONFIRMED or case.match is None:
        return {}
    pledges = db.session.scalars(
        select(Pledge).where(Pledge.campaign_id == campaign.id, Pledge.state == PledgeState.CHARGED).order_by(Pledge.id)
    ).all()
    left = paid_of(each.id for each in pledges)  # of a gift that went back in part, what is left of it
    pledges = [each for each in pledges if left.get(each.id)]
    agreement = grants.agreement_of(campaign.proposal_id)
    account = grants.account(agreement.id) if agreement else None
    receipts = _accepted(agreement) if agreement else []
    parts = attribute(
        [left[each.id] for each in pledges],
        account.final_grant if account else case.match,
        [each.accepted_amount or ZERO for each in receipts],
        [each.counts for each in pledges],
    )
    paid = grants.paid(agreement) if agreement else ZERO
    weights = [part.city.cents for part in parts]
    paid_beside = (
        split(min(paid, total(part.city for part in parts)), weights) if sum(weights) else [ZERO for _ in parts]
    )
    names = {line.id: line.name for line in grants.lines(agreement)} if agreement else {}
    return {
        pledge.id: GiftStory(
            gift=part.gift,
            city=part.city,
            city_paid=city_paid,
            lines=_by_line(names, receipts, part.paid),
            left=part.left,
            closed=account is not None,
        )
        for pledge, part, city_paid in zip(pledges, parts, paid_beside, strict=True)
    }


def _by_line(names: dict[int, str], receipts: Sequence[Expense], paid: Sequence[Money]) -> list[LineShare]:
    found = []
    for line_id, name in names.items():
        here = [amount for receipt, amount in zip(receipts, paid, strict=True) if receipt.line_id == line_id]
        if here:
            found.append(LineShare(name, total(here), len(here)))
    return found


def gift_story(pledge: Pledge) -> GiftStory | None:
    """What this gift paid, for the donor's own page; None before it is collected and the city's part confirmed."""
    if pledge.state is not PledgeState.CHARGED:
        return None
    return stories(campaigns.campaign(pledge.campaign_id)).get(pledge.id)


# --- milestones -------------------------------------------------------------------------------------------------------


def candidates() -> list[tuple[int, Milestone, datetime]]:
    """Milestones that were reached and are not written down yet: campaign, kind, when."""
    found: list[tuple[int, Milestone, datetime]] = []
    undecided = select(Expense.report_id).where(Expense.state == ExpenseState.SENT)
    accepted = func.max(Expense.decided_at)
    asked: dict[Milestone, Any] = {
        Milestone.MATCH: select(Case.campaign_id, Case.ended_at).where(Case.state == CaseState.CONFIRMED),
        Milestone.ADVANCE: select(Agreement.campaign_id, Order.paid_at)
        .join(Order, Order.agreement_id == Agreement.id)
        .join(Tranche, Tranche.id == Order.tranche_id)
        .where(Order.state == OrderState.PAID, Tranche.kind == TrancheKind.ADVANCE),
        Milestone.EXPENSES: select(Agreement.campaign_id, accepted)
        .join(Report, Report.agreement_id == Agreement.id)
        .join(Expense, Expense.report_id == Report.id)
        .where(Report.state != ReportState.OPEN, Expense.state == ExpenseState.ACCEPTED, Report.id.not_in(undecided))
        .group_by(Agreement.campaign_id),
        Milestone.ACCOUNTS: select(Agreement.campaign_id, Account.closed_at).join(
            Account, Account.agreement_id == Agreement.id
        ),
    }
    for kind, rows in asked.items():
        known = exists().where(MilestoneReached.campaign_id == rows.selected_columns[0], MilestoneReached.kind == kind)
        found += [(row[0], kind, row[1]) for row in db.session.execute(rows.where(~known))]
    return found


def unwritten() -> Sequence[int]:
    """Milestones of which not every donor has the letter."""
    return db.session.scalars(
        select(MilestoneReached.id).where(MilestoneReached.told_at.is_(None)).order_by(MilestoneReached.id)
    ).all()


def to_tell(milestone: MilestoneReached, *, limit: int) -> Sequence[Pledge]:
    """The next donors to be told."""
    return db.session.scalars(
        select(Pledge)
        .where(
            Pledge.campaign_id == milestone.campaign_id,
            Pledge.state == PledgeState.CHARGED,
            Pledge.id > milestone.told_pledge,
        )
        .order_by(Pledge.id)
        .limit(limit)
    ).all()
