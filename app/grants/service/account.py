"""Closing the accounts: what the grant becomes, what is still paid, what flows back to the fund."""

from __future__ import annotations

from datetime import date, datetime

from app.calls.rules import TrancheKind
from app.core.clock import local
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.grants import queries
from app.grants.models import Account, Agreement, Repayment, Tranche
from app.grants.rules import REPORT_MOVES, Closing, ReportAct, TrancheState
from app.grants.service.agreement import key, refuse_own, refuse_stopped, tell
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record
from app.matching import service as matching
from app.settlement import queries as settlement


def close_account(agreement: Agreement, *, by: Person, now: datetime) -> Account:
    """Decide the final grant on the receipts accepted; the balance becomes due, the rest goes back to the fund."""
    identity.refuse_hand(by, Hand.RECEIPTS, now)
    agreement = queries.lock_agreement(agreement)
    campaign = settlement.campaign(agreement.campaign_id)
    refuse_own(campaign.group_id, by)
    report = queries.lock_report(agreement.id)
    report.state = move(REPORT_MOVES, report.state, ReportAct.CLOSE)
    refuse_stopped(agreement)
    if waiting := queries.undecided(report.id):
        raise Conflict("%(count)s receipts still wait for a decision: accept or reject them first.", count=waiting)
    order = queries.order_under_way(agreement.id)
    if order is not None:
        raise Conflict(
            "Order %(number)s is not paid yet: finish or stop it first.", number=f"{order.number}/{order.year}"
        )
    found = queries.figures(agreement)
    account = Account(
        agreement_id=agreement.id,
        confirmed=found.confirmed,
        accepted=queries.accepted(agreement),
        gifts=queries.gifts(agreement),
        by_share=found.by_share,
        by_gifts=found.by_gifts,
        final_grant=found.final,
        paid_before=queries.paid(agreement),
        balance=found.balance,
        economy=found.economy,
        recovery=found.recovery,
        limited_by=found.limit,
        closed_at=now,
        closed_by=by.id,
    )
    db.session.add(account)
    db.session.flush()
    _settle_tranches(agreement, found)
    if found.recovery:
        matching.owe(agreement.proposal_id, found.recovery, by=by, now=now)
    if found.economy:
        matching.economise(agreement.proposal_id, found.economy, by=by, now=now)
    if not found.balance:
        matching.close(agreement.proposal_id, by=by, now=now)
    record("grants.close_account", subject=key(agreement), by=by, now=now, final=found.final, economy=found.economy)
    for member in groups.members(campaign.group_id):
        tell(agreement, member, "grants/account_closed", now, final=found.final, balance=found.balance,
             economy=found.economy, recovery=found.recovery)  # fmt: skip
    return account


def record_repayment(
    agreement: Agreement, *, amount: Money, received_on: date, reference: str, by: Person, now: datetime
) -> Repayment:
    """Write down that the body gave money back, under the number it has at the treasurer; twice changes nothing."""
    identity.refuse_hand(by, Hand.PAY, now)
    agreement = queries.lock_agreement(agreement)
    campaign = settlement.campaign(agreement.campaign_id)
    refuse_own(campaign.group_id, by)
    known = next((one for one in queries.repayments(agreement.id) if one.reference == reference), None)
    if known is not None:
        if (known.amount, known.received_on) == (amount, received_on):
            return known
        raise Invalid({"reference": Refusal("This number is written down already, with another sum or day.")})
    owed = queries.owed(agreement)
    if not ZERO < amount <= owed:
        raise Invalid({"amount": Refusal("Only %(owed)s are still to be given back.", owed=owed)})
    if received_on > local(now).date():
        raise Invalid({"received_on": Refusal("This day lies ahead: write the day on which the money came in.")})
    made = Repayment(
        agreement_id=agreement.id,
        amount=amount,
        received_on=received_on,
        reference=reference,
        recorded_by=by.id,
        recorded_at=now,
    )
    db.session.add(made)
    db.session.flush()
    matching.give_back(agreement.proposal_id, amount, key=str(made.id), by=by, now=now)
    record("grants.repaid", subject=key(agreement), by=by, now=now, amount=amount, received_on=received_on)
    tell(agreement, queries.representative(agreement), "grants/repaid", now, step=str(made.id), back=amount,
         left=owed - amount)  # fmt: skip
    return made


def _settle_tranches(agreement: Agreement, found: Closing) -> None:
    """An advance nobody ordered is paid with the balance; the balance is what the final grant still lacks."""
    tranches = {one.kind: one for one in queries.tranches(agreement.id)}
    advance, balance = tranches.get(TrancheKind.ADVANCE), tranches.get(TrancheKind.BALANCE)
    if advance is not None and advance.state is not TrancheState.PAID:
        advance.state, advance.amount = TrancheState.NOTHING, ZERO
    if balance is None:
        balance = Tranche(agreement_id=agreement.id, kind=TrancheKind.BALANCE, bp=0)
        db.session.add(balance)
    balance.amount = found.balance
    balance.state = TrancheState.DUE if found.balance else TrancheState.NOTHING
    db.session.flush()
