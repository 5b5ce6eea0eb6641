"""Reads what people type into a form: each field a value, or a sentence beside it that says how to write it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from werkzeug.datastructures import MultiDict

from app.core.clock import LOCAL, at_local
from app.core.errors import Invalid, Refusal
from app.core.money import ZERO, AmountError, Money, parse

_NEVER = date(1970, 1, 1)


class Reading:
    """A form being read: ask for every field, then `finish`, which refuses with all sentences at once.

    A field that cannot be read gives a harmless value meanwhile; `finish` comes before anything is done with it.
    """

    def __init__(self, form: MultiDict[str, str], language: str = "it") -> None:
        self.form, self.language = form, language
        self.errors: dict[str, Refusal | str] = {}

    def refuse(self, name: str, why: Refusal | str) -> None:
        """Put a sentence beside a field, unless one stands there already."""
        self.errors.setdefault(name, why)

    def text(self, name: str, *, needed: bool = True, most: int = 4000) -> str:
        """One line or many of plain words, trimmed."""
        words = self.form.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
        if needed and not words:
            self.refuse(name, Refusal("This is missing."))
        if len(words) > most:
            self.refuse(name, Refusal("This is too long: at most %(most)s characters.", most=most))
        return words

    def amount(self, name: str, *, zero: bool = False, needed: bool = True) -> Money:
        """A sum by our own grammar in the reader’s language; nothing (0) only where that makes sense."""
        words = self.text(name, needed=needed)
        if not words or (zero and words in ("0", "0,00", "0.00")):
            return ZERO
        try:
            return parse(words, self.language)
        except AmountError as error:
            self.refuse(name, str(error))
            return ZERO

    def number(self, name: str) -> int:
        """A whole number in plain digits."""
        words = self.text(name)
        if words and not (words.isascii() and words.isdigit() and len(words) <= 9):
            self.refuse(name, Refusal("Write a whole number with digits only, for example 30."))
            return 0
        return int(words or 0)

    def percent(self, name: str) -> int:
        """A percentage with at most two decimals, in basis points."""
        words = self.text(name).removesuffix("%").strip().replace(",", ".")
        whole, _, rest = words.partition(".")
        if not words:
            return 0
        digits = whole + rest
        if not (digits.isascii() and digits.isdigit() and whole and len(whole) <= 3 and len(rest) <= 2):
            self.refuse(name, Refusal("Write a percentage, for example 60 or 37.5."))
            return 0
        points = int(whole) * 100 + int(rest.ljust(2, "0") or 0)
        if points > 10_000:
            self.refuse(name, Refusal("A percentage goes from 0 to 100."))
            return 0
        return points

    def day(self, name: str) -> date:
        """A civil day as the browser’s own field writes it, or as people do: 31/12/2026."""
        words = self.text(name)
        for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
            try:
                return datetime.strptime(words, pattern).replace(tzinfo=LOCAL).date()
            except ValueError:
                continue
        self.refuse(name, Refusal("Write the date as day/month/year, for example 31/12/2026."))
        return _NEVER

    def moment(self, name: str) -> datetime:
        """A civil day and time in the city, as a moment in UTC."""
        words = self.text(name).replace("T", " ")
        for pattern in ("%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y %H.%M"):
            try:
                civil = datetime.strptime(words, pattern).replace(tzinfo=LOCAL)
            except ValueError:
                continue
            return at_local(civil.date(), civil.hour, civil.minute)
        self.refuse(name, Refusal("Write day and time, for example 31/12/2026 12:00."))
        return at_local(_NEVER)

    def choice(self, name: str, known: Collection[str]) -> str:
        """One of the values offered."""
        words = self.form.get(name, "")
        if words not in known:
            self.refuse(name, Refusal("Choose one of the answers."))
        return words

    def several(self, name: str, known: Collection[str]) -> list[str]:
        """Any of the values offered, in the order of the offer; others are not taken."""
        chosen = set(self.form.getlist(name))
        return [value for value in known if value in chosen]

    def finish(self) -> None:
        """Refuse with every sentence at once, if there is any."""
        if self.errors:
            raise Invalid(self.errors)
