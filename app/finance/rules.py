"""What the provider's balance must show of each charge, and how long something may stay unexplained. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

PATIENCE = 3  # working days; then no money at all moves on
SETTLING = timedelta(minutes=15)  # so young, our row and the provider's line may not both be there yet
# Type of a line on the platform's balance (True) or the body's own (False).
Place = tuple[bool, str]


@dataclass(frozen=True)
class Facts:
    """What our rows say of one charge, in cents."""

    campaign_id: int
    charge: str
    amount: int
    fee: int
    refunded: int = 0
    bounced: int = 0
    disputed: int = 0  # open or lost
    dispute_fees: int = 0
    taken_back: int = 0
    fee_back: int = 0


@dataclass(frozen=True)
class Difference:
    """A figure on which we and the provider do not agree."""

    key: str
    what: str
    about: str
    ours: int
    theirs: int
    subjects: tuple[str, ...] = field(default=())


def expected(facts: Facts) -> dict[Place, int]:
    """The sums of the lines that the provider's balances must show of this charge."""
    return {
        (True, "charge"): facts.amount,
        (True, "transfer"): -facts.amount,
        (True, "application_fee"): facts.fee,
        (True, "refund"): -facts.refunded - facts.bounced,
        (True, "refund_failure"): facts.bounced,
        (True, "transfer_refund"): facts.taken_back,
        (True, "application_fee_refund"): -facts.fee_back,
        (True, "adjustment"): -facts.disputed,
        (False, "payment"): facts.amount,
        (False, "payment_refund"): -facts.taken_back,
        (False, "application_fee_refund"): facts.fee_back,
    }


def differences(facts: Facts, lines: Mapping[Place, tuple[int, int]]) -> list[Difference]:
    """Where the lines of one charge are not what our rows say, figure by figure; a dispute's and the body's fee too."""
    wanted = expected(facts)
    subject = f"campaign:{facts.campaign_id}"
    found = []
    for place in sorted({*wanted, *lines}):
        ours, theirs = wanted.get(place, 0), lines.get(place, (0, 0))[0]
        if ours != theirs:
            found.append(_difference(facts.charge, place, ours, theirs, subject))
    for place, ours in (((True, "adjustment"), facts.dispute_fees), ((False, "payment"), facts.fee)):
        theirs = lines.get(place, (0, 0))[1]
        if ours != theirs:
            found.append(_difference(facts.charge, (place[0], f"{place[1]}_fee"), ours, theirs, subject))
    return found


def _difference(charge: str, place: Place, ours: int, theirs: int, subject: str) -> Difference:
    where = "platform" if place[0] else "account"
    return Difference(f"{charge}:{where}:{place[1]}", f"{where}:{place[1]}", charge, ours, theirs, (subject,))


def working_days(since: date, until: date) -> int:
    """How many working days have gone by since that day; Saturdays and Sundays are none."""
    days = (until - since).days
    return sum(1 for n in range(1, days + 1) if (since + timedelta(days=n)).weekday() < 5)


def too_long(found_on: date, today: date) -> bool:
    """Whether something has been unexplained for more than three working days."""
    return working_days(found_on, today) > PATIENCE
