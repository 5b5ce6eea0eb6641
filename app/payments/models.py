"""Every message that Stripe sent us, stored once and applied once."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.payments.rules import StopWhy


class EventRow(Model):
    """One message: a wake-up, not the truth; the object is read again before anything is believed."""

    __tablename__ = "payments_event"
    __table_args__ = (
        Index("ix_payments_event_object", "object_id", "type"),
        Index("ix_payments_event_waiting", "received_at", postgresql_where="applied_at is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    provider_id: Mapped[str] = mapped_column(Text, unique=True)
    type: Mapped[str]
    object_id: Mapped[str]
    account: Mapped[str | None]
    livemode: Mapped[bool]
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    problem: Mapped[str | None]
    payload: Mapped[dict[str, Any]]


class Stop(Model):
    """Money of a campaign (or all of it) does not move on until somebody, or the cause itself, lifts this."""

    __tablename__ = "payments_stop"
    __table_args__ = (
        CheckConstraint(named_check("why", StopWhy), name="why"),
        Index(
            "uq_payments_stop_one_open",
            "subject",
            "why",
            "cause",
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subject: Mapped[str]  # "campaign:<id>", "account:<the provider's id>" or "all"
    why: Mapped[StopWhy] = mapped_column(Named(StopWhy))
    cause: Mapped[str]
    opened_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column()  # a person's row; the journal has the name
    lifted_why: Mapped[str | None]


class LineRow(Model):
    """One line of the provider's balance, the platform's or a connected account's, as it was told; never changed."""

    __tablename__ = "payments_line"
    __table_args__ = (CheckConstraint("net = amount - fee", name="net"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    provider_id: Mapped[str] = mapped_column(Text, unique=True)
    account: Mapped[str]  # empty: the platform's own balance
    type: Mapped[str]
    amount: Mapped[int]  # cents, below zero where money left
    fee: Mapped[int]
    net: Mapped[int]
    source: Mapped[str | None] = mapped_column(index=True)
    about: Mapped[str | None] = mapped_column(index=True)  # the charge that it belongs to
    created_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime]
