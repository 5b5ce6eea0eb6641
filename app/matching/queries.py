"""What each fund has left and where the money set aside for a project stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, union_all

from app.core.db import Cents, db
from app.core.errors import Missing
from app.core.money import ZERO, Money, total
from app.ledger import queries as ledger
from app.ledger.models import AccountRow
from app.ledger.rules import Check
from app.matching.models import Fund, Reservation
from app.matching.rules import State

STEPS = ("reserved", "confirmed", "committed", "approved", "paid")
HELD = (*STEPS, "suspended")  # the same, and what is held until a dispute is decided


def fund_of(call_id: int) -> Fund | None:
    """The fund of a call, once its envelope is allocated."""
    return db.session.scalar(select(Fund).where(Fund.key == f"call:{call_id}"))


def available(call_id: int) -> Money:
    """What a call can still promise."""
    return ledger.balance("budget", f"call:{call_id}", "available")


def reservation(proposal_id: int) -> Reservation | None:
    """The money set aside for a proposal, if any."""
    return db.session.scalar(select(Reservation).where(Reservation.project_key == f"proposal:{proposal_id}"))


def reserved(proposal_id: int) -> Money:
    """The ceiling that was set aside for a proposal."""
    found = reservation(proposal_id)
    return found.amount if found else ZERO


def lock_fund(call_id: int) -> Fund:
    """The fund of a call, held still until the end of this transaction."""
    found = db.session.scalar(
        select(Fund).where(Fund.key == f"call:{call_id}").with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise Missing("This call has no fund yet.")
    return found


def lock_reservation(proposal_id: int) -> Reservation:
    """The money set aside for a proposal, held still until the end of this transaction."""
    found = db.session.scalar(
        select(Reservation)
        .where(Reservation.project_key == f"proposal:{proposal_id}")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Missing("No public money is set aside for this project.")
    return found


@dataclass(frozen=True)
class Books:
    """Public money by step: what is free and what is on its way to being paid."""

    available: Money
    reserved: Money
    confirmed: Money
    committed: Money
    approved: Money
    paid: Money
    suspended: Money = ZERO

    @property
    def promised(self) -> Money:
        """Everything that left the free part."""
        return total((self.reserved, self.confirmed, self.committed, self.approved, self.paid, self.suspended))

    @property
    def binding(self) -> Money:
        """What signed agreements bind the city to pay, paid or not."""
        return total((self.committed, self.approved, self.paid))


def books_of_project(proposal_id: int) -> Books:
    """The public money of one project by step."""
    return by_step(ledger.balances("budget", f"proposal:{proposal_id}"))


def by_step(held: Mapping[str, Money]) -> Books:
    """The balances of a project's budget accounts as its steps."""
    return Books(ZERO, *(held.get(step, ZERO) for step in HELD))


def books_of_fund(fund: Fund) -> Books:
    """The money of one fund by step, over all its projects."""
    sums = dict.fromkeys(HELD, ZERO)
    keys = db.session.scalars(select(Reservation.project_key).where(Reservation.fund_id == fund.id))
    for held in ledger.balances_of("budget", keys).values():
        for step, amount in held.items():
            if step in sums:
                sums[step] += amount
    return Books(ledger.balance("budget", fund.key, "available"), *(sums[step] for step in HELD))


def books_of_sources(source_ids: Iterable[int]) -> dict[int, Books]:
    """The money of all calls of each of these sources by step, in one question."""
    found: dict[int, dict[str, Money]] = {source_id: {} for source_id in source_ids}
    of_project = select(Fund.source_id, Reservation.project_key.label("owner")).join(
        Fund, Fund.id == Reservation.fund_id
    )
    owners = union_all(of_project, select(Fund.source_id, Fund.key)).subquery()
    rows: Any = db.session.execute(
        select(owners.c.source_id, AccountRow.name, func.sum(AccountRow.balance, type_=Cents))
        .join(AccountRow, (AccountRow.owner == owners.c.owner) & (AccountRow.book == "budget"))
        .where(owners.c.source_id.in_(list(found)))
        .group_by(owners.c.source_id, AccountRow.name)
    )
    for source_id, name, amount in rows:
        found[source_id][name] = amount
    return {
        source_id: Books(*(held.get(step, ZERO) for step in ("available", *HELD))) for source_id, held in found.items()
    }


def checks() -> Iterable[Check]:
    """No fund promises more than it was given, and each reservation stands in the books as its row says."""
    for fund in db.session.scalars(select(Fund).order_by(Fund.id)):
        books = books_of_fund(fund)
        yield Check(f"fund {fund.key}: allocated", fund.allocated, books.available + books.promised)
    rows = db.session.scalars(select(Reservation).order_by(Reservation.id)).all()
    books_of = ledger.balances_of("budget", [row.project_key for row in rows])
    for row in rows:
        held = books_of[row.project_key]
        reserved = row.amount if row.state is State.RESERVED else ZERO
        confirmed = row.confirmed if row.state is State.CONFIRMED and row.confirmed is not None else ZERO
        yield Check(f"{row.project_key}: reserved", reserved, held.get("reserved", ZERO))
        yield Check(f"{row.project_key}: confirmed", confirmed, held.get("confirmed", ZERO))
        yield Check(f"{row.project_key}: suspended", row.suspended, held.get("suspended", ZERO))
        yield Check(f"{row.project_key}: to be given back", row.owed, held.get("receivable", ZERO))
