"""What a programme’s code and progress card must hold. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from app.core.money import ZERO, Money

CODE = re.compile(r"[A-Z]{2}\d{1,2}(\.\d{1,2}){1,3}(\.[a-z])?")
FUNDS = ("FESR", "FSE", "PN", "PNRR", "REG", "COM")


def programme_code(text: str) -> str:
    """The code as the plan writes it (axis.action.letter, such as MI3.3.1.d), empty where it is not one."""
    compact = "".join(text.split())
    tidy = compact[:2].upper() + compact[2:].lower()
    return tidy if CODE.fullmatch(tidy) else ""


@dataclass(frozen=True)
class Step:
    """One bar of the progress card: an amount, and its share of the largest in basis points."""

    name: str
    amount: Money
    share_bp: int


@dataclass(frozen=True)
class Progress:
    """The four amounts of a progress card: planned, admitted, legally binding, paid."""

    planned: Money
    admitted: Money
    committed: Money
    disbursed: Money

    def steps(self) -> list[Step]:
        """The four bars, measured against the largest amount."""
        amounts = {
            "planned": self.planned,
            "admitted": self.admitted,
            "committed": self.committed,
            "disbursed": self.disbursed,
        }
        widest = max(amounts.values())
        return [Step(name, amount, share(amount, widest)) for name, amount in amounts.items()]

    def out_of_order(self) -> list[tuple[str, str]]:
        """Pairs of amounts where the later step is above the earlier one: unusual, shown, not forbidden."""
        order = [(step.name, step.amount) for step in self.steps()]
        return [(low[0], high[0]) for low, high in pairwise(order) if high[1] > low[1]]


def share(part: Money, whole: Money) -> int:
    """The part in basis points of the whole, rounded down; nothing of nothing is nothing."""
    return part.cents * 10_000 // whole.cents if whole > ZERO else 0
