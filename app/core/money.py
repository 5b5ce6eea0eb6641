"""Money is an integer of cents in the installation's one currency; no float ever touches it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WHOLE = 10_000  # basis points


@dataclass(frozen=True, order=True, slots=True)
class Rate:
    """A share in basis points, to be written as people write a percentage."""

    bp: int


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An exact amount in cents."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"cents must be an int, not {type(self.cents).__name__}")

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __mul__(self, times: int) -> Money:
        return Money(self.cents * times)

    def __neg__(self) -> Money:
        return Money(-self.cents)

    def __bool__(self) -> bool:
        return self.cents != 0

    def share(self, basis_points: int) -> Money:
        """The given share in basis points, rounded down to the cent (matches and grants)."""
        return Money(self.cents * basis_points // WHOLE)

    def share_up(self, basis_points: int) -> Money:
        """The given share in basis points, rounded up to the cent (thresholds)."""
        return Money(-(-self.cents * basis_points // WHOLE))

    def ratio(self, part: Money, whole: Money) -> Money:
        """This amount times part/whole, rounded down to the cent; whole must be positive."""
        if whole.cents <= 0:
            raise ValueError("the whole of a ratio must be positive")
        return Money(self.cents * part.cents // whole.cents)

    def basis_points_of(self, whole: Money) -> int:
        """How many basis points of the whole this is, rounded down; 0 where the whole is not positive."""
        return self.cents * WHOLE // whole.cents if whole.cents > 0 else 0


ZERO = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    """The sum of the amounts."""
    return sum(amounts, ZERO)


def split(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Parts in proportion to the weights that add up to the whole exactly (largest remainder, first wins a tie)."""
    scale = sum(weights)
    if scale <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative and not all zero")
    floors = [whole.cents * weight // scale for weight in weights]
    rest = whole.cents - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole.cents * weights[i] % scale), i))
    for i in by_remainder[:rest]:
        floors[i] += 1
    return [Money(cents) for cents in floors]


def table(rows: Sequence[int], columns: Sequence[int]) -> list[list[int]]:
    """Whole cents in proportion to rows and columns whose sums are both kept: first rounded down, then cent by cent."""
    whole = sum(columns)
    cells = [[row * column // whole for column in columns] for row in rows]
    missing = [column - sum(line[n] for line in cells) for n, column in enumerate(columns)]
    for row, line in zip(rows, cells, strict=True):
        rest = row - sum(line)
        by_remainder = sorted(range(len(columns)), key=lambda n: (-(row * columns[n] % whole), n))
        while rest:
            for n in by_remainder:
                if rest and missing[n]:
                    line[n], missing[n], rest = line[n] + 1, missing[n] - 1, rest - 1
    return cells


class AmountError(ValueError):
    """A typed amount that cannot be read for certain; the message is a sentence that says how to write it."""


def N_(sentence: str) -> str:  # noqa: N802 - the catalogue's customary mark for a sentence translated later
    """Mark a sentence for the translation catalogue."""
    return sentence


_HOW = N_("Write the amount with digits and a comma only, for example 12.50.")
_TOO_LARGE = N_("This amount is too large. Write less than 100 million.")
_NOT_POSITIVE = N_("Write an amount above zero, for example 12.50.")
# ASCII digits only: Decimal() would also take NaN, 1e400, underscores and the digits of other scripts.
_IT = re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?P<cents>[0-9]{1,2}))?")
_EN = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<cents>[0-9]{1,2}))?")
_CLEAR_POINT = re.compile(r"(?P<whole>[0-9]+)\.(?P<cents>[0-9]{2})")
_CLEAR_COMMA = re.compile(r"(?P<whole>[0-9]+),(?P<cents>[0-9]{2})")


def parse(text: str, locale: str = "it") -> Money:
    """Read a typed amount by our own grammar; what could mean two things is refused, never guessed.

    Italian: 1.234,50 · 1234,5 · 1234.50 (a point and exactly two digits can only be cents). English: 1,234.50 ·
    1234.5 · 1234,50. Raises AmountError.
    """
    bare = text.strip().removesuffix("€").removeprefix("€").strip(" \u00a0\u202f")
    if len(bare) > 20:
        raise AmountError(_TOO_LARGE)
    grammars = (_EN, _CLEAR_COMMA) if locale == "en" else (_IT, _CLEAR_POINT)
    found = next((match for grammar in grammars if (match := grammar.fullmatch(bare))), None)
    if found is None:
        raise AmountError(_HOW)
    whole = int(found["whole"].replace(".", "").replace(",", ""))
    cents = whole * 100 + int((found["cents"] or "").ljust(2, "0"))
    if cents == 0:
        raise AmountError(_NOT_POSITIVE)
    if cents >= 10_000_000_000:
        raise AmountError(_TOO_LARGE)
    return Money(cents)


def euros(text: str) -> Money:
    """A constant written in code as "12.50" or "12"; negative allowed."""
    sign, bare = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, _, cents = bare.replace(",", "").partition(".")
    return Money(sign * (int(whole) * 100 + int(cents.ljust(2, "0") or 0)))


def plain(money: Money) -> str:
    """Machine form with a point and two digits: 1234.50."""
    sign = "-" if money.cents < 0 else ""
    return f"{sign}{abs(money.cents) // 100}.{abs(money.cents) % 100:02d}"
