"""The time in which a group becomes a body: opening, reminders, one extension, lapse."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core import words
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.core.money import N_
from app.core.refs import new_ref
from app.groups import queries
from app.groups.models import Constitution, Group, Item, LegalEntity
from app.groups.rules import (
    EXTENSION_DAYS,
    EntityState,
    ItemKind,
    ItemState,
    Outcome,
    days_between,
    refuse_extension,
    reminder_due,
)
from app.groups.service.people import hold
from app.journal.service import record
from app.outbox import service as outbox


def open_entity(group: Group, *, by: Actor | None, now: datetime) -> LegalEntity:
    """Begin the file of the group's body, every item missing; the same one if it is open already."""
    hold(group)
    entity = queries.entity_of(group.id)
    if entity is not None:
        return entity
    entity = LegalEntity(
        ref=new_ref("ent"), group_id=group.id, state=EntityState.DRAFT, created_at=now, account_needs=[]
    )
    db.session.add(entity)
    db.session.flush()
    db.session.add_all(Item(entity_id=entity.id, kind=kind, state=ItemState.MISSING) for kind in ItemKind)
    db.session.flush()
    record("groups.open_entity", subject=f"entity:{entity.id}", by=by, now=now, group=group.id)
    return entity


def open_constitution(
    group: Group, subject: str, due_at: datetime, *, now: datetime, extension_days: int = EXTENSION_DAYS
) -> Constitution:
    """Start the group's time to become a body and tell its people; the same one if it runs already."""
    hold(group)
    running = queries.constitution_of(group.id)
    if running is not None and running.subject == subject:
        return running
    if running is not None and running.closed_at is None:
        raise Conflict("This group is already forming its body for another campaign.")
    entity = open_entity(group, by=None, now=now)
    if entity.state is EntityState.VERIFIED:
        raise Conflict("This group’s body is already verified.")
    constitution = running or Constitution(group_id=group.id)
    constitution.subject, constitution.opened_at, constitution.due_at = subject, now, due_at
    constitution.extension_days = extension_days
    constitution.extended_until = constitution.extended_at = constitution.extended_by = None
    constitution.extension_reason = constitution.closed_at = constitution.outcome = None
    db.session.add(constitution)
    db.session.flush()
    record("groups.open_constitution", subject=f"group:{group.id}", by=None, now=now, due_at=due_at, of=subject)
    days = _days_left(constitution, now)
    key = f"groups.constitution:{constitution.id}:{subject}"
    tell(group, "groups/constitution_opened", key, now=now, due_at=due_at, days=days)
    return constitution


def extend(constitution: Constitution, days: int, reason: str, *, by: Actor, now: datetime) -> None:
    """Give the group its one extension; the officer says why."""
    group = queries.group(constitution.group_id)
    hold(group)
    db.session.refresh(constitution)
    if constitution.closed_at is not None:
        raise Conflict("This constitution is already closed.")
    errors: dict[str, Refusal | str] = {}
    refusal = refuse_extension(days, constitution.extension_days, constitution.extended_until is not None)
    if isinstance(refusal, Conflict):
        raise refusal
    if refusal:
        errors["days"] = refusal
    why = N_("Write the reason in one sentence: it goes to the group and into the record.")
    if (problem := words.reason_problem(reason, why)) is not None:
        errors["reason"] = problem
    if errors:
        raise Invalid(errors)
    extended_by = by.id  # read before the row changes: loading a person would flush half an extension
    constitution.extended_until = _later(constitution.due_at, days)
    constitution.extended_at, constitution.extended_by = now, extended_by
    constitution.extension_reason = reason.strip()
    record("groups.extend", subject=f"group:{group.id}", by=by, now=now, days=days, reason=reason.strip())
    key = f"groups.extended:{constitution.id}:{constitution.subject}"
    tell(group, "groups/extended", key, now=now, due_at=constitution.extended_until, reason=reason.strip())


def lapse(constitution: Constitution, *, now: datetime) -> None:
    """Close a constitution whose time is over without a verified body."""
    group = queries.group(constitution.group_id)
    hold(group)
    db.session.refresh(constitution)
    if constitution.outcome is Outcome.LAPSED:
        return
    if constitution.closed_at is not None:
        raise Conflict("This constitution is already closed.")
    if now < constitution.ends_at:
        raise Conflict("The group still has time until %(end)s.", end=constitution.ends_at)
    constitution.closed_at, constitution.outcome = now, Outcome.LAPSED
    record("groups.lapse", subject=f"group:{group.id}", by=None, now=now, ended=constitution.ends_at)
    tell(
        group,
        "groups/lapsed",
        f"groups.lapsed:{constitution.id}:{constitution.subject}",
        now=now,
        due_at=constitution.ends_at,
    )


def remind(constitution: Constitution, *, now: datetime) -> bool:
    """Send today's reminder where one stands; each goes out once, whoever asks and how often."""
    left = _days_left(constitution, now)
    start = constitution.extended_at or constitution.opened_at
    end = local(constitution.ends_at).date()
    due = reminder_due(left, days_between(local(start).date(), end))
    if due is None or constitution.closed_at is not None or now >= constitution.ends_at:
        return False
    group = queries.group(constitution.group_id)
    entity = queries.entity_of(group.id)
    states = [item.state for item in queries.items(entity.id).values()] if entity else []
    missing = sum(state in (ItemState.MISSING, ItemState.RETURNED) for state in states)
    key = f"groups.remind:{constitution.id}:{constitution.subject}:{end.isoformat()}:{due}"
    extended, ends = constitution.extended_until is not None, constitution.ends_at
    tell(group, "groups/reminder", key, now=now, due_at=ends, days=left, missing=missing, extended=extended)
    return True


def close_verified(group: Group, *, now: datetime) -> None:
    """Close the running constitution, if there is one, because the body is verified."""
    running = queries.constitution_of(group.id)
    if running is not None and running.closed_at is None:
        running.closed_at, running.outcome = now, Outcome.VERIFIED


def tell(group: Group, template: str, key: str | None, *, now: datetime, **context: Any) -> None:
    """Write to every member, in her language, once for each key."""
    people = queries.members(group.id)
    outbox.send_each(people, template, now=now, key=key, group=group.name, group_ref=group.ref, **context)


def _days_left(constitution: Constitution, now: datetime) -> int:
    return days_between(local(now).date(), local(constitution.ends_at).date())


def _later(moment: datetime, days: int) -> datetime:
    civil = local(moment).replace(tzinfo=None) + timedelta(days=days)
    return civil.replace(tzinfo=local(moment).tzinfo).astimezone(moment.tzinfo)
