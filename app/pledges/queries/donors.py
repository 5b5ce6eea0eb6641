"""Who gave, as everybody sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, select

from app.core.clock import LOCAL
from app.core.db import Cents, db
from app.core.money import Money
from app.core.together import Ask, together
from app.pledges.models import Pledge
from app.pledges.rules import State


@dataclass(frozen=True)
class Gift:
    """A gift as the public may see it."""

    name: str  # empty: the donor did not choose to be named
    amount: Money
    at: datetime
    counts: bool
    left_out: bool = False  # by an officer, with a reason that donor and group know


_ORDER: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "latest": (Pledge.active_at.desc(), Pledge.id.desc()),
    "first": (Pledge.active_at.asc(), Pledge.id.asc()),
    "largest": (Pledge.amount.desc(), Pledge.id.asc()),
}


def wall(campaign_id: int, order: str = "latest", *, limit: int = 8, offset: int = 0) -> list[Gift]:
    """The donors of a campaign: a name only where its owner asked for it."""
    rows = db.session.scalars(
        select(Pledge)
        .where(Pledge.campaign_id == campaign_id, Pledge.state.in_([State.ACTIVE, State.CHARGED]))
        .order_by(*_ORDER.get(order, _ORDER["latest"]))
        .limit(limit)
        .offset(offset)
    )
    return [
        Gift(each.name if each.show_name else "", each.amount, each.active_at, each.counts, each.left_out is not None)
        for each in rows
        if each.active_at
    ]


@dataclass(frozen=True)
class Giving:
    """The gifts of a campaign as its page draws them."""

    wall: list[Gift]  # the first ones in the order asked for
    discs: list[Money]  # the latest ones, in the order in which they came
    days: list[tuple[date, Money, int]]  # civil day, sum and number of those that count, oldest first


def giving(campaign_id: int, order: str, *, named: int = 8, drawn: int = 120) -> Giving:
    """The first gifts of the wall in this order, the amounts of the latest, and the sums by day; in one question."""
    shown = (Pledge.name, Pledge.show_name, Pledge.amount, Pledge.active_at, Pledge.counts, Pledge.left_out)
    given = select(*shown).where(Pledge.campaign_id == campaign_id, Pledge.state.in_([State.ACTIVE, State.CHARGED]))
    on = cast(func.timezone(str(LOCAL), Pledge.active_at), Date).label("on")
    days = (
        given.with_only_columns(on, func.sum(Pledge.amount, type_=Cents).label("amount"), func.count().label("gifts"))
        .where(Pledge.counts)
        .group_by(on)
        .order_by(on)
    )
    found = Giving([], [], [])

    def wall(row: Any) -> None:
        name, left_out = row.name if row.show_name else "", row.left_out is not None
        found.wall.append(Gift(name, row.amount, row.active_at, row.counts, left_out))

    together(
        (
            Ask(given.order_by(*_ORDER.get(order, _ORDER["latest"])).limit(named), wall),
            Ask(
                given.with_only_columns(Pledge.amount).order_by(*_ORDER["latest"]).limit(drawn),
                lambda row: found.discs.insert(0, row.amount),
            ),
            Ask(days, lambda row: found.days.append((row.on, row.amount, row.gifts))),
        )
    )
    return found
