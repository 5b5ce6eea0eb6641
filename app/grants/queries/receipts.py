"""Reports, receipts, closed accounts, and the whole of one grant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased, lazyload

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.errors import Missing
from app.core.money import ZERO, Money, total
from app.core.once import once
from app.files.models import File
from app.grants.models import (
    Account,
    Agreement,
    AwardRecord,
    Expense,
    Order,
    Repayment,
    Report,
    Signature,
    Tranche,
)
from app.grants.queries.agreements import signatures
from app.grants.queries.held import held as _held
from app.grants.queries.orders import tranches_with_orders
from app.grants.rules import (
    Closing,
    ExpenseState,
    Signer,
    closing,
)
from app.groups.models import LegalEntity
from app.identity.models import Person
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.proposals import queries as proposals
from app.proposals.models import Line
from app.territory.models import Zone


@once
def report(agreement_id: int) -> Report | None:
    """The group's report."""
    return db.session.scalars(select(Report).where(Report.agreement_id == agreement_id)).one_or_none()


def lock_report(agreement_id: int) -> Report:
    """The report, held still until the end of this transaction."""
    found = db.session.scalars(_held(select(Report).where(Report.agreement_id == agreement_id))).one_or_none()
    if found is None:
        raise Missing("There is no report before the agreement is signed.")
    return found


@once
def agreement_of_report(report_id: int) -> Agreement:
    """The agreement a report belongs to."""
    return db.session.scalars(
        select(Agreement).join(Report, Report.agreement_id == Agreement.id).where(Report.id == report_id)
    ).one()


@once
def lines(agreement: Agreement) -> Sequence[Line]:
    """The budget lines of the project."""
    return proposals.lines_of(agreement.proposal_id)


@once
def expense_by_ref(ref: str) -> Expense | None:
    """The receipt of that reference."""
    return db.session.scalars(select(Expense).where(Expense.ref == ref)).one_or_none()


@once
def expenses(report_id: int) -> Sequence[Expense]:
    """All receipts of a report, in the order in which they came."""
    return db.session.scalars(select(Expense).where(Expense.report_id == report_id).order_by(Expense.id)).all()


def lock_expense(expense: Expense) -> Expense:
    """The receipt as it stands now, held still until the end of this transaction."""
    return db.session.scalars(_held(select(Expense).where(Expense.id == expense.id))).one()


def undecided(report_id: int) -> int:
    """How many receipts wait for a decision."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Expense)
            .where(Expense.report_id == report_id, Expense.state == ExpenseState.SENT)
        )
        or 0
    )


def same_receipt(hashed: str, supplier_key: str, number_key: str) -> Expense | None:
    """A receipt not rejected with the same file, or with the same number by the same supplier."""
    return db.session.scalars(
        select(Expense)
        .where(
            Expense.state != ExpenseState.REJECTED,
            or_(
                Expense.file_sha256 == hashed,
                (Expense.supplier_key == supplier_key) & (Expense.document_key == number_key),
            ),
        )
        .order_by(Expense.id)
    ).first()


def receipt_file(expense: Expense) -> File:
    """The file of a receipt."""
    return db.session.get_one(File, expense.file_id)


@once
def account(agreement_id: int) -> Account | None:
    """The closed accounts of a grant."""
    return db.session.scalars(select(Account).where(Account.agreement_id == agreement_id)).one_or_none()


def finished() -> Select[int]:
    """The question how many projects have their accounts closed, with every receipt read."""
    return select(func.count()).select_from(Account)


def finished_campaigns() -> Select[int]:
    """The question for the campaigns whose accounts are closed."""
    return select(Agreement.campaign_id).join(Account, Account.agreement_id == Agreement.id)


def accepted(agreement: Agreement) -> Money:
    """Accepted spending, as the cash book says."""
    return ledger.balance("cash", f"proposal:{agreement.proposal_id}", "spent")


def gifts(agreement: Agreement) -> Money:
    """Gifts collected, gross, as the cash book says."""
    return -ledger.balance("cash", f"campaign:{agreement.campaign_id}", "givers")


def gifts_at(agreement: Agreement, at: datetime) -> Money:
    """The same at an earlier moment."""
    return -ledger.balance_at("cash", f"campaign:{agreement.campaign_id}", "givers", at)


def paid(agreement: Agreement) -> Money:
    """What the city has paid, as the budget book says."""
    return ledger.balance("budget", f"proposal:{agreement.proposal_id}", "paid")


def owed(agreement: Agreement) -> Money:
    """What the body must still give back to the city, as the budget book says."""
    return ledger.balance("budget", f"proposal:{agreement.proposal_id}", "receivable")


@once
def repayments(agreement_id: int) -> Sequence[Repayment]:
    """What the body gave back, in order."""
    rows = select(Repayment).where(Repayment.agreement_id == agreement_id).order_by(Repayment.id)
    return db.session.scalars(rows).all()


@once
def figures(agreement: Agreement) -> Closing:
    """What the accounts are, or would be if they were closed on the receipts accepted so far."""
    if closed := account(agreement.id):
        return _as_closed(agreement, closed)
    most = confirmed(agreement)
    return closing(most, agreement.share_bp, accepted(agreement), gifts(agreement), paid(agreement))


def _as_closed(agreement: Agreement, closed: Account) -> Closing:
    return closing(closed.confirmed, agreement.share_bp, closed.accepted, closed.gifts, closed.paid_before)


def confirmed(agreement: Agreement) -> Money:
    """The match as it stands: what was agreed, or less where gifts went back since."""
    row = matching.reservation(agreement.proposal_id)
    return min(agreement.amount, row.confirmed) if row and row.confirmed is not None else agreement.amount


@dataclass(frozen=True)
class LineSpent:
    """One budget line with what was accepted on it."""

    line: Line
    accepted: Money
    receipts: int


def spent(lines: Sequence[Line], receipts: Sequence[Expense]) -> list[LineSpent]:
    """Each of these lines with what was accepted on it."""
    taken: dict[int, list[Money]] = {}
    for one in receipts:
        if one.accepted_amount is not None:
            taken.setdefault(one.line_id, []).append(one.accepted_amount)
    return [LineSpent(line, total(taken.get(line.id, [])), len(taken.get(line.id, []))) for line in lines]


@dataclass(frozen=True)
class Dossier:
    """Everything about one grant on one page."""

    agreement: Agreement
    campaign: Campaign
    entity: LegalEntity
    zone: Zone
    parties: Mapping[Signer, Person]
    signatures: Mapping[Signer, Signature]
    record: AwardRecord | None
    tranches: Sequence[Tranche]
    orders: Mapping[int, Order]
    report: Report | None
    expenses: Sequence[Expense]
    account: Account | None
    books: matching.Books
    accepted: Money  # spending, as the cash book has it
    gifts: Money  # collected, gross
    owed: Money  # what the body must still give back

    @property
    def undecided(self) -> int:
        """How many receipts wait for a decision."""
        return sum(one.state is ExpenseState.SENT for one in self.expenses)

    @property
    def figures(self) -> Closing:
        """What the accounts are, or would be if they were closed on the receipts accepted so far."""
        if self.account:
            return _as_closed(self.agreement, self.account)
        most = confirmed(self.agreement)
        return closing(most, self.agreement.share_bp, self.accepted, self.gifts, self.books.paid)


@once
def dossier(agreement: Agreement) -> Dossier:
    """The grant with all its parts, in few questions however many there are."""
    responsible, representative = aliased(Person), aliased(Person)
    row: Any = db.session.execute(
        select(Campaign, LegalEntity, Zone, responsible, representative, AwardRecord, Report, Account)
        .select_from(Agreement)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(LegalEntity, LegalEntity.id == Agreement.entity_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .join(responsible, responsible.id == Agreement.responsible_id)
        .join(representative, representative.id == Agreement.representative_id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .outerjoin(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .where(Agreement.id == agreement.id)
        .options(lazyload(Zone.borough))
        .execution_options(populate_existing=True)
    ).one()
    campaign, entity, zone, for_city, for_body, record, sent, closed = row
    parts = tranches_with_orders(agreement.id)
    project, giving = f"proposal:{agreement.proposal_id}", f"campaign:{agreement.campaign_id}"
    held = ledger.books_of(project, giving)
    return Dossier(
        agreement=agreement,
        campaign=campaign,
        entity=entity,
        zone=zone,
        parties={Signer.RESPONSIBLE: for_city, Signer.REPRESENTATIVE: for_body},
        signatures={one.role: one for one in signatures(agreement.id)},
        record=record,
        tranches=[part for part, _order in parts],
        orders={part.id: order for part, order in parts if order is not None},
        report=sent,
        expenses=expenses(sent.id) if sent else [],
        account=closed,
        books=matching.by_step(held[project].get("budget", {})),
        accepted=held[project].get("cash", {}).get("spent", ZERO),
        gifts=-held[giving].get("cash", {}).get("givers", ZERO),
        owed=held[project].get("budget", {}).get("receivable", ZERO),
    )
