"""Payment orders: one person prepares, another approves, finance exports and marks paid; nobody twice in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from app.calls.rules import TrancheKind
from app.core import words
from app.core.clock import local
from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Refusal
from app.core.money import total
from app.core.moves import move
from app.core.refs import new_ref
from app.grants import gateway, queries
from app.grants.models import Agreement, Batch, Order, Tranche
from app.grants.rules import (
    ORDER_MOVES,
    AgreementState,
    OrderAct,
    OrderState,
    TrancheState,
    end_to_end,
    remittance,
)
from app.grants.service.agreement import next_number, person, refuse_own, refuse_stopped, tell
from app.grants.service.paper import number
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record
from app.matching import queries as matching_queries
from app.matching import service as matching
from app.settlement import queries as settlement


def prepare_order(tranche: Tranche, *, by: Person, now: datetime) -> Order:
    """Write the order for a tranche that is due."""
    identity.refuse_hand(by, Hand.ORDER, now)
    agreement = queries.lock_agreement(queries.agreement(tranche.agreement_id))
    tranche = queries.lock_tranche(tranche)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    if agreement.state is not AgreementState.SIGNED:
        raise Conflict("The agreement is not signed by both parties yet.")
    if queries.award_record(agreement.id) is None:
        raise Conflict("The award is not published yet: the law asks for it before any payment. Publish it first.")
    live = queries.live_order(tranche.id)
    if live is not None:
        raise Conflict("%(name)s already prepared an order for this tranche.", name=person(live.prepared_by).name)
    if tranche.state is not TrancheState.DUE:
        raise Conflict("This tranche is not due: the balance is paid once the accounts are closed.")
    refuse_stopped(agreement)
    _within_match(agreement, tranche)
    entity = groups.verified_entity(settlement.campaign(agreement.campaign_id).group_id)
    if entity is None or entity.id != agreement.entity_id or not entity.iban:
        raise Conflict("The payee is not verified at this moment: an officer verifies it first.")
    order = Order(
        ref=new_ref("ord"),
        year=local(now).year,
        number=next_number(Order, local(now).year),
        tranche_id=tranche.id,
        agreement_id=agreement.id,
        entity_id=entity.id,
        beneficiary=entity.name or "",
        amount=tranche.amount,
        iban=entity.iban,
        cup=agreement.cup,
        state=OrderState.PREPARED,
        prepared_by=by.id,
        prepared_at=now,
    )
    db.session.add(order)
    db.session.flush()
    record("grants.prepare_order", subject=_key(order), by=by, now=now, amount=order.amount, agreement=agreement.id)
    return order


def approve(order: Order, *, by: Person, now: datetime) -> Order:
    """A second person approves; the money moves from committed to approved."""
    identity.refuse_hand(by, Hand.APPROVE, now)
    order = queries.lock_order(order)
    agreement = queries.agreement(order.agreement_id)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    if order.approved_by is not None:
        raise Conflict("%(name)s already approved this order.", name=person(order.approved_by).name)
    if order.prepared_by == by.id:
        raise Forbidden("You prepared this payment order: somebody else must approve it.")
    _refuse_changed_payee(order)
    refuse_stopped(agreement)
    order.state = move(ORDER_MOVES, order.state, OrderAct.APPROVE)
    order.approved_by, order.approved_at = by.id, now
    db.session.flush()
    matching.approve(agreement.proposal_id, order.amount, key=_key(order), by=by, now=now)
    record("grants.approve", subject=_key(order), by=by, now=now, amount=order.amount)
    return order


def refuse(order: Order, *, reason: str, by: Person, now: datetime) -> Order:
    """Stop an order that did not leave yet; its tranche is due again."""
    identity.refuse_hand(by, Hand.STOP, now)
    order = queries.lock_order(order)
    agreement = queries.agreement(order.agreement_id)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    reason = words.reason(reason, Refusal("Write the reason in one sentence: whoever prepared the order reads it."))
    if order.state is OrderState.APPROVED:
        matching.unapprove(agreement.proposal_id, order.amount, key=_key(order), by=by, now=now)
    order.state = move(ORDER_MOVES, order.state, OrderAct.REFUSE)
    order.refused_by, order.reason = by.id, reason
    db.session.flush()
    record("grants.refuse_order", subject=_key(order), by=by, now=now, reason=reason)
    return order


def export(
    orders: Sequence[Order], *, treasury: gateway.Treasury, execute_on: date, by: Person, now: datetime
) -> Batch:
    """Put approved orders into one file for the bank, checked against its schema and kept byte for byte."""
    identity.refuse_hand(by, Hand.PAY, now)
    chosen = [queries.lock_order(order) for order in sorted(orders, key=lambda one: one.id)]
    if not chosen:
        raise Invalid({"orders": Refusal("Choose at least one approved order.")})
    if execute_on < local(now).date():
        raise Invalid({"execute_on": Refusal("The day of execution cannot be in the past.")})
    lines = [_transfer(order, by) for order in chosen]
    message_id, xml = gateway.transfers_file(lines, treasury=treasury, execute_on=execute_on, made_at=now)
    batch = Batch(
        ref=new_ref("bat"),
        message_id=message_id,
        xml=xml,
        sha256=sha256_hex(xml.encode()),
        lines=len(chosen),
        total=total(order.amount for order in chosen),
        execute_on=execute_on,
        made_by=by.id,
        made_at=now,
    )
    db.session.add(batch)
    db.session.flush()
    for order in chosen:
        order.state = move(ORDER_MOVES, order.state, OrderAct.EXPORT)
        order.batch_id, order.exported_at = batch.id, now
        record("grants.export", subject=_key(order), by=by, now=now, batch=batch.ref)
    db.session.flush()
    return batch


def mark_paid(order: Order, *, paid_on: date, by: Person, now: datetime) -> Order:
    """Write down that the treasurer paid; never by the hand that approved."""
    identity.refuse_hand(by, Hand.PAY, now)
    order = queries.lock_order(order)
    agreement = queries.lock_agreement(queries.agreement(order.agreement_id))
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    if order.paid_by is not None:
        raise Conflict("%(name)s already marked this order as paid.", name=person(order.paid_by).name)
    if order.approved_by == by.id:
        raise Forbidden("You approved this payment order: somebody else must mark it paid.")
    if paid_on > local(now).date() or (order.exported_at is not None and paid_on < local(order.exported_at).date()):
        raise Invalid({"paid_on": Refusal("The day of payment lies between the export and today.")})
    order.state = move(ORDER_MOVES, order.state, OrderAct.PAY)
    order.paid_by, order.paid_at, order.paid_on = by.id, now, paid_on
    tranche = queries.lock_tranche(queries.tranche(order.tranche_id))
    tranche.state = TrancheState.PAID
    db.session.flush()
    matching.pay(agreement.proposal_id, order.amount, key=_key(order), by=by, now=now)
    record("grants.paid", subject=_key(order), by=by, now=now, amount=order.amount, paid_on=paid_on)
    if tranche.kind is TrancheKind.BALANCE:
        matching.close(agreement.proposal_id, by=by, now=now)
    tell(agreement, queries.representative(agreement), "grants/paid", now, step=order.ref, amount=order.amount)
    return order


def _transfer(order: Order, by: Person) -> gateway.Transfer:
    if order.state is not OrderState.APPROVED:
        raise Conflict(
            "Order %(number)s is not approved, or it is already in a file.", number=f"{order.number}/{order.year}"
        )
    agreement: Agreement = queries.agreement(order.agreement_id)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    _refuse_changed_payee(order)
    refuse_stopped(agreement)
    reserved = matching_queries.reservation(agreement.proposal_id)
    if reserved is not None and reserved.owed:
        raise Conflict(
            "Gifts went back since order %(number)s was approved: stop it and prepare it again.",
            number=f"{order.number}/{order.year}",
        )
    campaign = settlement.campaign(agreement.campaign_id)
    kind = queries.tranche(order.tranche_id).kind
    return gateway.Transfer(
        name=order.beneficiary,
        iban=order.iban,
        amount=order.amount,
        text=remittance(order.cup, kind, number(agreement), campaign.title),
        end_to_end=end_to_end(order.ref),
    )


def _within_match(agreement: Agreement, tranche: Tranche) -> None:
    """Gifts went back since the agreement: a tranche is at most what is still committed."""
    left = matching_queries.books_of_project(agreement.proposal_id).committed
    if tranche.amount <= left:
        return
    if not left:
        raise Conflict("Gifts went back, and the match with them: nothing is left to pay for this project.")
    tranche.amount = left
    db.session.flush()


def _refuse_changed_payee(order: Order) -> None:
    """The account may have changed since the order was prepared; the database refuses it too."""
    number_ = f"{order.number}/{order.year}"
    if not groups.is_payable(order.entity_id):
        raise Conflict("The payee of order %(number)s is not verified at this moment.", number=number_)
    if groups.entity(order.entity_id).iban != order.iban:
        raise Conflict(
            "The payee’s account has changed since order %(number)s was prepared: stop it and prepare it again.",
            number=number_,
        )


def _key(order: Order) -> str:
    return f"order:{order.id}"
