"""What waits for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.core.money import N_, ZERO
from app.core.todo import Todo
from app.core.together import Ask
from app.grants.models import Agreement, AwardRecord, Expense, Order, Report, Signature, Tranche
from app.grants.rules import AgreementState, ExpenseState, OrderState, ReportState, TrancheState
from app.groups.models import Member
from app.matching.models import Reservation
from app.settlement.models import Case
from app.settlement.rules import State as CaseState
from app.territory.models import Zone


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What waits for this person: papers to prepare, sign and publish, orders to move on, receipts to send or check."""
    found = [_to_sign(person_id)]
    if "officer" in roles:
        found += [_to_prepare(), _to_publish(), _to_order(), _to_check()]
    if roles & {"officer", "responsible"}:
        found.append(_to_approve(person_id))
    if "finance" in roles:
        found += [_to_export(), _to_pay(person_id), _to_recover()]
    return [*found, _to_report(person_id), _to_give_back(person_id)]


def _line(what: str, row: Any, endpoint: str, *, state: str = "todo", role: str = "", **args: str) -> Todo:
    return Todo(
        what=what,
        subject=row.title,
        endpoint=endpoint,
        args=args,
        state=state,
        amount=row.amount or ZERO,
        room="grants",
        zone=row.zone,
        role=role,
    )


def _of_campaigns(*columns: Any) -> Select[Any]:
    named = select(Campaign.title, Campaign.slug, Zone.name.label("zone"), *columns)
    return named.select_from(Campaign).join(Zone, Zone.id == Campaign.zone_id)


def _of_agreements(*columns: Any) -> Select[Any]:
    rows = _of_campaigns(Agreement.ref, *(columns or (Agreement.amount,)))
    return rows.join(Agreement, Agreement.campaign_id == Campaign.id).order_by(Agreement.id)


def _to_prepare() -> Ask[Todo]:
    rows = (
        _of_campaigns(Case.match.label("amount"))
        .join(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Agreement, Agreement.campaign_id == Campaign.id)
        .where(Case.state == CaseState.CONFIRMED, Case.match > ZERO, Agreement.id.is_(None))
        .order_by(Case.ended_at, Case.id)
    )
    what = N_("Prepare the agreement")
    return Ask(rows, lambda row: _line(what, row, "grants.prepare", role="officer", slug=row.slug))


def _to_sign(person_id: int) -> Ask[Todo]:
    signed = select(Signature.id).where(Signature.agreement_id == Agreement.id, Signature.person_id == person_id)
    rows = _of_agreements().where(
        Agreement.state == AgreementState.SENT,
        or_(Agreement.responsible_id == person_id, Agreement.representative_id == person_id),
        ~signed.exists(),
    )
    return Ask(rows, lambda row: _line(N_("Sign the agreement"), row, "grants.sign", state="now", ref=row.ref))


def _to_publish() -> Ask[Todo]:
    rows = (
        _of_agreements()
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .where(Agreement.state == AgreementState.SIGNED, AwardRecord.id.is_(None))
    )
    return Ask(rows, lambda row: _line(N_("Publish the award"), row, "grants.show", role="officer", ref=row.ref))


def _to_order() -> Ask[Todo]:
    what = {
        TrancheKind.ADVANCE: N_("Prepare the order for the advance"),
        TrancheKind.BALANCE: N_("Prepare the order for the balance"),
    }
    live = select(Order.id).where(Order.tranche_id == Tranche.id, Order.state != OrderState.REFUSED)
    rows = (
        _of_agreements(Tranche.kind, Tranche.amount)
        .join(Tranche, Tranche.agreement_id == Agreement.id)
        .join(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .where(Tranche.state == TrancheState.DUE, ~live.exists())
        .order_by(None)
        .order_by(Tranche.id)
    )
    return Ask(rows, lambda row: _line(what[row.kind], row, "grants.show", role="officer", ref=row.ref))


def _to_check() -> Ask[Todo]:
    count = func.count(Expense.id)
    rows = (
        _of_agreements(count.label("count"), func.sum(Expense.amount).label("amount"))
        .join(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Expense, (Expense.report_id == Report.id) & (Expense.state == ExpenseState.SENT))
        .where(Report.state != ReportState.CLOSED)
        .group_by(Agreement.id, Campaign.id, Zone.id, Report.id)
        .having(or_(count > 0, Report.state == ReportState.SENT))
    )
    return Ask(
        rows,
        lambda row: Todo(
            what=N_("Check %(count)d receipts") if row.count else N_("Close the accounts"),
            params={"count": row.count},
            subject=row.title,
            endpoint="grants.report",
            args={"ref": row.ref},
            state="todo",
            amount=row.amount or ZERO,
            room="grants",
            zone=row.zone,
            role="officer",
        ),
    )


def _of_orders(state: OrderState) -> Select[Any]:
    return (
        _of_campaigns(Order.ref, Order.amount, Order.number, Order.year)
        .join(Agreement, Agreement.campaign_id == Campaign.id)
        .join(Order, Order.agreement_id == Agreement.id)
        .where(Order.state == state)
        .order_by(Order.id.desc())
    )


def _to_approve(person_id: int) -> Ask[Todo]:
    rows = _of_orders(OrderState.PREPARED).where(Order.prepared_by != person_id)
    what = N_("Approve a payment order")
    return Ask(rows, lambda row: _line(what, row, "grants.order", role="officer", ref=row.ref))


def _to_export() -> Ask[Todo]:
    what = N_("Export a payment order")
    return Ask(
        _of_orders(OrderState.APPROVED),
        lambda row: _line(what, row, "grants.orders", role="finance", view="approved", q=f"{row.number}/{row.year}"),
    )


def _to_pay(person_id: int) -> Ask[Todo]:
    rows = _of_orders(OrderState.EXPORTED).where(Order.approved_by.is_distinct_from(person_id))
    what = N_("Mark an order as paid")
    return Ask(rows, lambda row: _line(what, row, "grants.order", role="finance", ref=row.ref))


def _of_debts() -> Select[Any]:
    return (
        _of_agreements(Reservation.owed.label("amount"))
        .join(Reservation, Reservation.project_key == func.concat("proposal:", Agreement.proposal_id))
        .where(Reservation.owed > ZERO)
    )


def _to_recover() -> Ask[Todo]:
    what = N_("Follow money that a body must give back")
    return Ask(_of_debts(), lambda row: _line(what, row, "grants.show", state="wait", role="finance", ref=row.ref))


def _to_give_back(person_id: int) -> Ask[Todo]:
    rows = _of_debts().join(Member, Member.group_id == Campaign.group_id)
    mine = rows.where(Member.person_id == person_id, Member.left_at.is_(None))
    return Ask(mine, lambda row: _line(N_("Give money back to the city"), row, "grants.show", state="now", ref=row.ref))


def _to_report(person_id: int) -> Ask[Todo]:
    rows = (
        _of_agreements(Agreement.amount, Report.state)
        .join(Report, Report.agreement_id == Agreement.id)
        .join(Member, Member.group_id == Campaign.group_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None), Report.state != ReportState.CLOSED)
    )
    words = {
        ReportState.OPEN: (N_("Send the receipts"), "todo"),
        ReportState.SENT: (N_("The office checks your receipts"), "wait"),
    }
    return Ask(
        rows,
        lambda row: _line(words[row.state][0], row, "grants.report", state=words[row.state][1], ref=row.ref),
    )
