"""What a group may be, which papers make it a payable body, and when it is reminded: pure decisions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schwifty import IBAN

from app.core.errors import Conflict, Refusal
from app.core.money import N_

INVITATION_DAYS = 14
REMINDER_DAYS = (30, 14, 7, 1)
EXTENSION_DAYS = 16


class Kind(StrEnum):
    """Whether the group is still only people, or already a body."""

    INFORMAL = "informal"
    CONSTITUTED = "constituted"


class EntityState(StrEnum):
    """A legal entity may be paid only when it is verified."""

    DRAFT = "draft"
    VERIFIED = "verified"


class EntityAct(StrEnum):
    """What can happen to an entity."""

    VERIFY = "verify"
    REOPEN = "reopen"


ENTITY_MOVES: Mapping[tuple[EntityState, EntityAct], EntityState] = {
    (EntityState.DRAFT, EntityAct.VERIFY): EntityState.VERIFIED,
    (EntityState.VERIFIED, EntityAct.REOPEN): EntityState.DRAFT,
    (EntityState.DRAFT, EntityAct.REOPEN): EntityState.DRAFT,
}


class ItemKind(StrEnum):
    """What an officer verifies, one by one, in the order in which a group comes to have it."""

    NAME = "name"
    DEED = "deed"
    STATUTE = "statute"
    TAX_CODE = "tax_code"
    REPRESENTATIVE = "representative"
    IBAN = "iban"
    ACCOUNT = "account"


DOCUMENTS = frozenset({ItemKind.DEED, ItemKind.STATUTE})


class ItemState(StrEnum):
    """Where one item stands between the group and the officer."""

    MISSING = "missing"
    SENT = "sent"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class ItemAct(StrEnum):
    """What the group (send) and the officer (accept, return) do with an item; an account may lose its readiness."""

    SEND = "send"
    ACCEPT = "accept"
    RETURN = "return"
    LOSE = "lose"


ITEM_MOVES: Mapping[tuple[ItemState, ItemAct], ItemState] = {
    (ItemState.MISSING, ItemAct.SEND): ItemState.SENT,
    (ItemState.SENT, ItemAct.SEND): ItemState.SENT,
    (ItemState.RETURNED, ItemAct.SEND): ItemState.SENT,
    # a change after the acceptance is looked at again
    (ItemState.ACCEPTED, ItemAct.SEND): ItemState.SENT,
    (ItemState.SENT, ItemAct.ACCEPT): ItemState.ACCEPTED,
    (ItemState.SENT, ItemAct.RETURN): ItemState.RETURNED,
    (ItemState.ACCEPTED, ItemAct.RETURN): ItemState.RETURNED,
    (ItemState.SENT, ItemAct.LOSE): ItemState.MISSING,
}


class Outcome(StrEnum):
    """How the time for the constitution ended."""

    VERIFIED = "verified"
    LAPSED = "lapsed"


class LegalForm(StrEnum):
    """The forms that a non-profit body of the neighbourhood takes."""

    ASSOCIATION = "association"
    COMMITTEE = "committee"
    APS = "aps"
    ODV = "odv"
    SMALL_COOPERATIVE = "small_cooperative"
    COOPERATIVE = "cooperative"
    FOUNDATION = "foundation"


# Italian civil code and third-sector code; a foundation has no members at all.
FOUNDERS_MIN: Mapping[LegalForm, int] = {
    LegalForm.ASSOCIATION: 2,
    LegalForm.COMMITTEE: 3,
    LegalForm.APS: 7,
    LegalForm.ODV: 7,
    LegalForm.SMALL_COOPERATIVE: 3,
    LegalForm.COOPERATIVE: 9,
}

_TOO_FEW: Mapping[LegalForm, str] = {
    LegalForm.ASSOCIATION: N_("An association needs at least %(least)d people: you are %(have)d."),
    LegalForm.COMMITTEE: N_(
        "A committee needs at least %(least)d people: you are %(have)d. You can form an association."
    ),
    LegalForm.APS: N_("An APS needs at least %(least)d people: you are %(have)d. You can form an association."),
    LegalForm.ODV: N_("An ODV needs at least %(least)d people: you are %(have)d. You can form an association."),
    LegalForm.SMALL_COOPERATIVE: N_(
        "A small cooperative needs at least %(least)d people: you are %(have)d. You can form an association."
    ),
    LegalForm.COOPERATIVE: N_(
        "A cooperative needs at least %(least)d people: you are %(have)d. You can form an association."
    ),
}
_FOUNDATION = N_(
    "A foundation is born of an endowment and a notary's deed, not of its members: it cannot be the body that you "
    "%(have)d undertook to form. You can form an association, for which %(least)d people are enough."
)


def refuse_form(form: LegalForm, kind: Kind, members: int) -> Refusal | None:
    """Why these people cannot form such a body; None where they can, or where the body exists already."""
    if kind is Kind.CONSTITUTED:
        return None
    if form is LegalForm.FOUNDATION:
        return Refusal(_FOUNDATION, have=members, least=FOUNDERS_MIN[LegalForm.ASSOCIATION])
    if members < FOUNDERS_MIN[form]:
        return Refusal(_TOO_FEW[form], least=FOUNDERS_MIN[form], have=members)
    return None


@dataclass(frozen=True)
class Bank:
    """What an IBAN tells of the bank behind it."""

    name: str | None
    country: str


def bank_of(iban: str) -> Bank:
    """The bank and country of a valid IBAN; the name is None where the register does not know it."""
    code = IBAN(iban)
    return Bank(code.bank_name, code.country_code)


def refuse_iban(iban: str) -> Refusal | None:
    """Why a valid IBAN is of no use to us: the city pays within the SEPA area only."""
    if not IBAN(iban).in_sepa_zone:
        return Refusal("This account is outside the SEPA area. Write the IBAN of an account in Europe.")
    return None


def spaced(iban: str) -> str:
    """An IBAN in groups of four, as on paper."""
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def masked(iban: str) -> str:
    """An IBAN of which only country and last four characters are shown."""
    return f"{iban[:2]}•• •••• {iban[-4:]}"


def refuse_extension(days: int, most: int, already: bool) -> Refusal | None:
    """Why the time cannot be extended so: once only, and within the call's limit."""
    if already:
        return Conflict("This group has already had its one extension.")
    if not 1 <= days <= most:
        return Refusal("Write a number of days between 1 and %(most)d.", most=most)
    return None


def reminder_due(days_left: int, length: int) -> int | None:
    """Which reminder (days before the end) stands today; the first day's letter is itself the longest one."""
    due = [days for days in REMINDER_DAYS if days_left <= days < length]
    return min(due) if due and days_left >= 0 else None


def days_between(first: date, last: date) -> int:
    """Civil days from one date to the other."""
    return (last - first).days


def slug(name: str) -> str:
    """The name as it stands in an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].strip("-") or "gruppo"
