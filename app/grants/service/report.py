"""What the group spent: each receipt once, against one line; the officer accepts or rejects it with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.core import words
from app.core.clock import local
from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.files import service as files
from app.grants import queries
from app.grants.models import Agreement, Expense, Report
from app.grants.rules import (
    EXPENSE_MOVES,
    REPORT_MOVES,
    ExpenseAct,
    ExpenseState,
    ReportAct,
    ReportState,
    document_key,
)
from app.grants.service.agreement import key, person, refuse_own, tell
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record
from app.ledger.rules import Account, Journal, Leg
from app.ledger.service import open_accounts, post
from app.proposals.models import Line
from app.settlement import queries as settlement

AGAIN = timedelta(minutes=2)


class DuplicateReceipt(Invalid):
    """The same receipt was sent before, here or for another project."""

    def __init__(self, found: Expense, refusal: Refusal) -> None:
        super().__init__({"file": refusal})
        self.found = found


def add_expense(
    agreement: Agreement, *, data: bytes, filename: str, by: Person, now: datetime, **typed: Any
) -> Expense:
    """Send a receipt: line (its position), supplier, supplier_code, document_number, document_on, amount."""
    report = _writable(agreement, by)
    line = _line(agreement, typed["line"])
    document_on: date = typed["document_on"]
    if document_on > local(now).date():
        raise Invalid({"document_on": Refusal("The date of the receipt is in the future.")})
    supplier_key, number_key = document_key(typed["supplier_code"]), document_key(typed["document_number"])
    if not number_key:
        raise Invalid({"document_number": Refusal("Write the number that stands on the receipt.")})
    db.session.execute(text("select pg_advisory_xact_lock(hashtextextended('grants_expense', 0))"))
    hashed = sha256_hex(data)
    known = queries.same_receipt(hashed, supplier_key, number_key)
    if known is not None and _clicked_twice(known, report, hashed, number_key, typed["amount"], by, now):
        return known
    _refuse_duplicate(report, known)
    file = files.store(data, filename, kind="document", private=True, by=by, now=now)
    expense = Expense(
        ref=new_ref("exp"),
        report_id=report.id,
        line_id=line.id,
        supplier=typed["supplier"],
        supplier_code=typed["supplier_code"],
        document_number=typed["document_number"],
        document_on=document_on,
        amount=typed["amount"],
        file_id=file.id,
        file_sha256=hashed,
        supplier_key=supplier_key,
        document_key=number_key,
        state=ExpenseState.SENT,
        sent_by=by.id,
        sent_at=now,
    )
    db.session.add(expense)
    db.session.flush()
    record("grants.add_expense", subject=_key(expense), by=by, now=now, amount=expense.amount, line=line.id)
    return expense


def flag_duplicate(agreement: Agreement, duplicate: DuplicateReceipt, *, by: Person, now: datetime) -> None:
    """Write down that a receipt was sent twice, so that the officer sees it although it was refused."""
    record("grants.duplicate_receipt", subject=key(agreement), by=by, now=now, first=duplicate.found.ref)


def send_report(agreement: Agreement, *, by: Person, now: datetime) -> Report:
    """Say that all receipts are in: the office checks them and closes the accounts."""
    report = _writable(agreement, by)
    if not queries.expenses(report.id):
        raise Conflict("There is no receipt yet: add at least one before you send the report.")
    report.state = move(REPORT_MOVES, report.state, ReportAct.SEND)
    report.sent_at, report.sent_by = now, by.id
    db.session.flush()
    record("grants.send_report", subject=key(agreement), by=by, now=now)
    return report


def reopen_report(agreement: Agreement, *, reason: str, by: Person, now: datetime) -> Report:
    """Give the report back to the group, for what is missing."""
    identity.refuse_hand(by, Hand.RECEIPTS, now)
    report = queries.lock_report(agreement.id)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    report.state = move(REPORT_MOVES, report.state, ReportAct.REOPEN)
    reason = words.reason(reason, Refusal("Write in one sentence what is missing: the group reads it."))
    db.session.flush()
    record("grants.reopen_report", subject=key(agreement), by=by, now=now, reason=reason)
    for member in groups.members(settlement.campaign(agreement.campaign_id).group_id):
        tell(agreement, member, "grants/report_returned", now, step=now.isoformat(), reason=reason)
    return report


def accept(expense: Expense, *, amount: Money, reason: str = "", by: Person, now: datetime) -> Expense:
    """Accept a receipt, whole or in part with a reason, and post it as spent."""
    expense, agreement = _decidable(expense, by, now)
    if not ZERO < amount <= expense.amount:
        raise Invalid(
            {"accepted": Refusal("Accept at most %(most)s, which is what the receipt says.", most=expense.amount)}
        )
    why = Refusal("Write in one sentence why part of it is not accepted: the group reads it.")
    reason = words.reason(reason, why, least=words.LEAST if amount < expense.amount else 0)
    expense.state = move(EXPENSE_MOVES, expense.state, ExpenseAct.ACCEPT)
    expense.accepted_amount, expense.reason = amount, reason or None
    expense.decided_by, expense.decided_at = by.id, now
    db.session.flush()
    _post_spent(agreement, expense, amount, now)
    record("grants.accept", subject=_key(expense), by=by, now=now, amount=amount, reason=reason)
    return expense


def reject(expense: Expense, *, reason: str, by: Person, now: datetime) -> Expense:
    """Reject a receipt and say why; the group may send a better one."""
    expense, agreement = _decidable(expense, by, now)
    reason = words.reason(reason, Refusal("Write the reason in one sentence: the group reads it."))
    expense.state = move(EXPENSE_MOVES, expense.state, ExpenseAct.REJECT)
    expense.reason = reason
    expense.decided_by, expense.decided_at = by.id, now
    db.session.flush()
    record("grants.reject", subject=_key(expense), by=by, now=now, reason=reason)
    sender = person(expense.sent_by)
    tell(agreement, sender, "grants/receipt_rejected", now, step=expense.ref, amount=expense.amount,
         supplier=expense.supplier, document=expense.document_number, reason=reason)  # fmt: skip
    return expense


def _writable(agreement: Agreement, by: Person) -> Report:
    if not groups.is_member(settlement.campaign(agreement.campaign_id).group_id, by.id):
        raise Forbidden("Only the people of the group send receipts.")
    report = queries.lock_report(agreement.id)
    if report.state is ReportState.SENT:
        raise Conflict("The report is with the office. Ask the office to give it back if a receipt is missing.")
    if report.state is ReportState.CLOSED:
        raise Conflict("The accounts of this project are closed.")
    return report


def _line(agreement: Agreement, position: int) -> Line:
    found = next((one for one in queries.lines(agreement) if one.position == position), None)
    if found is None:
        raise Invalid({"line": Refusal("Choose a line of your budget.")})
    return found


def _clicked_twice(
    known: Expense, report: Report, hashed: str, number_key: str, amount: Money, by: Person, now: datetime
) -> bool:
    """The very same form, sent again by the same person within a moment: one receipt, and no suspicion."""
    same = (known.report_id, known.file_sha256, known.document_key, known.amount, known.sent_by)
    return same == (report.id, hashed, number_key, amount, by.id) and now - known.sent_at < AGAIN


def _refuse_duplicate(report: Report, found: Expense | None) -> None:
    if found is None:
        return
    if found.report_id == report.id:
        raise DuplicateReceipt(found, Refusal("You already sent this receipt: %(supplier)s, no. %(document)s.",
                                              supplier=found.supplier, document=found.document_number))  # fmt: skip
    raise DuplicateReceipt(
        found,
        Refusal(
            "This receipt was already sent for another project: one receipt pays for one project. The office sees this."
        ),
    )


def _decidable(expense: Expense, by: Person, now: datetime) -> tuple[Expense, Agreement]:
    identity.refuse_hand(by, Hand.RECEIPTS, now)
    expense = queries.lock_expense(expense)
    agreement = queries.agreement_of_report(expense.report_id)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    if expense.decided_by is not None:
        raise Conflict("%(name)s already decided on this receipt.", name=person(expense.decided_by).name)
    return expense, agreement


def _post_spent(agreement: Agreement, expense: Expense, amount: Money, now: datetime) -> None:
    owner = f"proposal:{agreement.proposal_id}"
    open_accounts(Account("cash", owner, "spent", floor=True), Account("cash", owner, "suppliers", floor=False))
    legs = [Leg("cash", owner, "spent", amount), Leg("cash", owner, "suppliers", -amount)]
    post(Journal(key=f"expense:{expense.id}:accepted", kind="accepted", at=now, legs=legs, subject=owner))


def _key(expense: Expense) -> str:
    return f"expense:{expense.id}"
