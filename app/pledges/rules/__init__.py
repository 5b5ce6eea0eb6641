"""What a promise may become, when a card or a cancellation is refused, and when a donor is asked again. Pure."""

import calendar
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.core.errors import Conflict, Invalid, Refusal
from app.core.money import ZERO, Money
from app.groups.rules import LegalForm

NAME_MOST = 80
RETRY_DAYS = (3, 7, 13)
CHECKOUT_LIFE = timedelta(hours=23)
CHECKOUT_LEAST = timedelta(minutes=31)  # Stripe refuses a page that would live less than half an hour
LINK_LIFE = timedelta(days=180)
LEASE = timedelta(seconds=30)
REFUSED_MOST = 5  # so often an attempt that the provider will not make is tried, then it ends
ABANDONED = timedelta(hours=1)


class Kind(StrEnum):
    """A promise is charged at the close; a gap gift is charged at once, in the grace window."""

    PROMISE = "promise"
    GAP = "gap"


class State(StrEnum):
    """Where a pledge stands."""

    STARTED = "started"
    HELD = "held"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    CHARGED = "charged"
    UNPAID = "unpaid"
    REFUNDED = "refunded"


class LeftOut(StrEnum):
    """Why an officer left a gift out of threshold and match."""

    OWN = "own"  # of the group's own board, or given for it
    PUBLIC_BODY = "public_body"
    SAME_PERSON = "same_person"  # one person under several names
    OTHER = "other"


class Act(StrEnum):
    """What can happen to a pledge."""

    STORE = "store"  # the card is stored
    HOLD = "hold"  # the card is stored, but an officer looks first
    CLEAR = "clear"  # the officer confirmed
    REFUSE = "refuse"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CHARGE = "charge"
    DROP = "drop"
    REFUND = "refund"


MOVES: dict[tuple[State, Act], State] = {
    (State.STARTED, Act.STORE): State.ACTIVE,
    (State.STARTED, Act.HOLD): State.HELD,
    (State.STARTED, Act.REFUSE): State.REFUSED,
    (State.STARTED, Act.EXPIRE): State.EXPIRED,
    (State.STARTED, Act.CANCEL): State.CANCELLED,
    (State.STARTED, Act.CHARGE): State.CHARGED,  # a gap gift: paid at once
    (State.HELD, Act.CLEAR): State.ACTIVE,
    (State.HELD, Act.REFUSE): State.REFUSED,
    (State.HELD, Act.CANCEL): State.CANCELLED,
    (State.HELD, Act.EXPIRE): State.EXPIRED,
    (State.ACTIVE, Act.CANCEL): State.CANCELLED,
    (State.ACTIVE, Act.CHARGE): State.CHARGED,
    (State.ACTIVE, Act.DROP): State.UNPAID,
    (State.CHARGED, Act.REFUND): State.REFUNDED,
}

OPEN = frozenset({State.STARTED, State.HELD, State.ACTIVE})
FINAL = frozenset(State) - OPEN


class Mode(StrEnum):
    """How one attempt reaches the card."""

    STORED = "stored"  # the stored card, its owner absent
    PRESENT = "present"  # the hosted page, its owner present


class ChargeState(StrEnum):
    """Where one attempt to charge stands."""

    INTENT = "intent"  # our row only: nothing was sent yet, or we do not know
    SENT = "sent"  # the provider has it
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELLED = "cancelled"


LIVE = frozenset({ChargeState.INTENT, ChargeState.SENT})


class RefundState(StrEnum):
    """Where a refund stands."""

    ASKED = "asked"  # an officer asks, another decides
    TURNED_DOWN = "turned_down"
    INTENT = "intent"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the provider would not send it
    BOUNCED = "bounced"  # sent, and the donor's bank gave it back: it waits at the platform


class Origin(StrEnum):
    """Who began a refund."""

    RULE = "rule"  # the terms: too little was collected
    LATE = "late"  # charged after the pledge had ended
    OFFICER = "officer"
    PROVIDER = "provider"  # somebody in the provider's dashboard


class DisputeState(StrEnum):
    """Where a dispute stands; while it is open the money is away."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Reversal(StrEnum):
    """Whether the body gave back what a lost dispute took."""

    NONE = "none"
    WANTED = "wanted"
    DONE = "done"
    SHORT = "short"  # its account is empty: it owes


class RefundAct(StrEnum):
    """What can happen to a refund."""

    APPROVE = "approve"
    TURN_DOWN = "turn_down"


REFUND_MOVES: dict[tuple[RefundState, RefundAct], RefundState] = {
    (RefundState.ASKED, RefundAct.APPROVE): RefundState.INTENT,
    (RefundState.ASKED, RefundAct.TURN_DOWN): RefundState.TURNED_DOWN,
}
UNDER_WAY = frozenset({RefundState.INTENT, RefundState.SENT})


def refuse_refund(amount: Money, left: Money, disputed: bool) -> Refusal | None:
    """What cannot be sent back of a gift: nothing, more than is left of it, or what a bank is disputing."""
    if disputed:
        return Conflict("The donor’s bank disputes this gift: nothing can be sent back until the dispute is decided.")
    if left <= ZERO:
        return Conflict("Nothing of this gift is left to send back.")
    if amount <= ZERO or amount > left:
        return Invalid({"amount": Refusal("Write a sum between one cent and %(left)s.", left=left)})
    return None


class Advice(StrEnum):
    """What to do after a card was declined."""

    RETRY = "retry"  # the same card may work later
    PERSON = "person"  # the bank wants its owner present
    CARD = "card"  # another card is needed


_HARD = frozenset(
    {
        "lost_card",
        "stolen_card",
        "pickup_card",
        "expired_card",
        "incorrect_number",
        "invalid_account",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "security_violation",
        "transaction_not_allowed",
        "card_not_supported",
        "currency_not_supported",
        "fraudulent",
        "merchant_blacklist",
    }
)


def advice(decline_code: str | None, said: str | None) -> Advice:
    """What a decline means for the next attempt; the network's own word goes first."""
    if decline_code == "authentication_required":
        return Advice.PERSON
    if said == "do_not_try_again" or decline_code in _HARD:
        return Advice.CARD
    if said == "confirm_card_data":
        return Advice.CARD
    return Advice.RETRY


def wait_after_refusal(times: int) -> timedelta:
    """Longer after each refusal: half a minute, one, two, four."""
    return LEASE * (1 << min(max(times - 1, 0), 6))


def retry_due(collection_started_at: datetime, now: datetime) -> datetime | None:
    """The newest planned moment of a new attempt, if one has come: those missed before it are not made up for."""
    return max((at for days in RETRY_DAYS if (at := collection_started_at + timedelta(days=days)) <= now), default=None)


LAST, LEAST_FAILED = 20, 12  # of so many first attempts so many fail: something is wrong, and not with the cards
BUSY_MOST = timedelta(seconds=64)


def failures_jump(tried: int, failed: int) -> bool:
    """Whether so many of the last first attempts failed that charging goes on only after a person has looked."""
    return tried >= LAST and failed >= LEAST_FAILED


def patience(busy: int) -> timedelta:
    """How long nobody is charged after the provider asked for patience so many times in a row: 1, 2, 4 … 64 seconds."""
    return min(BUSY_MOST, timedelta(seconds=1 << min(max(busy - 1, 0), 6)))


def fee(amount: Money, bp: int, fixed: Money) -> Money:
    """The provider's fee by the terms' estimate, rounded up; never the whole gift."""
    return min(amount.share_up(bp) + fixed, amount - Money(1)) if amount.cents > 1 else ZERO


def card_lives_until(month: int, year: int) -> date:
    """The last day on which a card can be charged."""
    return date(year, month, calendar.monthrange(year, month)[1])


def refuse_card(month: int, year: int, last_charge_on: date) -> Refusal | None:
    """A card that may die before the last possible charge is no promise."""
    if card_lives_until(month, year) < last_charge_on:
        return Refusal(
            "This card expires in %(month)s, before the last possible charge. Use a card that lives longer.",
            month=f"{month:02d}/{year}",
        )
    return None


def refuse_amount(amount: Money, gift_min: Money, room: Money) -> Refusal | None:
    """Too little, or more than the project can take."""
    if amount < gift_min:
        return Refusal("The smallest gift is %(least)s.", least=gift_min)
    if room <= ZERO:
        return Refusal("The whole budget is covered: this project takes no more gifts.")
    if amount > room:
        return Refusal("This project can take at most %(room)s more. Choose a smaller sum.", room=room)
    return None


def check_email(text: str) -> str:
    """A donor's address in the form in which we keep it."""
    email = text.strip().lower()
    if not email:
        raise Invalid({"email": Refusal("Write your e-mail: it takes the confirmation and the link to cancel to you.")})
    if "@" not in email:
        raise Invalid({"email": Refusal("The @ is missing. Write the address like this: name@example.org.")})
    local, _, host = email.rpartition("@")
    labels = host.split(".")
    printable = all(32 < ord(sign) < 127 and sign not in '"(),:;<>[\\]' for sign in email)
    whole = bool(local) and "@" not in local and len(labels) > 1 and all(labels) and len(email) <= 254
    dotted = not local.startswith(".") and not local.endswith(".") and ".." not in local
    hyphens = all(not label.startswith("-") and not label.endswith("-") for label in labels)
    if not (printable and whole and dotted and hyphens):
        raise Invalid({"email": Refusal("This address is not complete. Write it like this: name@example.org.")})
    return email


def refuse_cancel(
    *,
    state: State,
    counts: bool,
    left: Money,
    threshold: Money,
    donors_left: int,
    donors_min: int,
    free_until: datetime,
    closes_at: datetime,
    now: datetime,
) -> Refusal | None:
    """Freely until the day before the close, then only while the campaign stays at its threshold without this pledge.

    `left` and `donors_left` are what the others give and how many they are; the rules may ask for a least number.
    """
    if state not in OPEN:
        return Conflict("This pledge is over already: there is nothing to cancel.")
    if now >= closes_at:
        return Conflict("The campaign is closed: pledges can no longer be cancelled.")
    if now < free_until or state is not State.ACTIVE or not counts:
        return None
    if left >= threshold and donors_left >= donors_min:
        return None
    if left >= threshold:
        return Conflict(
            "So near the end a pledge can be cancelled only while the campaign keeps its %(people)s people. "
            "If at the close they are fewer, nobody pays.",
            people=donors_min,
        )
    return Conflict(
        "So near the end a pledge can be cancelled only while the campaign stays at its threshold of %(threshold)s. "
        "If at the close it is not reached, nobody pays.",
        threshold=threshold,
    )


def checkout_expires(now: datetime, closes_at: datetime) -> datetime:
    """The hosted page ends before the campaign does, within what Stripe allows."""
    return max(now + CHECKOUT_LEAST, min(now + CHECKOUT_LIFE, closes_at))


# Gifts to these bodies lower the donor's tax (Third Sector Code, art. 83), once they stand in the national register.
RECEIPT_FORMS = frozenset({LegalForm.APS, LegalForm.ODV})


def receipt_possible(
    state: State,
    form: LegalForm | None,
    register_number: str | None,
    verified_at: datetime | None,
    paid: datetime | None,
) -> bool:
    """Whether a tax receipt can be given: the gift came in, and its body was of the right kind on that day."""
    if state is not State.CHARGED or form not in RECEIPT_FORMS or not (register_number or "").strip():
        return False
    return verified_at is not None and paid is not None and verified_at <= paid
