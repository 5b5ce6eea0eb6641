"""The only writer of the room's tables: verbs on people, on the constitution, on the entity and its items."""

from app.groups.service.constitution import extend, lapse, open_constitution, open_entity, remind
from app.groups.service.entity import (
    accept_item,
    account_read,
    ask_account,
    attach_account,
    return_item,
    send_document,
    send_iban,
    send_name,
    send_representative,
    send_tax_code,
    verify,
)
from app.groups.service.people import describe, form, freeze, hold, invite, join, leave, thaw, withdraw_invitation

__all__ = [
    "accept_item",
    "account_read",
    "ask_account",
    "attach_account",
    "describe",
    "extend",
    "form",
    "freeze",
    "hold",
    "invite",
    "join",
    "lapse",
    "leave",
    "open_constitution",
    "open_entity",
    "remind",
    "return_item",
    "send_document",
    "send_iban",
    "send_name",
    "send_representative",
    "send_tax_code",
    "thaw",
    "verify",
    "withdraw_invitation",
]
