"""Accounts, journals and entries. The triggers that hold them are in the migration; no session ever writes these."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.core.db import Model
from app.core.money import Money


class Xid8(UserDefinedType[str]):
    """PostgreSQL's transaction id, by which a journal knows the transaction that made it."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "xid8"


class AccountRow(Model):
    """An account with its balance, moved by the posting trigger alone."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("book", "owner", "name"),
        CheckConstraint("not floor or balance >= 0", name="floor_held"),
        CheckConstraint("book in ('promises', 'cash', 'budget')", name="book"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    book: Mapped[str]
    owner: Mapped[str]
    name: Mapped[str]
    floor: Mapped[bool]
    balance: Mapped[Money] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("0"))


class JournalRow(Model):
    """One fact about money."""

    __tablename__ = "ledger_journal"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    subject: Mapped[str]
    memo: Mapped[str]
    at: Mapped[datetime]
    posted_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_journal.id"), unique=True)
    tx: Mapped[str] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))


class EntryRow(Model):
    """One leg of a journal."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("journal_id", "account_id"),
        CheckConstraint("cents <> 0", name="not_zero"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    journal_id: Mapped[int] = mapped_column(ForeignKey("ledger_journal.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), index=True)
    book: Mapped[str]
    cents: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)
