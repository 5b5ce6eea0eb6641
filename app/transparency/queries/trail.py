"""Where every euro of a project went: figures and movements, each one a balance or an entry of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.campaigns.rules import PUBLIC
from app.core.db import Cents, db
from app.core.money import ZERO, Money, total
from app.evaluation.models import Award, Ranking
from app.evaluation.rules import State as RankingState
from app.grants import queries as grants
from app.grants.models import Account, Agreement, AwardRecord, Expense, Order, Report, Tranche
from app.grants.queries import LineSpent
from app.grants.rules import Closing, OrderState, closing
from app.groups.models import Group
from app.ledger import queries as ledger
from app.ledger.models import AccountRow
from app.ledger.queries import Movement
from app.ledger.rules import Check
from app.pledges import queries as pledges
from app.settlement.models import Case, Close
from app.territory.models import Zone
from app.transparency.rules import ORDER, Stage, Step, What, Whose, stage

Books = Mapping[str, Mapping[str, Money]]  # of one owner: book, name, balance


@dataclass(frozen=True)
class Figures:
    """The sums of one project, as the three books have them."""

    promised: Money
    gifts: Money
    reserved: Money
    bound: Money
    paid: Money
    spent: Money

    @property
    def city(self) -> Money:
        """The city's money that is set aside for the project or paid to it."""
        return self.reserved + self.bound + self.paid


@dataclass(frozen=True)
class Row:
    """One project on the list."""

    campaign: Campaign
    zone: str
    stage: Stage
    figures: Figures


@dataclass(frozen=True)
class Trail:
    """One project's money from the reservation to the closed accounts."""

    campaign: Campaign
    group: Group
    zone: Zone
    stage: Stage
    figures: Figures
    donors: int
    city_first: Money
    returned: Money
    close: Close | None
    case: Case | None
    agreement: Agreement | None
    record: AwardRecord | None
    account: Account | None
    closing: Closing | None
    paid_parts: Sequence[tuple[TrancheKind, Money]]
    lines: Sequence[LineSpent]
    steps: Sequence[Step]

    @property
    def receipts(self) -> int:
        """How many receipts were accepted."""
        return sum(one.receipts for one in self.lines)


def _figures(campaigns: Sequence[Campaign]) -> dict[int, Figures]:
    owners = [(one.id, f"campaign:{one.id}", f"proposal:{one.proposal_id}") for one in campaigns]
    books = ledger.books_of(*(owner for _id, *both in owners for owner in both))
    return {campaign_id: _sums(books[giving], books[project]) for campaign_id, giving, project in owners}


def _sums(giving: Books, project: Books) -> Figures:
    held = project.get("budget", {})
    return Figures(
        promised=giving.get("promises", {}).get("promised", ZERO),
        gifts=-giving.get("cash", {}).get("givers", ZERO),
        reserved=total(held.get(step, ZERO) for step in ("reserved", "confirmed", "suspended")),
        bound=held.get("committed", ZERO) + held.get("approved", ZERO),
        paid=held.get("paid", ZERO),
        spent=project.get("cash", {}).get("spent", ZERO),
    )


def projects() -> list[Row]:
    """Every public project with its sums."""
    found: Any = db.session.execute(
        select(Campaign, Zone.name, Case, Agreement, Account.id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, Agreement.campaign_id == Campaign.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Campaign.state.in_(PUBLIC))
        .order_by(Campaign.opens_at.desc(), Campaign.id.desc())
    ).all()
    sums = _figures([row[0] for row in found])
    return [
        Row(one, zone, _stage(case, agreement, closed is not None, sums[one.id].paid, sums[one.id].bound), sums[one.id])
        for one, zone, case, agreement, closed in found
    ]


def _stage(case: Case | None, agreement: Agreement | None, closed: bool, paid: Money, bound: Money) -> Stage:
    return stage(
        case_state=case.state if case else None,
        nothing_due=case is not None and case.match == ZERO,
        signed=agreement is not None and agreement.signed_at is not None,
        advance_paid=bool(paid),
        accounts_closed=closed,
        all_paid=not bound,
    )


@dataclass(frozen=True)
class Reached:
    """What became of a proposal that was ranked: its award, its campaign, its agreement, and how far its money is."""

    award: Award
    campaign: Campaign | None
    agreement: Agreement | None
    stage: Stage


def reached(proposal_ids: Collection[int]) -> dict[int, Reached]:
    """How far these proposals have come, those that an approved ranking names, in one question."""
    project = AccountRow.owner == func.concat("proposal:", Award.proposal_id)
    paid, bound = (
        select(func.sum(AccountRow.balance, type_=Cents))
        .where(AccountRow.book == "budget", project, AccountRow.name.in_(names))
        .correlate(Award)
        .scalar_subquery()
        for names in (("paid",), ("committed", "approved"))
    )
    rows: Any = db.session.execute(
        select(Award, Campaign, Case, Agreement, Account.id, paid, bound)
        .join(Ranking, Ranking.id == Award.ranking_id)
        .outerjoin(Campaign, Campaign.proposal_id == Award.proposal_id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, Agreement.proposal_id == Award.proposal_id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Award.proposal_id.in_(list(proposal_ids)), Ranking.state == RankingState.APPROVED)
    )
    return {
        award.proposal_id: Reached(
            award, campaign, agreement, _stage(case, agreement, closed is not None, paid or ZERO, bound or ZERO)
        )
        for award, campaign, case, agreement, closed, paid, bound in rows
    }


def totals() -> Figures:
    """The sums of everything, over all projects, in one question."""
    giving, project = ledger.books_like("campaign:"), ledger.books_like("proposal:")
    return _sums(giving, project)


@dataclass(frozen=True)
class Ending:
    """How a campaign ended and how far its money has come: what its page tells, without each movement."""

    close: Close | None
    case: Case | None
    agreement: Agreement | None  # once it is signed
    account: Account | None
    advance: Order | None  # once they are paid
    balance: Order | None
    receipts: int
    paid: Money
    bound: Money
    returned: Money


def ending(campaign: Campaign) -> Ending:
    """Close, case, agreement, payments and closed accounts of one campaign, in one question."""
    asked = {"campaign_id": campaign.id, "project": f"proposal:{campaign.proposal_id}"}
    row: Any = db.session.execute(_ending(), asked).one()
    paid, bound, reserved = (each or ZERO for each in row[7:])
    back = max(ZERO, campaign.ceiling - paid - bound - reserved)
    found = (*row[:6], int(row[6] or 0), paid, bound, back)
    return Ending(*found)


@cache
def _ending() -> Select[Any]:
    """Put together once: to build it takes as long as to answer it."""
    advance, balance = aliased(Order), aliased(Order)
    first, last = aliased(Tranche), aliased(Tranche)
    project = AccountRow.owner == bindparam("project")
    held = [
        select(func.sum(AccountRow.balance))
        .where(AccountRow.book == "budget", project, AccountRow.name.in_(names))
        .scalar_subquery()
        for names in (("paid",), ("committed", "approved"), ("reserved", "confirmed"))
    ]
    receipts = (
        select(func.count(Expense.id))
        .join(Report, Report.id == Expense.report_id)
        .where(Report.agreement_id == Agreement.id, Expense.accepted_amount.is_not(None))
        .correlate(Agreement)
        .scalar_subquery()
    )
    return (
        select(Close, Case, Agreement, Account, advance, balance, receipts, *held)
        .select_from(Campaign)
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, and_(Agreement.campaign_id == Campaign.id, Agreement.signed_at.is_not(None)))
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .outerjoin(first, and_(first.agreement_id == Agreement.id, first.kind == TrancheKind.ADVANCE))
        .outerjoin(advance, and_(advance.tranche_id == first.id, advance.state == OrderState.PAID))
        .outerjoin(last, and_(last.agreement_id == Agreement.id, last.kind == TrancheKind.BALANCE))
        .outerjoin(balance, and_(balance.tranche_id == last.id, balance.state == OrderState.PAID))
        .where(Campaign.id == bindparam("campaign_id"))
        .execution_options(populate_existing=True)
    )


def trail(campaign: Campaign) -> Trail:
    """Everything about one project's money, in few questions however much happened."""
    row: Any = db.session.execute(
        select(Group, Zone, Close, Case, Agreement, AwardRecord, Report, Account, Ranking.act_number)
        .select_from(Campaign)
        .join(Group, Group.id == Campaign.group_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .outerjoin(Award, Award.proposal_id == Campaign.proposal_id)
        .outerjoin(Ranking, and_(Ranking.id == Award.ranking_id, Ranking.state == RankingState.APPROVED))
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, Agreement.campaign_id == Campaign.id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .outerjoin(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Campaign.id == campaign.id)
        .execution_options(populate_existing=True)
    ).one()
    group, zone, close, case, agreement, record, report, account, act = row
    sums = _figures([campaign])[campaign.id]
    journals = _journals(campaign)
    signed = agreement is not None and agreement.signed_at is not None
    parts = grants.tranches_with_orders(agreement.id) if agreement else []
    papers = Papers(agreement, account, close, act or "", parts)
    return Trail(
        campaign=campaign,
        group=group,
        zone=zone,
        stage=_stage(case, agreement, account is not None, sums.paid, sums.bound),
        figures=sums,
        donors=pledges.totals(campaign.id).donors,
        city_first=total(_moved(one, "reserved") for one in journals if one[0].kind == "reserved"),
        returned=total(_left(one) for one in journals if one[0].book == "budget"),
        close=close,
        case=case,
        agreement=agreement if signed else None,
        record=record,
        account=account,
        closing=_closing(agreement, account, sums) if agreement and account else None,
        paid_parts=_kept(parts, total(_left(one) for one in journals if one[0].kind == "given_back")),
        lines=grants.spent(grants.lines(agreement), grants.expenses(report.id) if report else ()) if signed else [],
        steps=_steps(papers, journals),
    )


@dataclass(frozen=True)
class Papers:
    """What the movements of a project are named by."""

    agreement: Agreement | None
    account: Account | None
    close: Close | None
    act: str
    parts: Sequence[tuple[Tranche, Order | None]]


def _closing(agreement: Agreement, account: Account, sums: Figures) -> Closing:
    return closing(account.confirmed, agreement.share_bp, sums.spent, account.gifts, account.paid_before)


Entries = list[Movement]


def _journals(campaign: Campaign) -> list[Entries]:
    """The entries on the project's accounts, one list for each journal and book."""
    entries = ledger.statement(f"proposal:{campaign.proposal_id}", f"campaign:{campaign.id}")
    ordered = sorted(entries, key=lambda one: (one.at, one.key, one.book))
    return [list(group) for _key, group in groupby(ordered, key=lambda one: (one.at, one.key, one.book))]


def _kept(parts: Sequence[tuple[Tranche, Order | None]], back: Money) -> list[tuple[TrancheKind, Money]]:
    """What the association has of each tranche paid; what it gave back is taken off the last ones."""
    kept = []
    for part, order in reversed(parts):
        if order is not None and order.state is OrderState.PAID:
            away = min(back, order.amount)
            back -= away
            kept.append((part.kind, order.amount - away))
    return kept[::-1]


def _moved(entries: Entries, name: str) -> Money:
    return total(one.amount for one in entries if one.name == name)


def _left(entries: Entries) -> Money:
    """What a journal took from the project back to its fund."""
    return max(ZERO, -total(one.amount for one in entries))


def _steps(papers: Papers, journals: list[Entries]) -> list[Step]:
    steps = [
        *_of_budget(papers, [one for one in journals if one[0].book == "budget"]),
        *_of_campaign(papers.close, [one for one in journals if one[0].book == "cash"]),
        *_of_spending(papers.account, [one for one in journals if one[0].kind == "accepted"]),
    ]
    return sorted(steps, key=lambda one: (one.at, ORDER[one.what]))


# What went back to the fund, by the kind of the journal that took it there.
BACK = {
    "confirmed": What.FREED,
    "adjusted": What.FREED,
    "economised": What.ECONOMISED,
    "released": What.RELEASED,
    "given_back": What.GIVEN_BACK,
}


def _of_budget(papers: Papers, journals: list[Entries]) -> Iterable[Step]:
    agreement = papers.agreement
    paper = f"{agreement.number}/{agreement.year}" if agreement else ""
    orders = {f"order:{order.id}:paid": (part.kind, order) for part, order in papers.parts if order}
    for entries in journals:
        at, kind = entries[0].at, entries[0].kind
        if kind == "reserved":
            yield Step(at, What.RESERVED, _moved(entries, "reserved"), Whose.CITY, papers.act)
        elif kind == "confirmed":
            yield Step(at, What.CONFIRMED, _moved(entries, "confirmed"), Whose.CITY)
        elif kind == "committed":
            yield Step(at, What.SIGNED, _moved(entries, "committed"), Whose.CITY, paper)
        elif kind == "paid" and entries[0].key in orders:
            part, order = orders[entries[0].key]
            what = What.ADVANCE if part is TrancheKind.ADVANCE else What.BALANCE
            yield Step(at, what, _moved(entries, "paid"), Whose.CITY, f"{order.number}/{order.year}")
        if kind in BACK and _left(entries):
            yield Step(at, BACK[kind], _left(entries), Whose.CITY)
        if (owed := _moved(entries, "receivable")) > ZERO:
            yield Step(at, What.OWED, owed, Whose.CITY)


def _of_campaign(close: Close | None, journals: list[Entries]) -> Iterable[Step]:
    """Gifts are told together: no movement shows when one person gave."""
    if close is not None:
        yield Step(close.decided_at, What.CLOSED, close.promised, Whose.DONORS, close.sha256[:12], close.donors)
    charged = [one for one in journals if one[0].kind == "pledge.charged"]
    if charged:
        amount = -total(_moved(one, "givers") for one in charged)
        yield Step(charged[-1][0].at, What.COLLECTED, amount, Whose.DONORS, count=len(charged))
    back = [one for one in journals if one[0].kind in ("pledge.refunded", "pledge.disputed", "pledge.dispute_won")]
    if amount := total(_moved(one, "givers") for one in back):
        won = sum(one[0].kind == "pledge.dispute_won" for one in back)
        yield Step(back[-1][0].at, What.REFUNDED, amount, Whose.DONORS, count=len(back) - 2 * won)


def _of_spending(account: Account | None, journals: list[Entries]) -> Iterable[Step]:
    if journals:
        amount = total(_moved(one, "spent") for one in journals)
        at: datetime = journals[-1][0].at
        what = What.ACCEPTED if account else What.ACCEPTED_SO_FAR
        yield Step(at, what, amount, Whose.SPENT, count=len(journals))


def register() -> Sequence[AwardRecord]:
    """The public register of awards."""
    return grants.award_records()


def checks() -> Iterable[Check]:
    """What the list of projects shows adds up to what the ledger has."""
    rows, everything = projects(), totals()
    for name in ("gifts", "paid", "bound", "spent"):
        shown = total(getattr(row.figures, name) for row in rows)
        yield Check(f"public totals: {name}", shown, getattr(everything, name))
    for row in rows:
        told = trail(row.campaign)
        held = told.city_first - told.returned
        yield Check(f"money page of campaign:{row.campaign.id}: city", held, row.figures.city)
        spent = total(one.accepted for one in told.lines)
        yield Check(f"money page of campaign:{row.campaign.id}: lines", spent, row.figures.spent)
