"""The funds of calls, and the public money set aside in them for single projects."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.matching.rules import State


class Fund(Model):
    """The money of one call: its row is the lock under which it is promised."""

    __tablename__ = "matching_fund"
    __table_args__ = (CheckConstraint("allocated > 0", name="allocated"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # "call:<id>", the owner of its account in the budget book
    source_id: Mapped[int] = mapped_column(ForeignKey("programmes_source.id"), index=True)
    allocated: Mapped[Money]
    created_at: Mapped[datetime]


class Reservation(Model):
    """The ceiling set aside for one project, and how far it has gone towards being paid."""

    __tablename__ = "matching_reservation"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("confirmed IS NULL OR (confirmed >= 0 AND confirmed <= amount)", name="confirmed"),
        CheckConstraint(
            "suspended >= 0 and owed >= 0 and (confirmed is null or confirmed + suspended <= amount)", name="suspended"
        ),
        CheckConstraint("recovery >= 0 and recovery <= owed", name="recovery"),
        CheckConstraint("(state IN ('reserved', 'released')) OR confirmed IS NOT NULL", name="confirmed_known"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("matching_fund.id"), index=True)
    project_key: Mapped[str] = mapped_column(unique=True)  # "proposal:<id>"
    amount: Mapped[Money]
    confirmed: Mapped[Money | None]  # the match as it stands, after gifts that went back
    suspended: Mapped[Money] = mapped_column(server_default=text("0"))  # held while a gift is disputed
    owed: Mapped[Money] = mapped_column(server_default=text("0"))  # paid, and to be given back
    recovery: Mapped[Money] = mapped_column(server_default=text("0"))  # of it: what the closed accounts fixed
    state: Mapped[State] = mapped_column(Named(State))
    why: Mapped[str]
    reserved_at: Mapped[datetime]
    changed_at: Mapped[datetime]
