"""What waits for whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select

from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.core.db import db
from app.core.money import N_, ZERO, Money
from app.core.todo import Todo
from app.grants.models import (
    Agreement,
    AwardRecord,
    Expense,
    Report,
    Signature,
)
from app.grants.queries.agreements import to_prepare
from app.grants.queries.orders import orders, tranches_due
from app.grants.rules import (
    AgreementState,
    ExpenseState,
    OrderState,
    ReportState,
)
from app.groups.models import Member
from app.territory.models import Zone


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


def _line(
    what: str, campaign: Campaign, endpoint: str, amount: Money, *, state: str = "todo", role: str = "", **args: str
) -> Todo:
    return Todo(
        what=what,
        subject=campaign.title,
        endpoint=endpoint,
        args=args,
        state=state,
        amount=amount,
        room="grants",
        zone=db.session.get_one(Zone, campaign.zone_id).name,
        role=role,
    )


def _to_prepare() -> list[Todo]:
    what = N_("Prepare the agreement")
    return [
        _line(
            what,
            campaign,
            "grants.prepare",
            case.match or ZERO,
            role="officer",
            slug=campaign.slug,
        )
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
        _line(N_("Sign the agreement"), row[1], "grants.sign", row[0].amount, state="now", ref=row[0].ref)
        for row in rows
    ]


def _to_publish() -> list[Todo]:
    rows = db.session.execute(
        select(Agreement, Campaign)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .where(Agreement.state == AgreementState.SIGNED, AwardRecord.id.is_(None))
        .order_by(Agreement.id)
    )
    return [
        _line(N_("Publish the award"), row[1], "grants.show", row[0].amount, role="officer", ref=row[0].ref)
        for row in rows
    ]


def _to_order() -> list[Todo]:
    what = {
        TrancheKind.ADVANCE: N_("Prepare the order for the advance"),
        TrancheKind.BALANCE: N_("Prepare the order for the balance"),
    }
    return [
        _line(what[part.kind], campaign, "grants.show", part.amount, role="officer", ref=held.ref)
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
        what = N_("Check %(count)d receipts") if count else N_("Close the accounts")
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
                role="officer",
            )
        )
    return found


def _to_approve(person_id: int) -> list[Todo]:
    return [
        _line(N_("Approve a payment order"), campaign, "grants.order", order.amount, role="officer", ref=order.ref)
        for order, _held_by, campaign, _part in orders(OrderState.PREPARED)
        if order.prepared_by != person_id
    ]


def _to_pay(person_id: int) -> list[Todo]:
    export = [
        _line(
            N_("Export a payment order"),
            campaign,
            "grants.orders",
            order.amount,
            role="finance",
            view="approved",
            q=f"{order.number}/{order.year}",
        )
        for order, _held_by, campaign, _part in orders(OrderState.APPROVED)
    ]
    mark = [
        _line(N_("Mark an order as paid"), campaign, "grants.order", order.amount, role="finance", ref=order.ref)
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
        ReportState.OPEN: (N_("Send the receipts"), "todo"),
        ReportState.SENT: (N_("The office checks your receipts"), "wait"),
    }
    return [
        _line(
            words[row[2].state][0], row[1], "grants.report", row[0].amount, state=words[row[2].state][1], ref=row[0].ref
        )
        for row in rows
    ]
