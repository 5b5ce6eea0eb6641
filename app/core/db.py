"""The database edge: the session, typed columns, and the one transaction that each action has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from psycopg import DatabaseError
from psycopg.pq import TransactionStatus
from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from app.core.money import Money


class Cents(TypeDecorator[Money]):
    """Money as BIGINT cents."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Money | None, dialect: Dialect) -> int | None:
        return None if value is None else value.cents

    def process_result_value(self, value: Any, dialect: Dialect) -> Money | None:
        return None if value is None else Money(int(value))


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime came to the database")
        return value


class Named(TypeDecorator[StrEnum]):
    """A StrEnum kept as its text; pair it with `named_check` so that the database knows the values too."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.kind(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


def named_check(column: str, kind: type[StrEnum]) -> str:
    """The CHECK text that keeps a Named column to its values: CheckConstraint(named_check("state", State), name=…)."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in kind)})"


class Model(DeclarativeBase):
    """The base of every table; its annotations choose the column types."""

    __abstract__ = True
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            Money: Cents,
            datetime: UTCDateTime,
            date: Date,
            str: Text,
            int: BigInteger,
            bytes: LargeBinary,
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
        },
    )


IDLE = 5.0  # seconds after which a connection of the pool is asked whether it still lives


def _note(raw: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ask_if_idle(raw: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
    """One that was just in use lives; asking each time would be one more trip for each page."""
    if time.monotonic() - record.info.get("used", 0.0) < IDLE:
        return
    try:
        raw.execute("select 1")
        raw.rollback()
    except DatabaseError:
        raise DisconnectionError from None


# For the engine's options: in place of `pool_pre_ping`.
POOL_EVENTS = ((_note, "connect"), (_note, "checkin"), (_ask_if_idle, "checkout"))

db = SQLAlchemy(model_class=Model, disable_autonaming=True)
KNOWN = "known"  # in a session's info: what a page that only looks has read so far (core.once)


@contextmanager
def transaction() -> Iterator[None]:
    """One action, whole or not at all: commits at the end, rolls back on any exception. Not to be nested."""
    session = db.session
    if session.info.get("in_transaction"):
        raise RuntimeError("transaction() inside transaction(): the edge opens it once")
    session.info["in_transaction"] = True
    looking = session.info.pop(KNOWN, None) is not None  # what was read before is asked again
    try:
        yield
        session.flush()
        _refuse_aborted()
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_transaction"] = False
        if looking:
            session.info[KNOWN] = {}


def _refuse_aborted() -> None:
    """A database error caught without a savepoint: PostgreSQL would answer COMMIT with a silent rollback."""
    raw: Any = db.session.connection().connection.driver_connection
    if raw.info.transaction_status == TransactionStatus.INERROR:
        raise RuntimeError("a database error was swallowed inside this transaction: nothing can be committed")


def in_transaction() -> bool:
    """Whether an action's transaction is open here: the payment gateway refuses to be called inside one."""
    return bool(db.session.info.get("in_transaction"))
