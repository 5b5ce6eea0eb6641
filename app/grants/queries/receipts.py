"""Reports, receipts, closed accounts, and the whole of one grant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.errors import Missing
from app.core.money import Money, total
from app.files.models import File
from app.grants.models import (
    Account,
    Agreement,
    AwardRecord,
    Expense,
    Order,
    Report,
    Signature,
    Tranche,
)
from app.grants.queries.agreements import agreement, award_record, parties, signatures
from app.grants.queries.held import held as _held
from app.grants.queries.orders import orders_of, tranches
from app.grants.rules import (
    Closing,
    ExpenseState,
    OrderState,
    Signer,
    closing,
)
from app.groups import queries as groups
from app.groups.models import LegalEntity
from app.identity.models import Person
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.proposals import queries as proposals
from app.proposals.models import Line
from app.settlement import queries as settlement
from app.territory.models import Zone


def report(agreement_id: int) -> Report | None:
    """The group's report."""
    return db.session.scalars(select(Report).where(Report.agreement_id == agreement_id)).one_or_none()


def lock_report(agreement_id: int) -> Report:
    """The report, held still until the end of this transaction."""
    found = db.session.scalars(_held(select(Report).where(Report.agreement_id == agreement_id))).one_or_none()
    if found is None:
        raise Missing("There is no report before the agreement is signed.")
    return found


def agreement_of_report(report_id: int) -> Agreement:
    """The agreement a report belongs to."""
    return agreement(db.session.get_one(Report, report_id).agreement_id)


def lines(agreement: Agreement) -> Sequence[Line]:
    """The budget lines of the project."""
    return proposals.lines(proposals.proposal(agreement.proposal_id))


def expense_by_ref(ref: str) -> Expense | None:
    """The receipt of that reference."""
    return db.session.scalars(select(Expense).where(Expense.ref == ref)).one_or_none()


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


def account(agreement_id: int) -> Account | None:
    """The closed accounts of a grant."""
    return db.session.scalars(select(Account).where(Account.agreement_id == agreement_id)).one_or_none()


def finished() -> int:
    """How many projects have their accounts closed, with every receipt read."""
    return db.session.scalar(select(func.count()).select_from(Account)) or 0


def finished_campaigns() -> Select[int]:
    """The question for the campaigns whose accounts are closed."""
    return select(Agreement.campaign_id).join(Account, Account.agreement_id == Agreement.id)


def accepted(agreement: Agreement) -> Money:
    """Accepted spending, as the cash book says."""
    return ledger.balance("cash", f"proposal:{agreement.proposal_id}", "spent")


def gifts(agreement: Agreement) -> Money:
    """Gifts collected, gross, as the cash book says."""
    return -ledger.balance("cash", f"campaign:{agreement.campaign_id}", "givers")


def paid(agreement: Agreement) -> Money:
    """What the city has paid, as the budget book says."""
    return ledger.balance("budget", f"proposal:{agreement.proposal_id}", "paid")


def figures(agreement: Agreement) -> Closing:
    """What the accounts are, or would be if they were closed on the receipts accepted so far."""
    closed = account(agreement.id)
    before = closed.paid_before if closed else paid(agreement)
    return closing(agreement.amount, agreement.share_bp, accepted(agreement), gifts(agreement), before)


@dataclass(frozen=True)
class LineSpent:
    """One budget line with what was accepted on it."""

    line: Line
    accepted: Money
    receipts: int


def spent_by_line(agreement: Agreement) -> list[LineSpent]:
    """The budget line by line with accepted spending and number of accepted receipts."""
    found = report(agreement.id)
    taken: dict[int, list[Money]] = {}
    for one in expenses(found.id) if found else ():
        if one.accepted_amount is not None:
            taken.setdefault(one.line_id, []).append(one.accepted_amount)
    return [LineSpent(line, total(taken.get(line.id, [])), len(taken.get(line.id, []))) for line in lines(agreement)]


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

    @property
    def undecided(self) -> int:
        """How many receipts wait for a decision."""
        return sum(one.state is ExpenseState.SENT for one in self.expenses)


def dossier(agreement: Agreement) -> Dossier:
    """The grant with all its parts."""
    campaign = settlement.campaign(agreement.campaign_id)
    found = report(agreement.id)
    return Dossier(
        agreement=agreement,
        campaign=campaign,
        entity=groups.entity(agreement.entity_id),
        zone=db.session.get_one(Zone, campaign.zone_id),
        parties=parties(agreement),
        signatures={one.role: one for one in signatures(agreement.id)},
        record=award_record(agreement.id),
        tranches=tranches(agreement.id),
        orders={one.tranche_id: one for one in orders_of(agreement.id) if one.state is not OrderState.REFUSED},
        report=found,
        expenses=expenses(found.id) if found else [],
        account=account(agreement.id),
        books=matching.books_of_project(agreement.proposal_id),
    )
