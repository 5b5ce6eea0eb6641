"""What a grant pays and when: tranches, orders that need three hands, expenses, and the closing of the accounts."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.calls.rules import TrancheKind
from app.core.money import ZERO, Money, total
from app.matching.rules import final_grant


class AgreementState(StrEnum):
    """An agreement waits for its signatures, or has both."""

    SENT = "sent"
    SIGNED = "signed"


class Signer(StrEnum):
    """The two parties."""

    RESPONSIBLE = "responsible"
    REPRESENTATIVE = "representative"


class TrancheState(StrEnum):
    """Whether a tranche can be ordered."""

    WAITING = "waiting"
    DUE = "due"
    PAID = "paid"
    NOTHING = "nothing"


class OrderState(StrEnum):
    """Whose hands a payment order has passed."""

    PREPARED = "prepared"
    APPROVED = "approved"
    EXPORTED = "exported"
    PAID = "paid"
    REFUSED = "refused"


class OrderAct(StrEnum):
    """What a hand does with an order."""

    APPROVE = "approve"
    EXPORT = "export"
    PAY = "pay"
    REFUSE = "refuse"


ORDER_MOVES: dict[tuple[OrderState, OrderAct], OrderState] = {
    (OrderState.PREPARED, OrderAct.APPROVE): OrderState.APPROVED,
    (OrderState.PREPARED, OrderAct.REFUSE): OrderState.REFUSED,
    (OrderState.APPROVED, OrderAct.EXPORT): OrderState.EXPORTED,
    (OrderState.APPROVED, OrderAct.REFUSE): OrderState.REFUSED,
    (OrderState.EXPORTED, OrderAct.PAY): OrderState.PAID,
}
LIVE_ORDERS = frozenset({OrderState.PREPARED, OrderState.APPROVED, OrderState.EXPORTED, OrderState.PAID})


class ReportState(StrEnum):
    """Whether the group writes, the office checks, or all is done."""

    OPEN = "open"
    SENT = "sent"
    CLOSED = "closed"


class ReportAct(StrEnum):
    """How a report goes back and forth."""

    SEND = "send"
    REOPEN = "reopen"
    CLOSE = "close"


REPORT_MOVES: dict[tuple[ReportState, ReportAct], ReportState] = {
    (ReportState.OPEN, ReportAct.SEND): ReportState.SENT,
    (ReportState.SENT, ReportAct.REOPEN): ReportState.OPEN,
    (ReportState.SENT, ReportAct.CLOSE): ReportState.CLOSED,
}


class ExpenseState(StrEnum):
    """What the office said of a receipt."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ExpenseAct(StrEnum):
    """What the office can say of a receipt."""

    ACCEPT = "accept"
    REJECT = "reject"


EXPENSE_MOVES: dict[tuple[ExpenseState, ExpenseAct], ExpenseState] = {
    (ExpenseState.SENT, ExpenseAct.ACCEPT): ExpenseState.ACCEPTED,
    (ExpenseState.SENT, ExpenseAct.REJECT): ExpenseState.REJECTED,
}


def tranche_amounts(amount: Money, shares_bp: Sequence[int]) -> list[Money]:
    """Each tranche by its share, rounded down; the last one takes the cents that are left, so they always add up."""
    first = [amount.share(bp) for bp in shares_bp[:-1]]
    return [*first, amount - total(first)] if shares_bp else []


class Limit(StrEnum):
    """Which of the three limits set the final grant."""

    CONFIRMED = "confirmed"
    SHARE = "share"
    GIFTS = "gifts"


@dataclass(frozen=True, slots=True)
class Closing:
    """The final figures of a grant."""

    confirmed: Money
    by_share: Money
    by_gifts: Money
    final: Money
    balance: Money
    economy: Money
    recovery: Money
    limit: Limit


def closing(confirmed: Money, share_bp: int, accepted: Money, gifts: Money, paid: Money) -> Closing:
    """Close the accounts: what the grant becomes, what is still paid, what flows back and what must be given back."""
    by_share, by_gifts = accepted.share(share_bp), max(ZERO, accepted - gifts)
    final = final_grant(confirmed, share_bp, accepted, gifts)
    limit = Limit.CONFIRMED if final == confirmed else Limit.GIFTS if final == by_gifts else Limit.SHARE
    return Closing(
        confirmed=confirmed,
        by_share=by_share,
        by_gifts=by_gifts,
        final=final,
        balance=max(ZERO, final - paid),
        economy=max(ZERO, confirmed - max(final, paid)),  # gifts that went back may leave less confirmed than paid
        recovery=max(ZERO, paid - final),
        limit=limit,
    )


def document_key(text: str) -> str:
    """A document's number or a supplier's code without case, accents, spaces and marks, so that duplicates meet."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "", plain)


def remittance(cup: str, tranche: TrancheKind, number: str, project: str) -> str:
    """The text of a bank transfer: CUP and tranche first, cut to the 140 characters a transfer can carry."""
    word = "anticipo" if tranche is TrancheKind.ADVANCE else "saldo"
    return f"CUP {cup} {word} {number} {project}"[:140]


def end_to_end(ref: str) -> str:
    """The reference a bank carries back: letters and digits only, 35 at most."""
    return re.sub(r"[^A-Za-z0-9]", "", ref).upper()[:35]
