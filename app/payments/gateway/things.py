"""What the city knows of Stripe's things, and what can go wrong: Stripe's own types stay in this package."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.errors import Unavailable
from app.core.money import N_, ZERO, Money

CURRENCY = "eur"

SIGNATURE_SECONDS = 300

TEXT_LIMIT = 1200  # Stripe's limit for a text shown beside the Checkout button


class ProviderDown(Unavailable):
    """Stripe did not answer, or not in a way that says what happened: ask again later with the same key."""

    def __init__(self, said: str) -> None:
        super().__init__(
            N_("The payment service does not answer at the moment. Nothing was charged: try again in a minute.")
        )
        self.said = said


class ProviderBusy(ProviderDown):
    """Stripe gets more requests than it takes: ask again after a while with the same key."""


class ProviderRefused(Exception):
    """Stripe understood the request and will not do it: asking again changes nothing."""

    def __init__(self, said: str, code: str | None = None) -> None:
        super().__init__(said)
        self.code = code


class ForgedEvent(Exception):
    """A message that claims to be from Stripe and is not, or is stale."""


@dataclass(frozen=True)
class Card:
    """A stored card, as much of it as may be shown."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str


@dataclass(frozen=True)
class Checkout:
    """Stripe's hosted page, open for one donor."""

    id: str
    status: str  # open | complete | expired
    url: str | None
    mode: str  # setup | payment
    customer: str | None
    setup: str | None
    intent: str | None
    paid: bool


@dataclass(frozen=True)
class Setup:
    """Whether a card was stored."""

    id: str
    status: str
    card: Card | None
    problem: str | None


@dataclass(frozen=True)
class Intent:
    """One attempt to charge, as Stripe now sees it."""

    id: str
    status: str
    amount: Money
    received: Money
    fee: Money
    destination: str | None
    charge: str | None
    decline_code: str | None
    advice: str | None
    card: Card | None

    @property
    def settled(self) -> bool:
        """The money has moved."""
        return self.status == "succeeded"


@dataclass(frozen=True)
class Refund:
    """Money on its way back to a donor."""

    id: str
    status: str  # pending | succeeded | failed | canceled | requires_action
    amount: Money
    intent: str | None
    reason: str | None
    reference: str | None = None  # our mark on it, where we began it
    taken_back: Money = ZERO  # of the transfer to the non-profit's account


@dataclass(frozen=True)
class Dispute:
    """A donor's bank takes a charge back."""

    id: str
    status: str  # open | won | lost
    reason: str
    amount: Money  # what was withdrawn from our balance
    fee: Money
    answer_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True)
class Split:
    """How a charge was divided: what the non-profit's account got and gave back, the fee and what went back of it."""

    transfer: str | None
    moved: Money
    moved_back: Money
    fee: Money
    fee_back: Money


@dataclass(frozen=True)
class Line:
    """One line of a balance, with the charge it belongs to or the thing through which that is found."""

    id: str
    account: str
    type: str
    amount: int
    fee: int
    source: str | None
    about: str | None
    parent: str | None
    created_at: datetime


@dataclass(frozen=True)
class Account:
    """A non-profit's connected account."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    due: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """It may receive money and pay it out."""
        return self.charges_enabled and self.payouts_enabled and self.details_submitted


@dataclass(frozen=True)
class Event:
    """News from Stripe, already proved to be Stripe's."""

    id: str
    type: str
    created_at: datetime
    livemode: bool
    account: str | None
    object_id: str
    payload: dict[str, Any]
