"""Roles are dated rows: given and ended by an administrator, never by oneself, effective at the next request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden
from app.identity import queries
from app.identity.models import Person, RoleGrant
from app.identity.rules import Role
from app.journal.service import record
from app.outbox.service import send


def _refuse_hand(person: Person, by: Actor | None, now: datetime) -> None:
    if by is None:
        return
    if by.id == person.id:
        raise Forbidden("Nobody changes their own roles: another administrator has to do it.")
    if Role.ADMINISTRATOR not in queries.roles(by.id, now):
        raise Forbidden("Only an administrator gives and ends roles.")


def _current(person: Person, role: Role) -> RoleGrant | None:
    return db.session.scalars(
        select(RoleGrant)
        .where(RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()


def grant(person: Person, role: Role | str, *, by: Actor | None, now: datetime) -> RoleGrant:
    """Give the person a role from now on; a role already held stays as it is."""
    role = Role(role)
    _refuse_hand(person, by, now)
    queries.lock(person)
    held = _current(person, role)
    if held is not None:
        return held
    row = RoleGrant(person_id=person.id, role=role, granted_at=now, granted_by=by.id if by else None)
    db.session.add(row)
    record("identity.grant", subject=f"person:{person.id}", by=by, now=now, role=role)
    if by is not None:
        send(person.email, "identity/role_given", language=person.language, now=now, name=person.name, role=str(role))
    db.session.flush()
    return row


def end_role(person: Person, role: Role | str, *, by: Actor | None, now: datetime) -> None:
    """End a role that the person holds."""
    role = Role(role)
    _refuse_hand(person, by, now)
    held = _current(person, role)
    if held is None:
        raise Conflict("%(name)s no longer holds this role.", name=person.name)
    held.ended_at = now
    held.ended_by = by.id if by else None
    record("identity.end_role", subject=f"person:{person.id}", by=by, now=now, role=role)
    db.session.flush()
