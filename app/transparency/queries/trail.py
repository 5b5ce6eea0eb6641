"""Where every euro of a project went: figures and movements, each one a balance or an entry of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.campaigns.rules import PUBLIC
from app.core.db import db
from app.core.money import ZERO, Money, total
from app.evaluation import queries as evaluation
from app.grants import queries as grants
from app.grants.models import Account, Agreement, AwardRecord, Expense, Order, Report, Tranche
from app.grants.queries import LineSpent
from app.grants.rules import Closing, OrderState
from app.groups import queries as groups
from app.groups.models import Group
from app.ledger import queries as ledger
from app.ledger.models import AccountRow
from app.ledger.queries import Movement
from app.ledger.rules import Check
from app.pledges import queries as pledges
from app.settlement import queries as settlement
from app.settlement.models import Case, Close
from app.territory.models import Zone
from app.transparency.rules import ORDER, Stage, Step, What, Whose, stage


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
    owners = [f"campaign:{one.id}" for one in campaigns]
    projects = [f"proposal:{one.proposal_id}" for one in campaigns]
    promises, cash = ledger.balances_of("promises", owners), ledger.balances_of("cash", [*owners, *projects])
    budget = ledger.balances_of("budget", projects)
    found = {}
    for one in campaigns:
        mine, project = f"campaign:{one.id}", f"proposal:{one.proposal_id}"
        held = budget[project]
        found[one.id] = Figures(
            promised=promises[mine].get("promised", ZERO),
            gifts=-cash[mine].get("givers", ZERO),
            reserved=held.get("reserved", ZERO) + held.get("confirmed", ZERO),
            bound=held.get("committed", ZERO) + held.get("approved", ZERO),
            paid=held.get("paid", ZERO),
            spent=cash[project].get("spent", ZERO),
        )
    return found


def public_campaigns() -> Sequence[Campaign]:
    """All campaigns that everybody may read, newest first."""
    return db.session.scalars(
        select(Campaign).where(Campaign.state.in_(PUBLIC)).order_by(Campaign.opens_at.desc(), Campaign.id.desc())
    ).all()


def projects() -> list[Row]:
    """Every public project with its sums."""
    found = public_campaigns()
    sums = _figures(found)
    zones = {zone.id: zone.name for zone in db.session.scalars(select(Zone))}
    cases = {case.campaign_id: case for case in db.session.scalars(select(Case))}
    agreed = {one.campaign_id: one for one, _campaign in grants.agreements()}
    closed = {one.agreement_id for one in db.session.scalars(select(Account))}
    rows = []
    for one in found:
        case, agreement = cases.get(one.id), agreed.get(one.id)
        here = stage(
            case_state=case.state if case else None,
            nothing_due=case is not None and case.match == ZERO,
            signed=agreement is not None and agreement.signed_at is not None,
            advance_paid=bool(sums[one.id].paid),
            accounts_closed=agreement is not None and agreement.id in closed,
            all_paid=not sums[one.id].bound,
        )
        rows.append(Row(one, zones[one.zone_id], here, sums[one.id]))
    return rows


def totals() -> Figures:
    """The sums of everything, over all projects."""
    return Figures(
        promised=ledger.total_of("promises", "promised", "campaign:"),
        gifts=-ledger.total_of("cash", "givers", "campaign:"),
        reserved=ledger.total_of("budget", "reserved", "proposal:")
        + ledger.total_of("budget", "confirmed", "proposal:"),
        bound=ledger.total_of("budget", "committed", "proposal:") + ledger.total_of("budget", "approved", "proposal:"),
        paid=ledger.total_of("budget", "paid", "proposal:"),
        spent=ledger.total_of("cash", "spent", "proposal:"),
    )


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
    advance, balance = aliased(Order), aliased(Order)
    first, last = aliased(Tranche), aliased(Tranche)
    project = AccountRow.owner == f"proposal:{campaign.proposal_id}"
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
    row: Any = db.session.execute(
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
        .where(Campaign.id == campaign.id)
        .execution_options(populate_existing=True)
    ).one()
    paid, bound, reserved = (each or ZERO for each in row[7:])
    back = max(ZERO, campaign.ceiling - paid - bound - reserved)
    found = (*row[:6], int(row[6] or 0), paid, bound, back)
    return Ending(*found)


def trail(campaign: Campaign) -> Trail:
    """Everything about one project's money."""
    sums = _figures([campaign])[campaign.id]
    agreement = grants.agreement_of(campaign.proposal_id)
    account = grants.account(agreement.id) if agreement else None
    case = settlement.case(campaign.id)
    journals = _journals(campaign)
    signed = agreement is not None and agreement.signed_at is not None
    return Trail(
        campaign=campaign,
        group=groups.group(campaign.group_id),
        zone=db.session.get_one(Zone, campaign.zone_id),
        stage=stage(
            case_state=case.state if case else None,
            nothing_due=case is not None and case.match == ZERO,
            signed=signed,
            advance_paid=bool(sums.paid),
            accounts_closed=account is not None,
            all_paid=not sums.bound,
        ),
        figures=sums,
        donors=pledges.totals(campaign.id).donors,
        city_first=total(_moved(one, "reserved") for one in journals if one[0].kind == "reserved"),
        returned=total(_left(one) for one in journals if one[0].book == "budget"),
        close=settlement.close_of(campaign.id),
        case=case,
        agreement=agreement if signed else None,
        record=grants.award_record(agreement.id) if agreement else None,
        account=account,
        closing=grants.figures(agreement) if agreement and account else None,
        paid_parts=_paid_parts(agreement),
        lines=grants.spent_by_line(agreement) if agreement and signed else [],
        steps=_steps(campaign, agreement, account, journals),
    )


def _paid_parts(agreement: Agreement | None) -> list[tuple[TrancheKind, Money]]:
    if agreement is None:
        return []
    kinds = {one.id: one.kind for one in grants.tranches(agreement.id)}
    paid = [one for one in grants.orders_of(agreement.id) if one.state is OrderState.PAID]
    return [(kinds[one.tranche_id], one.amount) for one in paid]


Entries = list[Movement]


def _journals(campaign: Campaign) -> list[Entries]:
    """The entries on the project's accounts, one list for each journal and book."""
    entries = ledger.statement(f"proposal:{campaign.proposal_id}", f"campaign:{campaign.id}")
    ordered = sorted(entries, key=lambda one: (one.at, one.key, one.book))
    return [list(group) for _key, group in groupby(ordered, key=lambda one: (one.at, one.key, one.book))]


def _moved(entries: Entries, name: str) -> Money:
    return total(one.amount for one in entries if one.name == name)


def _left(entries: Entries) -> Money:
    """What a journal took from the project back to its fund."""
    return max(ZERO, -total(one.amount for one in entries))


def _steps(
    campaign: Campaign, agreement: Agreement | None, account: Account | None, journals: list[Entries]
) -> list[Step]:
    steps = [
        *_of_budget(campaign, agreement, [one for one in journals if one[0].book == "budget"]),
        *_of_campaign(campaign, [one for one in journals if one[0].book == "cash"]),
        *_of_spending(account, [one for one in journals if one[0].kind == "accepted"]),
    ]
    return sorted(steps, key=lambda one: (one.at, ORDER[one.what]))


def _of_budget(campaign: Campaign, agreement: Agreement | None, journals: list[Entries]) -> Iterable[Step]:
    award = evaluation.award_of(campaign.proposal_id)
    act = award.ranking.act_number if award else None
    paper = f"{agreement.number}/{agreement.year}" if agreement else ""
    orders = {f"order:{one.id}:paid": one for one in grants.orders_of(agreement.id)} if agreement else {}
    kinds = {one.id: one.kind for one in grants.tranches(agreement.id)} if agreement else {}
    for entries in journals:
        at, kind = entries[0].at, entries[0].kind
        if kind == "reserved":
            yield Step(at, What.RESERVED, _moved(entries, "reserved"), Whose.CITY, act or "")
        elif kind == "confirmed":
            yield Step(at, What.CONFIRMED, _moved(entries, "confirmed"), Whose.CITY)
            if _left(entries):
                yield Step(at, What.FREED, _left(entries), Whose.CITY)
        elif kind == "committed":
            yield Step(at, What.SIGNED, _moved(entries, "committed"), Whose.CITY, paper)
        elif kind == "paid" and (order := orders.get(entries[0].key)) is not None:
            advance = kinds[order.tranche_id] is TrancheKind.ADVANCE
            what = What.ADVANCE if advance else What.BALANCE
            yield Step(at, what, _moved(entries, "paid"), Whose.CITY, f"{order.number}/{order.year}")
        elif kind in ("economised", "released"):
            what = What.ECONOMISED if kind == "economised" else What.RELEASED
            yield Step(at, what, _left(entries), Whose.CITY)


def _of_campaign(campaign: Campaign, journals: list[Entries]) -> Iterable[Step]:
    """Gifts are told together: no movement shows when one person gave."""
    close = settlement.close_of(campaign.id)
    if close is not None:
        yield Step(close.decided_at, What.CLOSED, close.promised, Whose.DONORS, close.sha256[:12], close.donors)
    charged = [one for one in journals if one[0].kind == "pledge.charged"]
    if charged:
        amount = -total(_moved(one, "givers") for one in charged)
        yield Step(charged[-1][0].at, What.COLLECTED, amount, Whose.DONORS, count=len(charged))
    refunded = [one for one in journals if one[0].kind == "pledge.refunded"]
    if refunded:
        amount = total(_moved(one, "givers") for one in refunded)
        yield Step(refunded[-1][0].at, What.REFUNDED, amount, Whose.DONORS, count=len(refunded))


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
