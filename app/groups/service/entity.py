"""The papers of a body: what the group sends, what an officer says of it, and the verification that lets money flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core import codes, words
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import N_
from app.core.moves import move
from app.files import service as files
from app.groups import queries
from app.groups.models import Group, Item, LegalEntity
from app.groups.rules import (
    DOCUMENTS,
    ENTITY_MOVES,
    ITEM_MOVES,
    EntityAct,
    EntityState,
    ItemAct,
    ItemKind,
    ItemState,
    LegalForm,
    Outcome,
    bank_of,
    refuse_form,
    refuse_iban,
)
from app.groups.service.constitution import close_verified, tell
from app.groups.service.people import hold
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record

NAME_MAX = 160


# --- the group's side -------------------------------------------------------------------------------------------------


def send_name(
    entity: LegalEntity, *, name: str, form: str, register_number: str = "", by: Person, now: datetime
) -> None:
    """Say how the body is called and which legal form it has."""
    group = _open_for(entity, by)
    name, number = " ".join(name.split()), register_number.strip()
    errors: dict[str, Refusal | str] = {}
    if not 2 <= len(name) <= NAME_MAX:
        errors["name"] = Refusal(
            "Write the name as it stands in the statute, at most %(most)d characters.", most=NAME_MAX
        )
    if form not in set(LegalForm):
        errors["form"] = N_("Choose the legal form of the body.")
    elif refusal := refuse_form(LegalForm(form), group.kind, queries.members_count(group.id)):
        errors["form"] = refusal
    if len(number) > 40:
        errors["register_number"] = N_("Write the register number only, for example 123456.")
    if errors:
        raise Invalid(errors)
    _reopen(entity, by=by, now=now)
    entity.name, entity.form, entity.register_number = name, LegalForm(form), number or None
    _sent(entity, ItemKind.NAME, by=by, now=now, value=f"{name} ({form})")


def send_tax_code(entity: LegalEntity, *, tax_code: str, by: Person, now: datetime) -> None:
    """Say the body's tax code, as the tax office gave it."""
    _open_for(entity, by)
    try:
        code = codes.body_tax_code(tax_code)
    except codes.CodeError as error:
        raise Invalid({"tax_code": str(error)}) from None
    _refuse_taken(entity, code)
    _reopen(entity, by=by, now=now)
    entity.tax_code = code
    _sent(entity, ItemKind.TAX_CODE, by=by, now=now, value=code)


def send_document(
    entity: LegalEntity, kind: ItemKind, *, data: bytes, filename: str, by: Person, now: datetime
) -> None:
    """Hand in the deed or the statute; only members and officers may read it."""
    if kind not in DOCUMENTS:
        raise Missing
    _open_for(entity, by)
    if not data:
        raise Invalid({"file": N_("Choose the file to send: a PDF, or a scan as PNG or JPEG.")})
    file = files.store(data, filename, kind="document", private=True, by=by, now=now)
    _reopen(entity, by=by, now=now)
    _item(entity, kind).file_id = file.id
    _sent(entity, kind, by=by, now=now, value=file.sha256)


def send_representative(entity: LegalEntity, *, person_ref: str, by: Person, now: datetime) -> None:
    """Say which member represents the body."""
    group = _open_for(entity, by)
    person = next((each for each in queries.members(group.id) if each.ref == person_ref), None)
    if person is None:
        raise Invalid({"representative": N_("Choose one of the group’s people.")})
    _reopen(entity, by=by, now=now)
    entity.representative_id = person.id
    _sent(entity, ItemKind.REPRESENTATIVE, by=by, now=now, value=person.name)


def send_iban(entity: LegalEntity, *, iban: str, by: Person, now: datetime) -> None:
    """Say where the city pays; a change after the verification stops every payment until an officer has looked."""
    _open_for(entity, by)
    try:
        code = codes.iban(iban)
    except codes.CodeError as error:
        raise Invalid({"iban": str(error)}) from None
    if refusal := refuse_iban(code):
        raise Invalid({"iban": refusal})
    if entity.iban == code and _item(entity, ItemKind.IBAN).state in (ItemState.SENT, ItemState.ACCEPTED):
        return
    _reopen(entity, by=by, now=now)
    entity.iban, entity.bank = code, bank_of(code).name
    _sent(entity, ItemKind.IBAN, by=by, now=now, value=f"{code[:2]}…{code[-4:]}")


def ask_account(entity: LegalEntity, *, by: Person, now: datetime) -> None:
    """Write down that the group opens its account for gifts, before the payment provider is asked."""
    _open_for(entity, by)
    if entity.name is None:
        raise Conflict("First write the body’s name and legal form: the account is opened in its name.")
    if entity.account_asked_at is None:
        entity.account_asked_at = now
        entity.account_request = {"name": entity.name, "email": by.email}
        record("groups.ask_account", subject=f"entity:{entity.id}", by=by, now=now)


def attach_account(entity: LegalEntity, account: str, *, by: Actor | None, now: datetime) -> None:
    """Keep the account that the provider opened; the same one twice changes nothing."""
    hold(queries.group(entity.group_id))
    db.session.refresh(entity)
    if entity.stripe_account == account:
        return
    if entity.stripe_account is not None:
        raise Conflict("This body already has its account for gifts.")
    entity.stripe_account = account
    record("groups.attach_account", subject=f"entity:{entity.id}", by=by, now=now, account=account)


def account_read(entity: LegalEntity, *, ready: bool, needs: Sequence[str], now: datetime) -> None:
    """Take over what the provider says of the account: ready to receive and pay out, or what it still needs."""
    hold(queries.group(entity.group_id))
    db.session.refresh(entity)
    was_ready = entity.account_ready_at is not None
    entity.account_needs = sorted(needs)
    item = _item(entity, ItemKind.ACCOUNT)
    if ready and not was_ready:
        entity.account_ready_at = now
        if item.state in (ItemState.MISSING, ItemState.RETURNED):
            item.state, item.sent_at = move(ITEM_MOVES, item.state, ItemAct.SEND), now
        record("groups.account_ready", subject=f"entity:{entity.id}", by=None, now=now)
    elif was_ready and not ready:
        entity.account_ready_at = None
        if item.state is ItemState.SENT:
            item.state = move(ITEM_MOVES, item.state, ItemAct.LOSE)
        record("groups.account_stopped", subject=f"entity:{entity.id}", by=None, now=now, needs=sorted(needs))
    db.session.flush()


# --- the officer's side -----------------------------------------------------------------------------------------------


def accept_item(entity: LegalEntity, kind: ItemKind, *, by: Person, now: datetime, seen: str | None = None) -> None:
    """An officer finds one item right: the one she has seen, if `seen` says when that was sent."""
    _hold_for_officer(entity, by)
    item = _item(entity, kind)
    db.session.refresh(item)
    if seen is not None and seen != queries.item_mark(item):
        raise Conflict("The group sent this item anew while you were reading. Look at it again before you accept it.")
    if item.state is ItemState.ACCEPTED:
        return
    if kind is ItemKind.ACCOUNT and entity.account_ready_at is None:
        raise Conflict("The payment provider has not enabled this account yet.")
    item.state = move(ITEM_MOVES, item.state, ItemAct.ACCEPT)
    item.checked_by, item.checked_at, item.reason = by.id, now, None
    record("groups.accept_item", subject=f"entity:{entity.id}", by=by, now=now, item=kind)


def return_item(entity: LegalEntity, kind: ItemKind, reason: str, *, by: Person, now: datetime) -> None:
    """An officer sends one item back with the reason, and the group is told."""
    group = _hold_for_officer(entity, by)
    reason = words.reason(reason, N_("Write what is wrong and how to mend it: the group reads this sentence."))
    if entity.state is EntityState.VERIFIED:
        raise Conflict("This body is verified: its items can no longer be sent back.")
    item = _item(entity, kind)
    item.state = move(ITEM_MOVES, item.state, ItemAct.RETURN)
    item.checked_by, item.checked_at, item.reason = by.id, now, reason
    record("groups.return_item", subject=f"entity:{entity.id}", by=by, now=now, item=kind, reason=reason)
    tell(group, "groups/item_returned", None, now=now, item=kind.value, reason=reason)


def verify(entity: LegalEntity, *, by: Person, now: datetime) -> None:
    """Declare the body verified: from now on it may be paid. Every item must have been accepted."""
    identity.refuse_hand(by, Hand.VERIFY, now)
    group = _hold_for_officer(entity, by)
    if entity.state is EntityState.VERIFIED:
        return
    open_ = [kind for kind, item in queries.items(entity.id).items() if item.state is not ItemState.ACCEPTED]
    if open_:
        raise Conflict("Not every item is accepted yet: %(count)d are open.", count=len(open_))
    if entity.account_ready_at is None:
        raise Conflict("The payment provider has not enabled this account yet.")
    _refuse_taken(entity, entity.tax_code or "")
    if entity.form is not None and (refusal := refuse_form(entity.form, group.kind, queries.members_count(group.id))):
        raise refusal
    db.session.flush()
    entity.state = move(ENTITY_MOVES, entity.state, EntityAct.VERIFY)
    entity.verified_at, entity.verified_by = now, by.id
    close_verified(group, now=now)
    db.session.flush()
    record("groups.verify", subject=f"entity:{entity.id}", by=by, now=now, group=group.id, tax_code=entity.tax_code)
    tell(group, "groups/verified", f"groups.verified:{entity.id}:{now.isoformat()}", now=now, entity=entity.name)


# --- within the verbs -------------------------------------------------------------------------------------------------


def _open_for(entity: LegalEntity, by: Person) -> Group:
    group = queries.group(entity.group_id)
    hold(group)
    db.session.refresh(entity)
    if not queries.is_member(group.id, by.id):
        raise Missing
    constitution = queries.constitution_of(group.id)
    if constitution is not None and constitution.outcome is Outcome.LAPSED:
        raise Conflict("The time to form this body is over.")
    return group


def _hold_for_officer(entity: LegalEntity, by: Person) -> Group:
    group = queries.group(entity.group_id)
    hold(group)
    db.session.refresh(entity)
    if queries.is_member(group.id, by.id):
        raise Forbidden("You belong to this group: another officer must check it.")
    constitution = queries.constitution_of(group.id)
    if constitution is not None and constitution.outcome is Outcome.LAPSED:
        raise Conflict("The time to form this body is over.")
    return group


def _item(entity: LegalEntity, kind: ItemKind) -> Item:
    return queries.items(entity.id)[kind]


def _sent(entity: LegalEntity, kind: ItemKind, *, by: Person, now: datetime, value: str) -> None:
    item = _item(entity, kind)
    item.state = move(ITEM_MOVES, item.state, ItemAct.SEND)
    item.sent_at, item.sent_by, item.reason = now, by.id, None
    item.checked_by = item.checked_at = None
    record("groups.send_item", subject=f"entity:{entity.id}", by=by, now=now, item=kind, value=value)
    db.session.flush()


def _reopen(entity: LegalEntity, *, by: Actor, now: datetime) -> None:
    if entity.state is not EntityState.VERIFIED:
        return
    entity.state = move(ENTITY_MOVES, entity.state, EntityAct.REOPEN)
    entity.verified_at = entity.verified_by = None
    db.session.flush()
    record("groups.reopen", subject=f"entity:{entity.id}", by=by, now=now)


def _refuse_taken(entity: LegalEntity, tax_code: str) -> None:
    other = queries.verified_with_tax_code(tax_code)
    if other is not None and other.id != entity.id:
        raise Invalid({"tax_code": N_("Another group’s verified body already has this tax code.")})
