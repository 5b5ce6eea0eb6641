"""Who takes care of what, and the funds of all calls as the ledger has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Text, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.calls.models import Call
from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO, Money, total
from app.identity.models import Person
from app.ledger.models import AccountRow
from app.matching.models import Fund, Reservation
from app.matching.queries import STEPS
from app.programmes.models import Programme, Source
from app.web.models import Taken


def taken(tasks: Iterable[str]) -> Mapping[str, Person]:
    """Who takes care of which of these things to do."""
    rows = db.session.execute(
        select(Taken.task, Person).join(Person, Person.id == Taken.person_id).where(Taken.task.in_(list(tasks)))
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class FundRow:
    """One call's fund by step, each figure a balance of the ledger."""

    call: Call
    programme: Programme
    available: Money
    steps: Mapping[str, Money]

    @property
    def released(self) -> Money:
        """All that the call was given to promise."""
        return self.available + total(self.steps.values())


def fund_list() -> Rows:
    """Every call that has a fund."""
    held = aliased(AccountRow)
    sums = (
        select(
            Reservation.fund_id.label("fund_id"),
            *(
                cast(func.coalesce(func.sum(held.balance).filter(held.name == step), 0), BigInteger).label(step)
                for step in STEPS
            ),
        )
        .join(held, (held.owner == Reservation.project_key) & (held.book == "budget"))
        .group_by(Reservation.fund_id)
        .subquery()
    )
    free = aliased(AccountRow)
    available = func.coalesce(cast(free.balance, BigInteger), 0)
    return Rows(
        select=select(Call, Programme, available.label("available"), *(sums.c[step] for step in STEPS))
        .join(Fund, Fund.key == func.concat("call:", Call.id))
        .join(Source, Source.id == Fund.source_id)
        .join(Programme, Programme.id == Source.programme_id)
        .outerjoin(sums, sums.c.fund_id == Fund.id)
        .outerjoin(free, (free.owner == Fund.key) & (free.book == "budget") & (free.name == "available")),
        key=Call.id,
        views=(
            View("all", N_("All")),
            View("free", N_("With money left"), available > 0),
            View("spent", N_("All promised"), available == 0),
        ),
        orders=(
            Order("newest", N_("newest first"), Call.closes_at, down=True),
            Order("title", N_("by title"), func.sort_key(Call.title, type_=Text)),
        ),
        search=(Call.title, Programme.code),
        facets=(
            Facet("programme", N_("Programme"), Programme.code),
            Facet("year", N_("Year of the deadline"), func.to_char(Call.closes_at, "YYYY")),
        ),
    )


def with_steps(rows: list[Any]) -> list[FundRow]:
    """Rows of the list as funds."""
    return [
        FundRow(row[0], row[1], Money(int(row[2])), {step: Money(int(row[3 + n] or 0)) for n, step in enumerate(STEPS)})
        for row in rows
    ]


def fund_totals() -> dict[str, Money]:
    """The whole city's public money by step, as the ledger has it."""
    sums = select(AccountRow.name, cast(func.sum(AccountRow.balance), BigInteger)).where(
        AccountRow.book == "budget",
        or_(
            AccountRow.owner.startswith("call:") & (AccountRow.name == "available"),
            AccountRow.owner.startswith("proposal:") & AccountRow.name.in_(STEPS),
        ),
    )
    found = {name: Money(int(cents)) for name, cents in db.session.execute(sums.group_by(AccountRow.name))}
    return {name: found.get(name, ZERO) for name in ("available", *STEPS)}
