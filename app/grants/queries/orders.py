"""Tranches, payment orders and the files for the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.once import once
from app.grants.models import (
    Agreement,
    AwardRecord,
    Batch,
    Order,
    Tranche,
)
from app.grants.queries.held import held as _held
from app.grants.rules import (
    OrderState,
    TrancheState,
)


@once
def tranche(tranche_id: int) -> Tranche:
    """The tranche of that row."""
    return db.session.get_one(Tranche, tranche_id)


@once
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


@once
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


def tranches_with_orders(agreement_id: int) -> list[tuple[Tranche, Order | None]]:
    """The tranches of an agreement in order, each with its order that was not refused."""
    rows: Any = db.session.execute(
        select(Tranche, Order)
        .outerjoin(Order, (Order.tranche_id == Tranche.id) & (Order.state != OrderState.REFUSED))
        .where(Tranche.agreement_id == agreement_id)
        .order_by(Tranche.id)
        .execution_options(populate_existing=True)
    )
    return [(part, order) for part, order in rows]


@once
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


def batches(limit: int | None = None) -> Sequence[Batch]:
    """The files of transfers, newest first."""
    return db.session.scalars(select(Batch).order_by(Batch.made_at.desc(), Batch.id.desc()).limit(limit)).all()


def in_batch(batch_id: int) -> list[tuple[Order, Agreement, Campaign, Tranche]]:
    """The orders of one file, in order."""
    rows = db.session.execute(
        select(Order, Agreement, Campaign, Tranche)
        .join(Agreement, Agreement.id == Order.agreement_id)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Tranche, Tranche.id == Order.tranche_id)
        .where(Order.batch_id == batch_id)
        .order_by(Order.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
