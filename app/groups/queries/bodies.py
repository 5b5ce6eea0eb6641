"""The body that a group becomes: its time, its items, its account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, and_, func, or_, select
from sqlalchemy.orm import lazyload

from app.core.db import UTCDateTime, db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.core.once import once
from app.files.models import File
from app.groups.models import Constitution, Group, Item, LegalEntity
from app.groups.rules import EntityState, ItemKind, ItemState
from app.territory.models import Borough, Zone

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@once
def constitution_of(group_id: int) -> Constitution | None:
    """The group's time to become a body, open or closed."""
    return db.session.scalars(select(Constitution).where(Constitution.group_id == group_id)).one_or_none()


def open_constitutions() -> Sequence[Constitution]:
    """The constitutions that run now."""
    return db.session.scalars(
        select(Constitution).where(Constitution.closed_at.is_(None)).order_by(Constitution.id)
    ).all()


@once
def entity(entity_id: int) -> LegalEntity:
    """The entity of that row."""
    return db.session.get_one(LegalEntity, entity_id)


@once
def entity_by_ref(ref: str) -> LegalEntity | None:
    """The body of that reference."""
    return db.session.scalars(select(LegalEntity).where(LegalEntity.ref == ref)).one_or_none()


@once
def entity_of(group_id: int) -> LegalEntity | None:
    """The group's body, in whatever state."""
    return db.session.scalars(select(LegalEntity).where(LegalEntity.group_id == group_id)).one_or_none()


def item_mark(item: Item) -> str:
    """Which sending of an item a page shows: its form carries it, so that nobody accepts what she has not seen."""
    return item.sent_at.isoformat() if item.sent_at else ""


def verified_entity(group_id: int) -> LegalEntity | None:
    """The group's body if every item is verified; ask `is_payable` before moving money."""
    found = entity_of(group_id)
    return found if found is not None and found.state is EntityState.VERIFIED else None


def is_payable(entity_id: int) -> bool:
    """Whether money may go to the entity now: the same function by which the database refuses."""
    return bool(db.session.scalar(select(func.groups_payable(entity_id))))


def entity_by_account(account: str) -> LegalEntity | None:
    """The entity with this account at the payment provider."""
    return db.session.scalars(select(LegalEntity).where(LegalEntity.stripe_account == account)).one_or_none()


def verified_with_tax_code(tax_code: str) -> LegalEntity | None:
    """The verified body with this tax code."""
    return db.session.scalars(
        select(LegalEntity).where(LegalEntity.tax_code == tax_code, LegalEntity.state == EntityState.VERIFIED)
    ).one_or_none()


def accounts_to_reread() -> Sequence[LegalEntity]:
    """Entities whose account was opened but is not ready: news of it may have been lost."""
    return db.session.scalars(
        select(LegalEntity)
        .where(LegalEntity.stripe_account.is_not(None), LegalEntity.account_ready_at.is_(None))
        .order_by(LegalEntity.id)
    ).all()


def items(entity_id: int) -> Mapping[ItemKind, Item]:
    """The entity's items by kind, in their order."""
    return {kind: item for kind, (item, _name) in papers(entity_id).items()}


@once
def papers(entity_id: int) -> Mapping[ItemKind, tuple[Item, str]]:
    """The same, each with the name of the file that was sent for it, in one question."""
    rows = db.session.execute(
        select(Item, File.name).outerjoin(File, File.id == Item.file_id).where(Item.entity_id == entity_id)
    )
    found = {item.kind: (item, name or "") for item, name in rows}
    return {kind: found[kind] for kind in ItemKind if kind in found}


def to_verify() -> Sequence[tuple[LegalEntity, Group, Constitution | None, int, int]]:
    """Entities in the making: with group, constitution, items waiting for an officer and items accepted."""
    waiting = func.count().filter(Item.state == ItemState.SENT)
    accepted = func.count().filter(Item.state == ItemState.ACCEPTED)
    rows = db.session.execute(
        select(LegalEntity, Group, Constitution, waiting, accepted)
        .join(Group, Group.id == LegalEntity.group_id)
        .join(Item, Item.entity_id == LegalEntity.id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .where(LegalEntity.state == EntityState.DRAFT)
        .group_by(LegalEntity.id, Group.id, Constitution.id)
        .order_by(LegalEntity.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def body_list() -> Rows:
    """The office's list of bodies: in the making and verified, with how many items wait and are accepted."""

    def number(state: ItemState) -> Any:
        count = select(func.count()).where(Item.entity_id == LegalEntity.id, Item.state == state)
        return count.correlate(LegalEntity).scalar_subquery()

    sent, accepted = number(ItemState.SENT), number(ItemState.ACCEPTED)
    draft = LegalEntity.state == EntityState.DRAFT
    ready = or_(sent > 0, accepted == len(ItemKind))
    ends = func.coalesce(Constitution.extended_until, Constitution.due_at, NEVER, type_=UTCDateTime)
    return Rows(
        select=select(LegalEntity, Group, Constitution, Zone, sent.label("sent"), accepted.label("accepted"))
        .join(Group, Group.id == LegalEntity.group_id)
        .join(Zone, Zone.id == Group.zone_id)
        .join(Borough, Borough.id == Zone.borough_id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .options(lazyload(Zone.borough)),
        key=LegalEntity.id,
        views=(
            View("making", N_("In the making"), draft),
            View("waiting", N_("To check"), and_(draft, ready)),
            View("group", N_("Waits for the group"), and_(draft, ~ready)),
            View("verified", N_("Verified"), LegalEntity.state == EntityState.VERIFIED),
            View("all", N_("All")),
        ),
        orders=(
            Order("deadline", N_("by deadline"), ends),
            Order("newest", N_("newest first"), LegalEntity.created_at, down=True),
            Order("name", N_("by name"), func.sort_key(func.coalesce(LegalEntity.name, Group.name), type_=Text)),
        ),
        search=(LegalEntity.name, Group.name, LegalEntity.tax_code),
        facets=(
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )
