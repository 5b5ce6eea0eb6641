"""What each fact about a pledge is in the ledger. Pure."""

from datetime import datetime

from app.core.money import ZERO, Money
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


def refunded(
    campaign_id: int, refund_id: int, amount: Money, at: datetime, *, taken_back: Money, fee_back: Money, owed: Money
) -> Journal:
    """A gift, or a part of it, went back: the body gives or owes what it received, the platform bears the rest."""
    owner = f"campaign:{campaign_id}"
    legs = [Leg(CASH, owner, "givers", amount), *_borne(owner, amount, taken_back, fee_back, owed)]
    return Journal(key=f"refund:{refund_id}", kind="pledge.refunded", at=at, subject=owner, legs=legs)


def bounced(campaign_id: int, refund_id: int, amount: Money, at: datetime) -> Journal:
    """The donor's bank gave a refund back: the platform holds money that is the donor's."""
    owner = f"campaign:{campaign_id}"
    legs = [Leg(CASH, owner, "unclaimed", -amount), Leg(CASH, owner, "platform", amount)]
    return Journal(key=f"refund:{refund_id}:bounced", kind="pledge.bounced", at=at, subject=owner, legs=legs)


def disputed(campaign_id: int, dispute_id: int, amount: Money, beyond: Money, at: datetime) -> Journal:
    """The donor's bank took a gift back, from the platform's balance.

    What it took `beyond` the rest of the gift is money of the donor's that waited here, or more than was the donor's.
    """
    owner = f"campaign:{campaign_id}"
    legs = [
        Leg(CASH, owner, "givers", amount),
        Leg(CASH, owner, "unclaimed", beyond),
        Leg(CASH, owner, "platform", -(amount + beyond)),
    ]
    return Journal(key=f"dispute:{dispute_id}", kind="pledge.disputed", at=at, subject=owner, legs=legs)


def dispute_fee(campaign_id: int, dispute_id: int, fee: Money, at: datetime) -> Journal:
    """What the provider asks for a dispute; it stays, however the dispute ends."""
    owner = f"campaign:{campaign_id}"
    legs = [Leg(CASH, owner, "fees", fee), Leg(CASH, owner, "platform", -fee)]
    return Journal(key=f"dispute:{dispute_id}:fee", kind="pledge.dispute_fee", at=at, subject=owner, legs=legs)


def taken_back(
    campaign_id: int, dispute_id: int, at: datetime, *, taken_back: Money, fee_back: Money, owed: Money
) -> Journal:
    """A lost dispute: the body gives the platform what it received of the gift, or owes it."""
    owner = f"campaign:{campaign_id}"
    legs = _borne(owner, ZERO, taken_back, fee_back, owed)
    return Journal(key=f"dispute:{dispute_id}:lost", kind="pledge.dispute_lost", at=at, subject=owner, legs=legs)


def _borne(owner: str, amount: Money, taken: Money, fee_back: Money, owed: Money) -> list[Leg]:
    """Who bears what went back: the body by what it gave and what it owes, the platform by the rest."""
    gave = taken - fee_back
    return [
        Leg(CASH, owner, "received", -(gave + owed)),
        Leg(CASH, owner, "receivable", owed),
        Leg(CASH, owner, "platform", gave - amount),
    ]
