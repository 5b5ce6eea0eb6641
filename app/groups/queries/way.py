"""The way from a group to a body, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.groups.models import Group
from app.groups.queries.bodies import constitution_of, entity_of, items
from app.groups.rules import EntityState, ItemState, Kind, Outcome


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
