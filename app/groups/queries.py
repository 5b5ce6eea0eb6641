"""Reads of groups, their people, the constitution and the entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, and_, case, func, or_, select
from sqlalchemy.orm import lazyload

from app.core.db import UTCDateTime, db
from app.core.errors import Refusal
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask
from app.files.models import File
from app.groups.models import Constitution, Group, Invitation, Item, LegalEntity, Member
from app.groups.rules import REMINDER_DAYS, EntityState, ItemKind, ItemState, Kind, Outcome
from app.identity.models import Person
from app.territory.models import Borough, Zone

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@once
def group(group_id: int) -> Group:
    """The group of that row."""
    return db.session.get_one(Group, group_id)


def names(group_ids: Iterable[int]) -> dict[int, str]:
    """The names of several groups."""
    rows = db.session.execute(select(Group.id, Group.name).where(Group.id.in_(list(group_ids))))
    return {group_id: name for group_id, name in rows}  # noqa: C416 - typed rows


@once
def by_ref(ref: str) -> Group | None:
    """The group of that reference."""
    return db.session.scalars(select(Group).where(Group.ref == ref)).one_or_none()


@once
def by_slug(slug: str) -> Group | None:
    """The group at that public address."""
    return db.session.scalars(select(Group).where(Group.slug == slug)).one_or_none()


def groups_of(person_id: int) -> Sequence[Group]:
    """The groups that the person belongs to now, oldest first."""
    return db.session.scalars(
        select(Group)
        .join(Member, Member.group_id == Group.id)
        .where(Member.person_id == person_id, Member.left_at.is_(None))
        .order_by(Group.id)
    ).all()


def with_zones(person_id: int) -> list[tuple[Group, Zone]]:
    """The same, each with its zone."""
    rows = db.session.execute(
        select(Group, Zone)
        .join(Member, Member.group_id == Group.id)
        .join(Zone, Zone.id == Group.zone_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None))
        .order_by(Group.id)
    )
    return [(group, zone) for group, zone in rows]


def invited(email: str, now: datetime) -> list[tuple[Invitation, Group]]:
    """The letters to this address that can still be accepted, each with its group."""
    letters = invitations_for(email, now)
    rows = db.session.scalars(select(Group).where(Group.id.in_({each.group_id for each in letters})))
    known = {group.id: group for group in (rows if letters else ())}
    return [(each, known[each.group_id]) for each in letters]


@once
def is_member(group_id: int, person_id: int) -> bool:
    """Whether the person belongs to the group now."""
    return bool(
        db.session.scalar(
            select(Member.id).where(
                Member.group_id == group_id, Member.person_id == person_id, Member.left_at.is_(None)
            )
        )
    )


@once
def members(group_id: int) -> Sequence[Person]:
    """The people of the group now, in the order in which they came."""
    return db.session.scalars(
        select(Person)
        .join(Member, Member.person_id == Person.id)
        .where(Member.group_id == group_id, Member.left_at.is_(None))
        .order_by(Member.id)
    ).all()


def members_of(group_ids: Iterable[int]) -> dict[int, list[Person]]:
    """The people of several groups now, in the order in which they came."""
    found: dict[int, list[Person]] = {group_id: [] for group_id in group_ids}
    rows = db.session.execute(
        select(Member.group_id, Person)
        .join(Person, Member.person_id == Person.id)
        .where(Member.group_id.in_(list(found)), Member.left_at.is_(None))
        .order_by(Member.id)
    )
    for group_id, person in rows:
        found[group_id].append(person)
    return found


def members_count(group_id: int) -> int:
    """How many people the group has now."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Member).where(Member.group_id == group_id, Member.left_at.is_(None))
        )
        or 0
    )


def invitations(group_id: int) -> Sequence[Invitation]:
    """The letters that nobody has answered yet, expired ones too."""
    return db.session.scalars(
        select(Invitation)
        .where(Invitation.group_id == group_id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .order_by(Invitation.id)
    ).all()


def invitation_by_hash(token_hash: bytes) -> Invitation | None:
    """The invitation whose link has this hash."""
    return db.session.scalars(select(Invitation).where(Invitation.token_hash == token_hash)).one_or_none()


def invitation_by_ref(group_id: int, ref: str) -> Invitation | None:
    """One invitation of the group."""
    return db.session.scalars(
        select(Invitation).where(Invitation.group_id == group_id, Invitation.ref == ref)
    ).one_or_none()


def invitations_for(email: str, now: datetime) -> Sequence[Invitation]:
    """The letters to this address that can still be accepted."""
    return db.session.scalars(
        select(Invitation)
        .where(
            Invitation.email == email,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id)
    ).all()


@once
def zone_of(group: Group) -> Zone:
    """The zone in which the group lives."""
    return db.session.get_one(Zone, group.zone_id)


# --- constitution and entity ------------------------------------------------------------------------------------------


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
    ends = func.coalesce(Constitution.extended_until, Constitution.due_at, _NEVER, type_=UTCDateTime)
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


@dataclass(frozen=True)
class Step:
    """One bar of the path to the non-profit: formed, sent, reached, body, verified."""

    key: str
    state: str  # done · now · todo · late
    at: datetime | None


def path(group: Group) -> list[Step]:
    """The way from people to a body that can be paid, as far as this group has come."""
    constitution, body = constitution_of(group.id), entity_of(group.id)
    lapsed = constitution is not None and constitution.outcome is Outcome.LAPSED
    verified = body is not None and body.state is EntityState.VERIFIED
    states = [item.state for item in items(body.id).values()] if body else []
    sent = bool(states) and all(state in (ItemState.SENT, ItemState.ACCEPTED) for state in states)
    reached = constitution is not None or group.kind is Kind.CONSTITUTED
    return [
        Step("formed", "done", group.created_at),
        Step("sent", "done" if group.frozen_at or constitution else "now", group.frozen_at),
        Step(
            "reached",
            "done" if reached else "now" if group.frozen_at else "todo",
            constitution.opened_at if constitution else None,
        ),
        Step(
            "body",
            "done" if sent else "late" if lapsed else "now" if body else "todo",
            constitution.ends_at if constitution and not sent else None,
        ),
        Step(
            "verified",
            "done" if verified else "now" if sent and not lapsed else "todo",
            body.verified_at if body else None,
        ),
    ]


def moments(now: datetime) -> list[tuple[datetime, Refusal]]:
    """What time will bring to this room's groups: reminders and the end of their constitutions."""
    found = []
    for each in open_constitutions():
        name = group(each.group_id).name
        for days in REMINDER_DAYS:
            reminder = Refusal("%(group)s is reminded to form its body", group=name)
            found.append((each.ends_at - timedelta(days=days), reminder))
        found.append((each.ends_at, Refusal("%(group)s has no more time to form its body", group=name)))
    return found


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What the person's groups must do to become bodies and, for officers, what waits to be verified."""
    found = [_invited(person_id, now), _of_members(person_id, now)]
    return [*found, _of_officers(person_id)] if "officer" in roles else found


def _invited(person_id: int, now: datetime) -> Ask[Todo]:
    letters = (
        select(Group.name.label("group"), Invitation.expires_at, Zone.name.label("zone"))
        .join(Group, Group.id == Invitation.group_id)
        .join(Zone, Zone.id == Group.zone_id)
        .join(Person, Person.email == Invitation.email)
        .where(
            Person.id == person_id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id)
    )
    return Ask(
        letters,
        lambda row: Todo(
            what=N_("Answer the invitation"),
            subject=row.group,
            endpoint="groups.mine",
            args={},
            state="now",
            due_at=row.expires_at,
            room="groups",
            zone=row.zone,
        ),
    )


_ENDS = func.coalesce(Constitution.extended_until, Constitution.due_at, type_=UTCDateTime)


def _items(*states: ItemState) -> Any:
    return func.count().filter(Item.state.in_(states))


def _of_members(person_id: int, now: datetime) -> Ask[Todo]:
    bodies = (
        select(
            Group.ref,
            Group.name,
            Group.kind,
            Zone.name.label("zone"),
            case((Constitution.closed_at.is_(None), _ENDS)).label("ends_at"),
            _items(ItemState.RETURNED).label("returned"),
            _items(ItemState.RETURNED, ItemState.MISSING).label("missing"),
        )
        .join(Member, Member.group_id == Group.id)
        .join(LegalEntity, LegalEntity.group_id == Group.id)
        .join(Item, Item.entity_id == LegalEntity.id)
        .join(Zone, Zone.id == Group.zone_id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .where(
            Member.person_id == person_id,
            Member.left_at.is_(None),
            LegalEntity.state == EntityState.DRAFT,
            Constitution.outcome.is_distinct_from("lapsed"),
        )
        .group_by(Group.id, LegalEntity.id, Zone.id, Constitution.id)
        .order_by(LegalEntity.id)
    )
    return Ask(bodies, lambda row: _form_the_body(row, now))


def _form_the_body(row: Any, now: datetime) -> Todo:
    late = row.ends_at is not None and row.ends_at <= now
    what = (
        N_("Form the association. Things missing: %(missing)d")
        if row.kind is Kind.INFORMAL
        else N_("Register the organisation. Things missing: %(missing)d")
    )
    if row.returned:
        what = N_("Mend what the office sent back: %(returned)d")
    return Todo(
        what=what if row.missing else N_("The office is checking the association’s papers"),
        params={"missing": row.missing, "returned": row.returned},
        subject=row.name,
        endpoint="groups.constitution",
        args={"ref": row.ref},
        state="late" if late and row.missing else "now" if row.missing else "wait",
        due_at=row.ends_at,
        room="groups",
        zone=row.zone,
    )


def _of_officers(person_id: int) -> Ask[Todo]:
    own = select(Member.id).where(Member.group_id == Group.id, Member.person_id == person_id, Member.left_at.is_(None))
    waiting, accepted = _items(ItemState.SENT), _items(ItemState.ACCEPTED)
    bodies = (
        select(
            LegalEntity.ref,
            func.coalesce(func.nullif(LegalEntity.name, ""), Group.name).label("name"),
            Zone.name.label("zone"),
            case((Constitution.closed_at.is_(None), _ENDS)).label("ends_at"),
            waiting.label("waiting"),
            (accepted == len(ItemKind)).label("whole"),
        )
        .join(Group, Group.id == LegalEntity.group_id)
        .join(Item, Item.entity_id == LegalEntity.id)
        .join(Zone, Zone.id == Group.zone_id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .where(LegalEntity.state == EntityState.DRAFT, ~own.exists())
        .group_by(LegalEntity.id, Group.id, Zone.id, Constitution.id)
        .having(or_(waiting > 0, accepted == len(ItemKind)))
        .order_by(LegalEntity.id)
    )
    return Ask(
        bodies,
        lambda row: Todo(
            what=N_("Verify the association: every item is accepted")
            if row.whole
            else N_("Check the papers of a new body: %(waiting)d"),
            params={"waiting": row.waiting},
            subject=row.name,
            endpoint="groups.verify",
            args={"ref": row.ref},
            state="now",
            due_at=row.ends_at,
            room="groups",
            zone=row.zone,
            role="officer",
        ),
    )
