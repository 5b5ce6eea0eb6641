"""The test cards: what each number does when it is stored, when its owner is present and when she is not."""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.shapes import Obj

Authentication = Literal["never", "unless_set_up", "always"]


@dataclass(frozen=True)
class Decline:
    """How an issuer says no."""

    code: str
    decline_code: str
    message: str
    network_advice_code: str | None = None
    network_decline_code: str | None = None
    advice_code: str | None = None


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.", None, "05", "try_again_later")
FUNDS = Decline(
    "card_declined", "insufficient_funds", "Your card has insufficient funds.", "02", "51", "try_again_later"
)
LOST = Decline("card_declined", "lost_card", "Your card was declined.", "03", "41", "do_not_try_again")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.", "03", "43", "do_not_try_again")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.", "01", "54", "do_not_try_again")
CVC = Decline(
    "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", None, "N7", "confirm_card_data"
)
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "02",
    None,
    "try_again_later",
)
AUTHENTICATION = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


@dataclass(frozen=True)
class Card:
    """One test card."""

    number: str
    brand: str = "visa"
    setup: Decline | None = None
    charge: Decline | None = None
    authentication: Authentication = "never"
    disputed: bool = False
    refund: Literal["succeeds", "waits", "fails"] = "succeeds"
    funding: str = "credit"
    country: str = "IT"
    # (Italian, English): how the hosted page explains it where a card is stored, and where one pays at once.
    label: tuple[str, str] = ("", "")
    paying: tuple[str, str] | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same number, always."""
        return hashlib.sha256(b"cofonda sandbox card " + self.number.encode()).hexdigest()[:16]

    @property
    def spaced(self) -> str:
        """For people: in groups of four."""
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


SHOWN = (
    Card("4242424242424242", label=("Va a buon fine", "Succeeds")),
    Card(
        "4000002500003155",
        authentication="unless_set_up",
        label=("Chiede la conferma 3-D Secure adesso", "Asks for 3-D Secure now"),
    ),
    Card(
        "4000002760003184",
        authentication="always",
        label=(
            "Chiede 3-D Secure adesso; al prelievo la banca chiede di nuovo la persona",
            "Asks for 3-D Secure now; at the later charge the bank asks for the person again",
        ),
        paying=("Chiede la conferma 3-D Secure", "Asks for 3-D Secure"),
    ),
    Card("4000000000000002", setup=GENERIC, charge=GENERIC, label=("Rifiutata subito", "Declined now")),
    Card(
        "4000000000000341",
        charge=GENERIC,
        label=("Si salva, ma è rifiutata al prelievo", "Is stored, but declined at the later charge"),
        paying=("Rifiutata", "Declined"),
    ),
    # The real Stripe refuses this one when it is stored; here it is stored, so that a soft decline can be tried.
    Card(
        "4000000000009995",
        charge=FUNDS,
        label=("Si salva, ma al prelievo mancano i fondi", "Is stored, but has insufficient funds at the later charge"),
        paying=("Mancano i fondi", "Insufficient funds"),
    ),
)

OTHERS = (
    Card("5555555555554444", brand="mastercard"),
    Card("4000056655665556", funding="debit"),
    Card("378282246310005", brand="amex"),
    Card("4000000000009987", setup=LOST, charge=LOST),
    Card("4000000000009979", setup=STOLEN, charge=STOLEN),
    Card("4000000000000069", setup=EXPIRED, charge=EXPIRED),
    Card("4000000000000127", setup=CVC, charge=CVC),
    Card("4000000000000119", setup=PROCESSING, charge=PROCESSING),
    Card("4000008260003178", authentication="unless_set_up", charge=FUNDS),
    Card("4000000000000259", disputed=True),
    Card("4000000000007726", refund="waits"),
    Card("4000000000005126", refund="fails"),
)

CARDS = {card.number: card for card in (*SHOWN, *OTHERS)}

# Stripe's ready-made test payment methods, for tests that skip the hosted page.
READY = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_visa_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
    "pm_card_createDispute": "4000000000000259",
}


def luhn(number: str) -> bool:
    """Whether the check digit fits."""
    digits = [int(d) for d in reversed(number)]
    total = sum(d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits))
    return total % 10 == 0


def look_up(number: str) -> Card | None:
    """The test card with this number; None for any other, which a test environment never accepts."""
    return CARDS.get(number)


def of_private(known: Obj) -> Card:
    """The card behind a stored payment method."""
    card = CARDS[known["number"]]
    return (
        replace(card, authentication="never")
        if known.get("set_up") and card.authentication == "unless_set_up"
        else card
    )
