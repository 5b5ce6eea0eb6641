"""Groups, their people and who is invited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.core.db import db
from app.core.once import once
from app.groups.models import Group, Invitation, Member
from app.identity.models import Person
from app.territory.models import Zone


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
