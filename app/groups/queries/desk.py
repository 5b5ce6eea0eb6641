"""What waits for whom, from invitations to verified bodies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select

from app.core.db import UTCDateTime
from app.core.errors import Refusal
from app.core.money import N_
from app.core.todo import Todo
from app.core.together import Ask
from app.groups.models import Constitution, Group, Invitation, Item, LegalEntity, Member
from app.groups.queries.bodies import open_constitutions
from app.groups.queries.people import group
from app.groups.rules import REMINDER_DAYS, EntityState, ItemKind, ItemState, Kind, Outcome
from app.identity.models import Person
from app.territory.models import Zone


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


ENDS = func.coalesce(Constitution.extended_until, Constitution.due_at, type_=UTCDateTime)


def _items(*states: ItemState) -> Any:
    return func.count().filter(Item.state.in_(states))


def _of_members(person_id: int, now: datetime) -> Ask[Todo]:
    bodies = (
        select(
            Group.ref,
            Group.name,
            Group.kind,
            Zone.name.label("zone"),
            case((Constitution.closed_at.is_(None), ENDS)).label("ends_at"),
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
            Constitution.outcome.is_distinct_from(Outcome.LAPSED),
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
            case((Constitution.closed_at.is_(None), ENDS)).label("ends_at"),
            waiting.label("waiting"),
            (accepted == len(ItemKind)).label("whole"),
        )
        .join(Group, Group.id == LegalEntity.group_id)
        .join(Item, Item.entity_id == LegalEntity.id)
        .join(Zone, Zone.id == Group.zone_id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .where(
            LegalEntity.state == EntityState.DRAFT, ~own.exists(), Constitution.outcome.is_distinct_from(Outcome.LAPSED)
        )
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
