"""The task list of a group's body: seven items, each sent on its own page, and the account at the payment provider."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, Unavailable
from app.core.money import N_
from app.files import queries as files
from app.groups import jobs, queries, service
from app.groups.models import Group, LegalEntity
from app.groups.rules import DOCUMENTS, ItemKind, ItemState, Kind, bank_of, spaced
from app.groups.views.board import FORMS, ITEMS, STATES, body_by, body_of, bp, item_kind, my_group, wrong
from app.identity import queries as identity
from app.payments import gateway
from app.web import downloads, gates

_DOWN = N_("The payment provider does not answer at the moment. Nothing is lost: try again in a few minutes.")
_REFUSED = N_("The payment provider did not accept the request. The office knows how to mend it: write to it.")


@bp.get("/<ref>/body")
@gates.signed_in
def constitution(ref: str) -> ResponseReturnValue:
    """What is needed, what is sent, what the office said."""
    group = my_group(ref)
    entity = queries.entity_of(group.id)
    items = queries.items(entity.id) if entity else {}
    return render_template(
        "groups/body.html",
        group=group,
        entity=entity,
        entries=[(kind, ITEMS[kind], item, *STATES[item.state], said(entity, kind)) for kind, item in items.items()]
        if entity
        else [],
        constitution=queries.constitution_of(group.id),
        body_by=body_by(group, campaigns.of_group(group.id)),
        needed=ITEMS.values(),
        path=queries.path(group),
        sent=sum(item.state in (ItemState.SENT, ItemState.ACCEPTED) for item in items.values()),
        accepted=sum(item.state is ItemState.ACCEPTED for item in items.values()),
        now=clock.now(),
    )


@bp.post("/<ref>/body")
@gates.signed_in
def begin(ref: str) -> ResponseReturnValue:
    """A body that exists already opens its file by itself; an informal group's is opened when it has won."""
    group = my_group(ref)
    if group.kind is not Kind.CONSTITUTED:
        raise Conflict("You form the body when your campaign has reached its threshold.")
    with transaction():
        service.open_entity(group, by=gates.require(), now=clock.now())
    return redirect(url_for("groups.constitution", ref=ref), 303)


def said(entity: LegalEntity, kind: ItemKind) -> str:
    """What the group has said for an item, in one line."""
    match kind:
        case ItemKind.NAME:
            return f"{entity.name}, {FORMS[entity.form]}" if entity.name and entity.form else ""
        case ItemKind.TAX_CODE:
            return entity.tax_code or ""
        case ItemKind.REPRESENTATIVE:
            person = identity.person(entity.representative_id) if entity.representative_id else None
            return person.name if person else ""
        case ItemKind.IBAN:
            return " · ".join(filter(None, (spaced(entity.iban), entity.bank))) if entity.iban else ""
        case ItemKind.ACCOUNT:
            return str(_("Enabled")) if entity.account_ready_at else ""
    _item, name = queries.papers(entity.id)[kind]
    return name


def _item_page(group: Group, entity: LegalEntity, kind: ItemKind, **more: Any) -> str:
    values = {
        "name": entity.name or (group.name if group.kind is Kind.CONSTITUTED else ""),
        "form": entity.form or "association",
        "register_number": entity.register_number,
        "tax_code": entity.tax_code,
        "iban": spaced(entity.iban) if entity.iban else "",
        "representative": _ref_of(entity.representative_id),
    }
    context: dict[str, Any] = {"values": values, "errors": {}, **more}
    item = queries.items(entity.id)[kind]
    return render_template(
        f"groups/item_{'document' if kind in DOCUMENTS else kind.value}.html",
        group=group,
        entity=entity,
        kind=kind,
        label=ITEMS[kind],
        item=item,
        state=STATES[item.state],
        said=said(entity, kind),
        forms=FORMS,
        people=queries.members(group.id),
        bank=bank_of(entity.iban) if entity.iban else None,
        **context,
    )


def _ref_of(person_id: int | None) -> str:
    person = identity.person(person_id) if person_id else None
    return person.ref if person else ""


@bp.get("/<ref>/body/<kind>")
@gates.signed_in
def item(ref: str, kind: str) -> ResponseReturnValue:
    """One item: what was sent, what the office said, and the form to send it."""
    group = my_group(ref)
    return _item_page(group, body_of(group), item_kind(kind))


@bp.post("/<ref>/body/<kind>")
@gates.signed_in
def send_item(ref: str, kind: str) -> ResponseReturnValue:
    """Send one item to the office."""
    group, which = my_group(ref), item_kind(kind)
    entity = body_of(group)
    try:
        with transaction():
            _send(entity, which)
    except (Invalid, Conflict) as refusal:
        errors, status = wrong(refusal)
        return _item_page(group, body_of(my_group(ref)), which, values=request.form, errors=errors), status
    flash(_("Saved and sent to the office."), "done")
    return redirect(url_for("groups.item", ref=ref, kind=kind) if which is ItemKind.IBAN else _list(ref), 303)


def _list(ref: str) -> str:
    return url_for("groups.constitution", ref=ref)


def _send(entity: LegalEntity, kind: ItemKind) -> None:
    form, by, now = request.form, gates.require(), clock.now()
    match kind:
        case ItemKind.NAME:
            name, number = form.get("name", ""), form.get("register_number", "")
            service.send_name(entity, name=name, form=form.get("form", ""), register_number=number, by=by, now=now)
        case ItemKind.TAX_CODE:
            service.send_tax_code(entity, tax_code=form.get("tax_code", ""), by=by, now=now)
        case ItemKind.REPRESENTATIVE:
            service.send_representative(entity, person_ref=form.get("representative", ""), by=by, now=now)
        case ItemKind.IBAN:
            service.send_iban(entity, iban=form.get("iban", ""), by=by, now=now)
        case ItemKind.DEED | ItemKind.STATUTE:
            file = request.files.get("file")
            data, name = (file.read(), file.filename or "") if file else (b"", "")
            service.send_document(entity, kind, data=data, filename=name, by=by, now=now)
        case ItemKind.ACCOUNT:
            raise Missing


@bp.get("/<ref>/body/<kind>/file")
@gates.signed_in
def document(ref: str, kind: str) -> ResponseReturnValue:
    """What we sent, as we sent it."""
    found = queries.items(body_of(my_group(ref)).id)[item_kind(kind)]
    file = files.by_id(found.file_id) if found.file_id else None
    if file is None:
        raise Missing
    return downloads.send(file)


# --- the account at the payment provider: leave by a GET link, come back to a page that reads it again ----------------


@bp.post("/<ref>/body/account/open")
@gates.signed_in
def onboard(ref: str) -> ResponseReturnValue:
    """Open the account: our note first, then the provider, then its answer; the key makes a second click harmless."""
    group, person = my_group(ref), gates.require()
    entity = body_of(group)
    try:
        with transaction():
            service.ask_account(entity, by=person, now=clock.now())
    except Conflict as refusal:
        errors, status = wrong(refusal)
        return _item_page(group, entity, ItemKind.ACCOUNT, errors=errors), status
    if entity.stripe_account is None:
        try:
            asked = entity.account_request or {}
            account = gateway.create_account(**asked, metadata={"entity": entity.ref}, key=f"account:{entity.ref}")
        except gateway.ProviderDown:
            raise Unavailable(_DOWN) from None
        except gateway.ProviderRefused:
            raise Conflict(_REFUSED) from None
        with transaction():
            service.attach_account(entity, account.id, by=person, now=clock.now())
    return redirect(url_for("groups.item", ref=ref, kind="account"), 303)


@bp.get("/<ref>/body/account/leave")
@gates.signed_in
def leave_for_account(ref: str) -> ResponseReturnValue:
    """Go to the provider's pages by a link that is good once; also where the provider sends who comes too late."""
    entity, now = body_of(my_group(ref)), clock.now()
    if entity.stripe_account is None:
        return redirect(url_for("groups.item", ref=ref, kind="account"), 303)
    base = str(current_app.config["BASE_URL"]).rstrip("/")
    try:
        link = gateway.account_link(
            entity.stripe_account,
            refresh_url=base + url_for("groups.leave_for_account", ref=ref),
            return_url=base + url_for("groups.onboarded", ref=ref),
            key=f"link:{entity.ref}:{now.isoformat()}",
        )
    except gateway.ProviderDown:
        raise Unavailable(_DOWN) from None
    except gateway.ProviderRefused:
        raise Conflict(_REFUSED) from None
    return redirect(link, 303)


@bp.get("/<ref>/body/account/back")
@gates.signed_in
def onboarded(ref: str) -> ResponseReturnValue:
    """Back from the provider: ask it how the account stands, and say so."""
    entity = body_of(my_group(ref))
    if entity.stripe_account is not None:
        try:
            ready = jobs.read_account(entity)
        except gateway.ProviderDown:
            raise Unavailable(_DOWN) from None
        except gateway.ProviderRefused:
            raise Conflict(_REFUSED) from None
        words = (
            _("The account is enabled.") if ready else _("The provider still needs something: go on where you left.")
        )
        flash(words, "done" if ready else "warn")
    return redirect(url_for("groups.item", ref=ref, kind="account"), 303)
