"""The room's blueprint, the words of its items, and how its pages find their group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.errors import Invalid, Missing, Refusal, TooMany
from app.groups import queries
from app.groups.models import Group, LegalEntity
from app.groups.rules import ItemKind, ItemState, Kind, LegalForm
from app.web import gates

bp = Blueprint("groups", __name__, url_prefix="/groups")

ITEMS = {
    ItemKind.NAME: _l("Name and legal form"),
    ItemKind.DEED: _l("Deed"),
    ItemKind.STATUTE: _l("Statute"),
    ItemKind.TAX_CODE: _l("Tax code"),
    ItemKind.REPRESENTATIVE: _l("Representative"),
    ItemKind.IBAN: _l("IBAN"),
    ItemKind.ACCOUNT: _l("Account for the gifts"),
}
STATES = {
    ItemState.MISSING: ("todo", _l("To send")),
    ItemState.SENT: ("wait", _l("With the office")),
    ItemState.ACCEPTED: ("done", _l("Accepted")),
    ItemState.RETURNED: ("late", _l("To mend")),
}
FORMS = {
    LegalForm.ASSOCIATION: _l("Association without legal personality"),
    LegalForm.COMMITTEE: _l("Committee"),
    LegalForm.APS: _l("Social promotion association (APS)"),
    LegalForm.ODV: _l("Voluntary organisation (ODV)"),
    LegalForm.SMALL_COOPERATIVE: _l("Small social cooperative"),
    LegalForm.COOPERATIVE: _l("Social cooperative"),
    LegalForm.FOUNDATION: _l("Foundation"),
}


def my_group(ref: str) -> Group:
    """The group, if the person who looks belongs to it; for anybody else it does not exist."""
    group = queries.by_ref(ref)
    if group is None or not queries.is_member(group.id, gates.require().id):
        raise Missing
    return group


def body_of(group: Group) -> LegalEntity:
    """The file of the group's body, which must have been opened."""
    entity = queries.entity_of(group.id)
    if entity is None:
        raise Missing
    return entity


def body_by(group: Group, own: Sequence[Any]) -> tuple[str, date, date] | None:
    """Title and last day of an informal group's campaign that still runs, and until when it then forms its body."""
    if group.kind is not Kind.INFORMAL:
        return None
    now = clock.now()
    for campaign in own:
        if campaign.public and campaign.closes_at is not None and now < campaign.closes_at:
            time = timedelta(days=campaigns.terms(campaign).constitution_days)
            return campaign.title, campaigns.last_day(campaign.closes_at), campaigns.last_day(campaign.closes_at + time)
    return None


def item_kind(kind: str) -> ItemKind:
    """The item named in an address."""
    if kind not in set(ItemKind):
        raise Missing
    return ItemKind(kind)


def wrong(refusal: Refusal) -> tuple[dict[str, Refusal], int]:
    """What a form shows again after a refusal, and its status."""
    if isinstance(refusal, Invalid):
        return refusal.errors, 422
    return {"": refusal}, 429 if isinstance(refusal, TooMany) else 409
