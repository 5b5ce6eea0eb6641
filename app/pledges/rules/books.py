"""What each fact about a pledge is in the ledger. Pure."""

from datetime import datetime

from app.core.money import Money
from app.ledger.rules import Journal, Leg

PROMISES, CASH = "promises", "cash"


def promised(campaign_id: int, pledge_id: int, amount: Money, at: datetime) -> Journal:
    """A donor's promise stands."""
    owner = f"campaign:{campaign_id}"
    return Journal(
        key=f"pledge:{pledge_id}:promised",
        kind="pledge.promised",
        at=at,
        subject=owner,
        legs=[Leg(PROMISES, owner, "donors", -amount), Leg(PROMISES, owner, "promised", amount)],
    )


def dropped(campaign_id: int, pledge_id: int, amount: Money, at: datetime) -> Journal:
    """The promise is over and was not charged."""
    owner = f"campaign:{campaign_id}"
    return Journal(
        key=f"pledge:{pledge_id}:dropped",
        kind="pledge.dropped",
        at=at,
        subject=owner,
        legs=[Leg(PROMISES, owner, "promised", -amount), Leg(PROMISES, owner, "donors", amount)],
    )


def charged(campaign_id: int, charge_id: int, amount: Money, fee: Money, at: datetime, *, kept: bool) -> Journal:
    """A card was charged; `kept` where the gift was promised before and the promise is now kept."""
    owner = f"campaign:{campaign_id}"
    legs = [
        Leg(CASH, owner, "givers", -amount),
        Leg(CASH, owner, "received", amount - fee),
        Leg(CASH, owner, "fees", fee),
    ]
    if kept:
        legs += [Leg(PROMISES, owner, "promised", -amount), Leg(PROMISES, owner, "kept", amount)]
    return Journal(key=f"charge:{charge_id}", kind="pledge.charged", at=at, subject=owner, legs=legs)


def refunded(campaign_id: int, refund_id: int, amount: Money, fee: Money, at: datetime) -> Journal:
    """A gift went back whole: the body gives what it received, the platform bears the fee that the provider keeps."""
    owner = f"campaign:{campaign_id}"
    legs = [
        Leg(CASH, owner, "givers", amount),
        Leg(CASH, owner, "received", -(amount - fee)),
        Leg(CASH, owner, "platform", -fee),
    ]
    return Journal(key=f"refund:{refund_id}", kind="pledge.refunded", at=at, subject=owner, legs=legs)
