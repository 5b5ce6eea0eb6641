"""How sums, dates and typed values are written on a page, in the reader's language."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup, escape

from app.core.money import Money
from app.web.words import markdown

ROME = ZoneInfo("Europe/Rome")
NBSP = "\u00a0"
MINUS = "\u2212"
_IT = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
_EN = "January February March April May June July August September October November December"
_DAYS_IT = "lunedì martedì mercoledì giovedì venerdì sabato domenica"
_DAYS_EN = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
WEEKDAYS = {language: tuple(names.split(" ")) for language, names in (("it", _DAYS_IT), ("en", _DAYS_EN))}
MONTHS = {language: tuple(names.split(" ")) for language, names in (("it", _IT), ("en", _EN))}


@runtime_checkable
class Amount(Protocol):
    """A sum in whole cents, such as core's Money."""

    @property
    def cents(self) -> int:
        """The sum in cents."""


def _language(language: str | None = None) -> str:
    return language or str(getattr(get_locale(), "language", "it"))


def _grouped(units: int, language: str) -> str:
    text = f"{units:,}"
    return text.replace(",", ".") if language == "it" else text


def _cents(amount: Amount | int) -> int:
    return amount if isinstance(amount, int) else amount.cents


def _is_amount(value: object) -> bool:
    return not isinstance(value, int | str | date) and isinstance(value, Amount)


def _with_euro(digits: str, negative: bool, language: str) -> str:
    sign = MINUS if negative else ""
    return f"{sign}€{digits}" if language == "en" else f"{sign}{digits}{NBSP}€"


def money(amount: Amount | None, language: str | None = None) -> str:
    """1.234,50 € in Italian, €1,234.50 in English, never broken over two lines."""
    if amount is None:
        return "–"
    tongue = _language(language)
    units, rest = divmod(abs(_cents(amount)), 100)
    point = "." if tongue == "en" else ","
    return _with_euro(f"{_grouped(units, tongue)}{point}{rest:02d}", _cents(amount) < 0, tongue)


def money_big(amount: Amount | int | str, language: str | None = None) -> str:
    """The same sum for large type, its cents small; a plain number or a word is left as it is."""
    if isinstance(amount, str):
        return amount
    tongue = _language(language)
    if isinstance(amount, int):
        return _grouped(amount, tongue)
    units, rest = divmod(abs(amount.cents), 100)
    point = "." if tongue == "en" else ","
    digits = Markup('{}<span class="cv-cents">{}{}</span>').format(_grouped(units, tongue), point, f"{rest:02d}")
    return Markup(_with_euro(str(digits), amount.cents < 0, tongue))  # noqa: S704 - built from digits only


def money_short(amount: Amount | None, language: str | None = None) -> str:
    """Whole euros without cents where there are none (card sums, presets, chart labels); else the full sum."""
    if amount is None:
        return "–"
    tongue = _language(language)
    if amount.cents % 100:
        return money(amount, tongue)
    return _with_euro(_grouped(abs(amount.cents) // 100, tongue), amount.cents < 0, tongue)


def _local(value: date) -> date:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(ROME)
    return value


def day(value: date | None, language: str | None = None, year: bool = True) -> str:
    """9 dicembre 2026 / 9 December 2026, the civic date in Rome."""
    if value is None:
        return "–"
    tongue, on = _language(language), _local(value)
    number = "1º" if on.day == 1 and tongue == "it" else on.day
    words = f"{number}{NBSP}{MONTHS.get(tongue, MONTHS['it'])[on.month - 1]}"
    return f"{words} {on.year}" if year else words


_AHEAD = {"the": ("il ", "l’"), "to": ("al ", "all’"), "from": ("dal ", "dall’")}


def _with_word(word: str, value: date | None, language: str | None, year: bool) -> str:
    words = day(value, language, year)
    if value is None or _language(language) != "it":
        return words
    return _AHEAD[word][_local(value).day in (8, 11)] + words


def the_day(value: date | None, language: str | None = None, year: bool = True) -> str:
    """il 9 dicembre 2026, l’8 dicembre 2026 / 9 December 2026: for «entro …», «al più tardi …»."""
    return _with_word("the", value, language, year)


def to_day(value: date | None, language: str | None = None, year: bool = True) -> str:
    """al 9 dicembre 2026, all’8 dicembre 2026 / 9 December 2026: for «fino …»."""
    return _with_word("to", value, language, year)


def from_day(value: date | None, language: str | None = None, year: bool = True) -> str:
    """dal 9 dicembre 2026, dall’8 dicembre 2026 / 9 December 2026."""
    return _with_word("from", value, language, year)


def moment(value: datetime | None, language: str | None = None) -> str:
    """9 dicembre 2026, ore 12:00 / 9 December 2026, 12:00, in Rome."""
    if value is None:
        return "–"
    tongue, at = _language(language), _local(value)
    clock = f"{at:%H:%M}"
    return f"{day(value, tongue)}, ore{NBSP}{clock}" if tongue == "it" else f"{day(value, tongue)}, {clock}"


def hour(value: datetime, language: str | None = None) -> str:
    """ore 12:00 / 12:00, in Rome."""
    clock = f"{_local(value):%H:%M}"
    return f"ore{NBSP}{clock}" if _language(language) == "it" else clock


def weekday(value: date, language: str | None = None) -> str:
    """lunedì / Monday."""
    return WEEKDAYS.get(_language(language), WEEKDAYS["it"])[value.weekday()]


def month_name(value: date, language: str | None = None) -> str:
    """dicembre 2026 / December 2026."""
    return f"{MONTHS.get(_language(language), MONTHS['it'])[value.month - 1]}{NBSP}{value.year}"


def cents(value: int) -> str:
    """A sum kept as plain cents, as money."""
    return money(Money(value))


def last_day(end: date | None) -> date | None:
    """The last whole civil day before a deadline: what ends at midnight ends the day before."""
    return _local(end - timedelta(microseconds=1)) if isinstance(end, datetime) else end


def deadline(end: datetime | None, language: str | None = None) -> str:
    """A deadline as people say it: its last day, with the hour unless that is midnight."""
    if end is None or f"{_local(end):%H:%M}" != "00:00":
        return moment(end, language)
    return day(last_day(end), language)


def days_left(end: date, now: date) -> int:
    """Civic days from now to the end; zero on the last day, negative after it."""
    here, there = _local(now), _local(end)
    return (date(there.year, there.month, there.day) - date(here.year, here.month, here.day)).days


def days_text(end: date, now: date) -> str:
    """The same in words: 18 days, last day, closed."""
    left = days_left(end, now)
    if left < 0:
        return str(gettext("closed"))
    return str(gettext("last day") if left == 0 else ngettext("%(num)d day", "%(num)d days", left))


def days_away(when: date, now: date) -> str:
    """How far a day is: today, tomorrow, in 3 days, yesterday, 2 days ago."""
    left = days_left(when, now)
    if left in (-1, 0, 1):
        return str((gettext("today"), gettext("tomorrow"), gettext("yesterday"))[left])
    if left > 0:
        return str(ngettext("in %(num)d day", "in %(num)d days", left))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", -left))


def percent(basis_points: int, language: str | None = None) -> str:
    """6000 -> 60 %, 1250 -> 12,5 %, the sign never parted from its number."""
    number = f"{Decimal(basis_points) / 100:.2f}".rstrip("0").rstrip(".")
    if _language(language) == "en":
        return f"{number}%"
    return f"{number.replace('.', ',')}{NBSP}%"


def percent_of(part: Amount, whole: Amount, language: str | None = None) -> str:
    """The whole percent reached, rounded down: 100 % is said only when nothing is missing."""
    reached = part.cents * 100 // whole.cents if whole.cents else 0
    return percent(reached * 100, language)


def number(value: int, language: str | None = None) -> str:
    """1688 -> 1.688."""
    return _grouped(value, _language(language))


def file_size(size: int) -> str:
    """1,2 MB or 340 KB, in the reader's language."""
    if size >= 1_000_000:
        return f"{format_decimal(Decimal(size) / 1_000_000, format='#,##0.0', locale=_language())}\u00a0MB"
    return f"{max(1, round(size / 1_000))}\u00a0KB"


def nbsp(text: object) -> str:
    """The text kept on one line."""
    return str(text).replace(" ", NBSP)


def slug(text: object) -> str:
    """A short name fit for an id."""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "x"


def paragraphs(text: str | None) -> Markup:
    """Plain text with its paragraphs and line breaks, everything else escaped."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", (text or "").replace("\r\n", "\n")) if block.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.split("\n"))) for block in blocks
    )


def civil_day(value: date) -> date:
    """The civil day of a moment, in Rome."""
    on = _local(value)
    return date(on.year, on.month, on.day)


def typed(value: Any, kind: str = "") -> str:
    """What stands in a field: text as it was typed, sums and dates as a person would type them."""
    if value is None or value.__class__.__name__.endswith("Undefined"):
        return ""
    if _is_amount(value):
        units, rest = divmod(value.cents, 100)
        tongue = _language()
        if kind == "whole" and not rest:
            return str(units)
        return f"{_grouped(units, tongue)}{'.' if tongue == 'en' else ','}{rest:02d}"
    if isinstance(value, datetime):
        return _local(value).strftime("%Y-%m-%dT%H:%M" if kind == "datetime-local" else "%Y-%m-%d")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def typed_list(values: Any, name: str) -> list[str]:
    """What was ticked under one name, from a MultiDict or from a dict that holds a list."""
    if hasattr(values, "getlist"):
        return [str(item) for item in values.getlist(name)]
    found = values.get(name) if isinstance(values, dict) else getattr(values, name, None)
    if found is None:
        return []
    return [str(item) for item in found] if isinstance(found, Iterable) and not isinstance(found, str) else [str(found)]


_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.DOTALL)
_WRONG = re.compile(r'(<a href="#f-([^"]+)">)([^<]+)</a>')
_CELL = re.compile(r"<(t[hd])\b([^>]*)>(</)?")


def named_sums(rows: Markup, columns: Iterable[Any]) -> Markup:
    """Rows with two figures or more: each carries its column's name for phones, where heads are hidden."""
    plain = [(column, "") if isinstance(column, str) else (column[0], column[1] or "") for column in columns]
    shown = [head for head, kind in plain if "cv-num" in kind.split() and "is-desk" not in kind.split()]
    if len(shown) < 2:
        return rows

    def row(found: re.Match[str]) -> str:
        if "colspan" in found[0]:
            return found[0]
        heads = iter(plain)

        def cell(opening: re.Match[str]) -> str:
            head, kind = next(heads, ("", ""))
            if opening[3] or opening[1] == "th" or "cv-num" not in kind.split() or "is-desk" in opening[2]:
                return opening[0]
            return f'<{opening[1]}{opening[2]} data-label="{escape(head)}">'

        return _CELL.sub(cell, found[0])

    return Markup(_ROW.sub(row, rows))  # noqa: S704 - rows are markup already, heads are escaped


def named_errors(page: Markup, bare: str) -> Markup:
    """A page refused with errors: in the summary, a sentence that does not say which field it means names it first."""
    said = [found[3] for found in _WRONG.finditer(page)]

    def name(found: re.Match[str]) -> str:
        words = found[3]
        label = re.search(rf'<label [^>]*for="f-{re.escape(found[2])}"[^>]*>([^<]+)', page)
        if label is None or (words != escape(bare) and said.count(words) < 2):
            return found[0]
        plain = words[:1].lower() + words[1:] if words[1:2].islower() else words
        return f'<a href="#f-{found[2]}">{label[1].strip()}: {plain}</a>'

    return Markup(_WRONG.sub(name, page))  # noqa: S704 - the page is markup already


FILTERS: dict[str, Callable[..., Any]] = {
    "named_errors": named_errors,
    "named_sums": named_sums,
    "file_size": file_size,
    "markdown": markdown,
    "money": money,
    "money_big": money_big,
    "money_short": money_short,
    "day": day,
    "the_day": the_day,
    "to_day": to_day,
    "from_day": from_day,
    "moment": moment,
    "deadline": deadline,
    "last_day": last_day,
    "days_left": days_left,
    "days_text": days_text,
    "days_away": days_away,
    "percent": percent,
    "percent_of": percent_of,
    "number": number,
    "hour": hour,
    "weekday": weekday,
    "month_name": month_name,
    "cents": cents,
    "nbsp": nbsp,
    "slug": slug,
    "paragraphs": paragraphs,
    "civil_day": civil_day,
    "typed": typed,
    "typed_list": typed_list,
}
