"""Reads of grants: agreements and their parties, tranches and orders, receipts, closed accounts, and the checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.sql import Select

from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.core.db import db
from app.core.errors import Missing
from app.core.money import ZERO, Money, total
from app.core.todo import Todo
from app.evaluation import queries as evaluation
from app.files.models import File
from app.grants.models import (
    Account,
    Agreement,
    AwardRecord,
    Batch,
    Expense,
    Order,
    Report,
    Signature,
    Tranche,
)
from app.grants.rules import (
    AgreementState,
    Closing,
    ExpenseState,
    OrderState,
    ReportState,
    Signer,
    TrancheState,
    closing,
)
from app.groups import queries as groups
from app.groups.models import LegalEntity, Member
from app.identity import queries as identity
from app.identity.models import Person
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.matching import queries as matching
from app.proposals import queries as proposals
from app.proposals.models import Line
from app.settlement import queries as settlement
from app.settlement.models import Case
from app.settlement.rules import State as CaseState
from app.territory.models import Zone

T = TypeVar("T")

# --- agreements -------------------------------------------------------------------------------------------------------


def agreement(agreement_id: int) -> Agreement:
    """The agreement of that row."""
    return db.session.get_one(Agreement, agreement_id)


def by_ref(ref: str) -> Agreement | None:
    """The agreement of that reference."""
    return db.session.scalars(select(Agreement).where(Agreement.ref == ref)).one_or_none()


def agreement_of(proposal_id: int) -> Agreement | None:
    """The agreement of that proposal, if it is prepared."""
    return db.session.scalars(select(Agreement).where(Agreement.proposal_id == proposal_id)).one_or_none()


def agreements() -> Sequence[tuple[Agreement, Campaign]]:
    """All agreements with their campaigns, newest first."""
    rows = select(Agreement, Campaign).join(Campaign, Campaign.id == Agreement.campaign_id)
    return [(row[0], row[1]) for row in db.session.execute(rows.order_by(Agreement.id.desc()))]


def to_prepare() -> Sequence[tuple[Campaign, Case]]:
    """Campaigns whose match is confirmed and whose agreement nobody has prepared."""
    rows = db.session.execute(
        select(Campaign, Case)
        .join(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, Agreement.campaign_id == Campaign.id)
        .where(Case.state == CaseState.CONFIRMED, Case.match > ZERO, Agreement.id.is_(None))
        .order_by(Case.ended_at, Case.id)
    )
    return [(row[0], row[1]) for row in rows]


def lock_agreement(agreement: Agreement) -> Agreement:
    """The agreement as it stands now, held still until the end of this transaction."""
    return db.session.scalars(_held(select(Agreement).where(Agreement.id == agreement.id))).one()


def signatures(agreement_id: int) -> list[Signature]:
    """Who signed so far, in order."""
    return list(
        db.session.scalars(select(Signature).where(Signature.agreement_id == agreement_id).order_by(Signature.id))
    )


def waits_for(agreement: Agreement, person_id: int) -> bool:
    """Whether the agreement lacks this person's signature."""
    if person_id not in (agreement.responsible_id, agreement.representative_id):
        return False
    return all(one.person_id != person_id for one in signatures(agreement.id))


def parties(agreement: Agreement) -> Mapping[Signer, Person]:
    """The two people who sign."""
    people = identity.people([agreement.responsible_id, agreement.representative_id])
    return {
        Signer.RESPONSIBLE: people[agreement.responsible_id],
        Signer.REPRESENTATIVE: people[agreement.representative_id],
    }


def representative(agreement: Agreement) -> Person:
    """Who signs for the body."""
    return parties(agreement)[Signer.REPRESENTATIVE]


def act_of(proposal_id: int) -> str:
    """The act by which the ranking was approved."""
    award = evaluation.award_of(proposal_id)
    if award is None or award.ranking.act_number is None:
        raise Missing("This project is in no approved ranking.")
    return award.ranking.act_number


def text_of(agreement: Agreement) -> File:
    """The file of the text that is signed."""
    return db.session.get_one(File, agreement.pdf_file_id)


def signed_copy(agreement: Agreement) -> File | None:
    """The file with the signatures on its last page."""
    return db.session.get(File, agreement.signed_pdf_id) if agreement.signed_pdf_id else None


def award_record(agreement_id: int) -> AwardRecord | None:
    """The public record of the award."""
    return db.session.scalars(select(AwardRecord).where(AwardRecord.agreement_id == agreement_id)).one_or_none()


def award_records() -> Sequence[AwardRecord]:
    """The public register, newest first."""
    return db.session.scalars(
        select(AwardRecord).order_by(AwardRecord.published_at.desc(), AwardRecord.id.desc())
    ).all()


# --- tranches and orders ----------------------------------------------------------------------------------------------


def tranche(tranche_id: int) -> Tranche:
    """The tranche of that row."""
    return db.session.get_one(Tranche, tranche_id)


def tranches(agreement_id: int) -> Sequence[Tranche]:
    """The tranches of an agreement in order."""
    return db.session.scalars(select(Tranche).where(Tranche.agreement_id == agreement_id).order_by(Tranche.id)).all()


def lock_tranche(tranche: Tranche) -> Tranche:
    """The tranche as it stands now, held still until the end of this transaction."""
    return db.session.scalars(_held(select(Tranche).where(Tranche.id == tranche.id))).one()


def tranches_due() -> Sequence[tuple[Tranche, Agreement, Campaign]]:
    """Tranches that are due, published and without an order."""
    live = select(Order.id).where(Order.tranche_id == Tranche.id, Order.state != OrderState.REFUSED)
    rows = db.session.execute(
        select(Tranche, Agreement, Campaign)
        .join(Agreement, Agreement.id == Tranche.agreement_id)
        .join(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .where(Tranche.state == TrancheState.DUE, ~live.exists())
        .order_by(Tranche.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def order_by_ref(ref: str) -> Order | None:
    """The order of that reference."""
    return db.session.scalars(select(Order).where(Order.ref == ref)).one_or_none()


def orders(*states: OrderState) -> Sequence[tuple[Order, Agreement, Campaign, Tranche]]:
    """Orders in these states (all if none is named), newest first."""
    rows = (
        select(Order, Agreement, Campaign, Tranche)
        .join(Agreement, Agreement.id == Order.agreement_id)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Tranche, Tranche.id == Order.tranche_id)
        .order_by(Order.id.desc())
    )
    if states:
        rows = rows.where(Order.state.in_(states))
    return [(row[0], row[1], row[2], row[3]) for row in db.session.execute(rows)]


def orders_of(agreement_id: int) -> Sequence[Order]:
    """The orders of one agreement, oldest first."""
    return db.session.scalars(select(Order).where(Order.agreement_id == agreement_id).order_by(Order.id)).all()


def live_order(tranche_id: int) -> Order | None:
    """The order of a tranche that was not refused."""
    return db.session.scalars(
        select(Order).where(Order.tranche_id == tranche_id, Order.state != OrderState.REFUSED)
    ).one_or_none()


def order_under_way(agreement_id: int) -> Order | None:
    """An order of the agreement that is neither paid nor refused."""
    return db.session.scalars(
        select(Order).where(
            Order.agreement_id == agreement_id, Order.state.not_in([OrderState.PAID, OrderState.REFUSED])
        )
    ).first()


def lock_order(order: Order) -> Order:
    """The order as it stands now, held still until the end of this transaction."""
    return db.session.scalars(_held(select(Order).where(Order.id == order.id))).one()


def batch_by_ref(ref: str) -> Batch | None:
    """The file of transfers of that reference."""
    return db.session.scalars(select(Batch).where(Batch.ref == ref)).one_or_none()


def batches() -> Sequence[Batch]:
    """All files of transfers, newest first."""
    return db.session.scalars(select(Batch).order_by(Batch.id.desc())).all()


def in_batch(batch_id: int) -> list[tuple[Order, Agreement, Campaign, Tranche]]:
    """The orders of one file, in order."""
    return sorted((row for row in orders() if row[0].batch_id == batch_id), key=lambda row: row[0].id)


# --- receipts and accounts --------------------------------------------------------------------------------------------


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


# --- the desk ---------------------------------------------------------------------------------------------------------


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Todo]:
    """What waits for this person: papers to prepare, sign and publish, orders to move on, receipts to send or check."""
    found = _to_sign(person_id)
    if "officer" in roles:
        found += [*_to_prepare(), *_to_publish(), *_to_order(), *_to_check()]
    if roles & {"officer", "responsible"}:
        found += _to_approve(person_id)
    if "finance" in roles:
        found += [*_to_pay(person_id)]
    return found + _to_report(person_id)


def _line(what: str, campaign: Campaign, endpoint: str, amount: Money, *, state: str = "todo", **args: str) -> Todo:
    return Todo(
        what=what,
        subject=campaign.title,
        endpoint=endpoint,
        args=args,
        state=state,
        amount=amount,
        room="grants",
        zone=db.session.get_one(Zone, campaign.zone_id).name,
    )


def _to_prepare() -> list[Todo]:
    return [
        _line("Prepare the agreement", campaign, "grants.prepare", case.match or ZERO, slug=campaign.slug)
        for campaign, case in to_prepare()
    ]


def _to_sign(person_id: int) -> list[Todo]:
    signed = select(Signature.id).where(Signature.agreement_id == Agreement.id, Signature.person_id == person_id)
    rows = db.session.execute(
        select(Agreement, Campaign)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .where(
            Agreement.state == AgreementState.SENT,
            or_(Agreement.responsible_id == person_id, Agreement.representative_id == person_id),
            ~signed.exists(),
        )
        .order_by(Agreement.id)
    )
    return [
        _line("Sign the agreement", row[1], "grants.sign", row[0].amount, state="now", ref=row[0].ref) for row in rows
    ]


def _to_publish() -> list[Todo]:
    rows = db.session.execute(
        select(Agreement, Campaign)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .where(Agreement.state == AgreementState.SIGNED, AwardRecord.id.is_(None))
        .order_by(Agreement.id)
    )
    return [_line("Publish the award", row[1], "grants.show", row[0].amount, ref=row[0].ref) for row in rows]


def _to_order() -> list[Todo]:
    what = {
        TrancheKind.ADVANCE: "Prepare the order for the advance",
        TrancheKind.BALANCE: "Prepare the order for the balance",
    }
    return [
        _line(what[part.kind], campaign, "grants.show", part.amount, ref=held.ref)
        for part, held, campaign in tranches_due()
    ]


def _to_check() -> list[Todo]:
    rows = db.session.execute(
        select(Agreement, Campaign, Report, func.count(Expense.id), func.sum(Expense.amount))
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Expense, (Expense.report_id == Report.id) & (Expense.state == ExpenseState.SENT))
        .where(Report.state != ReportState.CLOSED)
        .group_by(Agreement.id, Campaign.id, Report.id)
        .order_by(Agreement.id)
    )
    found = []
    for held, campaign, sent, count, amount in rows:
        if not count and sent.state is not ReportState.SENT:
            continue
        what = "Check %(count)d receipts" if count else "Close the accounts"
        found.append(
            Todo(
                what=what,
                params={"count": count},
                subject=campaign.title,
                endpoint="grants.report",
                args={"ref": held.ref},
                state="todo",
                amount=amount or ZERO,
                room="grants",
                zone=db.session.get_one(Zone, campaign.zone_id).name,
            )
        )
    return found


def _to_approve(person_id: int) -> list[Todo]:
    return [
        _line("Approve a payment order", campaign, "grants.order", order.amount, ref=order.ref)
        for order, _held_by, campaign, _part in orders(OrderState.PREPARED)
        if order.prepared_by != person_id
    ]


def _to_pay(person_id: int) -> list[Todo]:
    export = [
        _line("Export a payment order", campaign, "grants.orders", order.amount)
        for order, _held_by, campaign, _part in orders(OrderState.APPROVED)
    ]
    mark = [
        _line("Mark an order as paid", campaign, "grants.order", order.amount, ref=order.ref)
        for order, _held_by, campaign, _part in orders(OrderState.EXPORTED)
        if order.approved_by != person_id
    ]
    return export + mark


def _to_report(person_id: int) -> list[Todo]:
    rows = db.session.execute(
        select(Agreement, Campaign, Report)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Report, Report.agreement_id == Agreement.id)
        .join(Member, Member.group_id == Campaign.group_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None), Report.state != ReportState.CLOSED)
        .order_by(Agreement.id)
    )
    words = {
        ReportState.OPEN: ("Send the receipts", "todo"),
        ReportState.SENT: ("The office checks your receipts", "wait"),
    }
    return [
        _line(
            words[row[2].state][0], row[1], "grants.report", row[0].amount, state=words[row[2].state][1], ref=row[0].ref
        )
        for row in rows
    ]


def checks() -> Iterable[Check]:
    """Accepted receipts, orders and closed accounts stand in the books as their rows say."""
    for held, _campaign in agreements():
        name, books = f"agreement:{held.id}", matching.books_of_project(held.proposal_id)
        found, closed = report(held.id), account(held.id)
        rows = expenses(found.id) if found else []
        taken = total(one.accepted_amount for one in rows if one.accepted_amount is not None)
        yield Check(f"{name}: accepted spending", taken, accepted(held))
        by_state = {
            state: total(one.amount for one in orders_of(held.id) if one.state is state) for state in OrderState
        }
        yield Check(f"{name}: paid", by_state[OrderState.PAID], books.paid)
        yield Check(f"{name}: approved", by_state[OrderState.APPROVED] + by_state[OrderState.EXPORTED], books.approved)
        if held.state is AgreementState.SIGNED:
            back = closed.economy if closed else ZERO
            yield Check(f"{name}: bound", held.amount - back, books.binding)
        if closed is not None:
            again = figures(held)
            yield Check(f"{name}: final grant", closed.final_grant, again.final)
            yield Check(f"{name}: gifts at the close of the accounts", closed.gifts, gifts(held))
    for batch in batches():
        yield Check(f"batch {batch.message_id}: total", batch.total, total(row[0].amount for row in in_batch(batch.id)))


def _held(rows: Select[T]) -> Select[T]:
    return rows.with_for_update().execution_options(populate_existing=True)
