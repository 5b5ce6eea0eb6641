"""The office's side: which bodies are in the making, what they sent, and the verification item by item."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.core.money import N_
from app.files import queries as files
from app.groups import queries, service
from app.groups.models import LegalEntity
from app.groups.rules import DOCUMENTS, EntityState, ItemKind, ItemState, bank_of
from app.groups.views.board import FORMS, ITEMS, STATES, bp, item_kind, wrong
from app.groups.views.body import said
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal import queries as journal
from app.web import downloads, gates, listing


def word(row: Any) -> tuple[str, str]:
    """Where a body stands: shape and words."""
    body, _group, _constitution, _zone, sent, accepted = row
    if body.state is EntityState.VERIFIED:
        return "done", _("Verified")
    if accepted == len(ItemKind):
        return "now", _("Ready to be verified")
    if sent:
        return "wait", ngettext("%(num)d item to check", "%(num)d items to check", sent)
    return "todo", _("Waits for the group")


LIST = listing.register(
    listing.List(
        endpoint="groups.to_verify",
        title=N_("Bodies to verify"),
        sheet=queries.body_list,
        search=N_("Name, group or tax code"),
        columns=(
            (N_("Body"), lambda row: row[0].name or ""),
            (N_("Group"), lambda row: row[1].name),
            (N_("Neighbourhood"), lambda row: row[3].name),
            (N_("Tax code"), lambda row: row[0].tax_code),
            (N_("State"), lambda row: word(row)[1]),
            (N_("Until"), lambda row: row[2].ends_at if row[2] else None),
            (N_("To check"), lambda row: row[4]),
            (N_("Accepted"), lambda row: row[5]),
            (N_("Verified on"), lambda row: row[0].verified_at),
        ),
    )
)


@bp.get("/verify")
@gates.role("officer")
def to_verify() -> ResponseReturnValue:
    """The bodies in the making, the most urgent first, and those that are verified."""
    return listing.show(LIST, "groups/to_verify.html", word=word)


def _entity(ref: str) -> LegalEntity:
    entity = queries.entity_by_ref(ref)
    if entity is None:
        raise Missing
    return entity


def _dossier(entity: LegalEntity, **more: Any) -> str:
    group, person = queries.group(entity.group_id), gates.require()
    items, people = queries.items(entity.id), queries.members(group.id)
    context: dict[str, Any] = {"values": {}, "errors": {}, "open_kind": None, **more}
    hands = identity.people({each for item in items.values() for each in (item.sent_by, item.checked_by) if each})
    return render_template(
        "groups/verify.html",
        entity=entity,
        group=group,
        zone=queries.zone_of(group),
        people=people,
        own=person.id in {each.id for each in people},
        entries=[(kind, ITEMS[kind], item, *STATES[item.state], said(entity, kind)) for kind, item in items.items()],
        hands=hands,
        documents=DOCUMENTS,
        sending=queries.item_mark,
        whole=all(item.state is ItemState.ACCEPTED for item in items.values()),
        bank=bank_of(entity.iban) if entity.iban else None,
        constitution=queries.constitution_of(group.id),
        history=journal.history(f"entity:{entity.id}", f"group:{group.id}"),
        forms=FORMS,
        now=clock.now(),
        **context,
    )


@bp.get("/verify/<ref>")
@gates.role("officer")
def verify(ref: str) -> ResponseReturnValue:
    """One body: its items, its papers, its history."""
    return _dossier(_entity(ref))


@bp.post("/verify/<ref>")
@gates.hand(Hand.VERIFY)
def declare(ref: str) -> ResponseReturnValue:
    """Declare the body verified."""
    entity = _entity(ref)
    try:
        with transaction():
            service.verify(entity, by=gates.require(), now=clock.now())
    except (Conflict, Invalid, Forbidden) as refusal:
        errors, status = wrong(refusal)
        return _dossier(_entity(ref), errors=errors), status
    flash(_("Verified. From now on this body can be paid."), "done")
    return redirect(url_for("groups.verify", ref=ref), 303)


@bp.post("/verify/<ref>/items/<kind>")
@gates.role("officer")
def decide(ref: str, kind: str) -> ResponseReturnValue:
    """Accept one item, or send it back with the reason."""
    entity, which, by, now = _entity(ref), item_kind(kind), gates.require(), clock.now()
    try:
        with transaction():
            if request.form.get("act") == "accept":
                service.accept_item(entity, which, by=by, now=now, seen=request.form.get("seen"))
            else:
                service.return_item(entity, which, request.form.get(f"reason_{kind}", ""), by=by, now=now)
    except (Conflict, Invalid, Forbidden) as refusal:
        errors, status = wrong(refusal)
        named = {f"{name}_{kind}" if name else "": sentence for name, sentence in errors.items()}
        return _dossier(_entity(ref), errors=named, values=request.form, open_kind=which), status
    flash(_("Accepted.") if request.form.get("act") == "accept" else _("Sent back: the group has a mail."), "done")
    return redirect(url_for("groups.verify", ref=ref, _anchor=f"item-{kind}"), 303)


@bp.get("/verify/<ref>/items/<kind>/file")
@gates.role("officer")
def paper(ref: str, kind: str) -> ResponseReturnValue:
    """A paper that the group handed in."""
    item = queries.items(_entity(ref).id)[item_kind(kind)]
    file = files.by_id(item.file_id) if item.file_id else None
    if file is None:
        raise Missing
    return downloads.send(file)


@bp.post("/verify/<ref>/extend")
@gates.role("officer")
def extend(ref: str) -> ResponseReturnValue:
    """Give the group its one extension."""
    entity = _entity(ref)
    constitution, days = queries.constitution_of(entity.group_id), request.form.get("days", "").strip()
    if constitution is None:
        raise Missing
    try:
        with transaction():
            service.extend(
                constitution,
                int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
                request.form.get("reason", ""),
                by=gates.require(),
                now=clock.now(),
            )
    except (Conflict, Invalid, Forbidden) as refusal:
        errors, status = wrong(refusal)
        return _dossier(_entity(ref), errors=errors, values=request.form), status
    flash(_("The time is extended: the group has a mail."), "done")
    return redirect(url_for("groups.verify", ref=ref), 303)
