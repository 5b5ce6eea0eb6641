"""What makes an account: names, addresses, passwords, ages, tax codes, roles, and how often one may try."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from app.core.money import N_


class Role(StrEnum):
    """What a person may do for the city."""

    OFFICER = "officer"
    EVALUATOR = "evaluator"
    RESPONSIBLE = "responsible"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"


class Hand(StrEnum):
    """An act on public money or on a payee that only certain roles may do."""

    RELEASE = "release"
    RANK = "rank"
    VERIFY = "verify"
    BIND = "bind"
    ORDER = "order"
    APPROVE = "approve"
    STOP = "stop"
    PAY = "pay"
    RECEIPTS = "receipts"
    LARGE = "large"


# The one table of who may do it: the page's gate and the verb behind it both ask here.
HANDS: dict[Hand, tuple[Role, ...]] = {
    Hand.RELEASE: (Role.OFFICER, Role.RESPONSIBLE),
    Hand.RANK: (Role.RESPONSIBLE,),
    Hand.VERIFY: (Role.OFFICER,),
    Hand.BIND: (Role.RESPONSIBLE,),
    Hand.ORDER: (Role.OFFICER,),
    Hand.APPROVE: (Role.OFFICER, Role.RESPONSIBLE),
    Hand.STOP: (Role.OFFICER, Role.RESPONSIBLE, Role.FINANCE),
    Hand.PAY: (Role.FINANCE,),
    Hand.RECEIPTS: (Role.OFFICER,),
    Hand.LARGE: (Role.OFFICER,),
}

LANGUAGES = ("it", "en")
ADULT = 18

# How long things last.
SESSION_IDLE = timedelta(hours=12)
SESSION_LIFE = timedelta(days=7)
SESSION_TOUCH = timedelta(minutes=5)  # a session's last use is written at most this often
CONFIRM_LIFE = timedelta(days=2)
RESET_LIFE = timedelta(hours=1)
CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5


@dataclass(frozen=True)
class Limit:
    """So many tries in so many seconds."""

    tries: int
    seconds: int


SIGN_IN_PAIR = Limit(5, 900)  # one account from one address
SIGN_IN_ACCOUNT = Limit(20, 3600)  # one account from addresses where it never signed in
SIGN_IN_ADDRESS = Limit(50, 900)  # one address, whatever the account
REGISTER_ADDRESS = Limit(60, 3600)  # a whole workshop registers from one address
REGISTER_EMAIL = Limit(3, 86400)
RESET_ADDRESS = Limit(20, 3600)
RESET_EMAIL = Limit(3, 86400)
CODES_PERSON = Limit(10, 3600)
PASSWORD_PERSON = Limit(10, 3600)
CONFIRM_TOKEN = Limit(10, 3600)

HIDDEN_SIGNS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def clean_name(text: str) -> str:
    """The name with single spaces, in composed form; raises ValueError with a sentence."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) < 2:
        raise ValueError(N_("Write your first name and surname."))
    if len(name) > 80:
        raise ValueError(N_("Write a name of at most 80 characters."))
    if any(unicodedata.category(sign) in HIDDEN_SIGNS or sign in "<>@/\\|{}" for sign in name):
        raise ValueError(N_("Write the name with letters only: it holds a sign that names do not have."))
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in name if sign.isalpha()}
    if len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1:
        raise ValueError(N_("Write the name in one alphabet only."))
    return name


def clean_email(text: str) -> str:
    """The address in lower case; raises ValueError with a sentence that says how to write it."""
    address = text.strip().lower()
    if "@" not in address:
        raise ValueError(N_("The @ is missing. Write the address like this: name@example.org."))
    if len(address) > 254 or ".." in address or not _EMAIL.fullmatch(address):
        raise ValueError(N_("This is not an e-mail address. Write it like this: name@example.org."))
    return address


def age_on(day: date, born_on: date) -> int:
    """Whole years on that day; who was born on 29 February turns a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def read_day(text: str) -> date | None:
    """A day written as 1990-12-31 (the browser's own field) or 31/12/1990; None where it is neither."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text.strip(), re.ASCII)
    turned = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})", text.strip(), re.ASCII)
    parts = found.groups() if found else tuple(reversed(turned.groups())) if turned else None
    try:
        return date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None


def refuse_birth(born_on: date, today: date) -> str | None:
    """Why this birth date cannot be taken, if so."""
    if born_on > today or age_on(today, born_on) > 120:
        return N_("Check the year of birth.")
    if age_on(today, born_on) < ADULT:
        return N_("You must be at least 18 years old to have an account.")
    return None


_MONTHS = "ABCDEHLMPRST"
_OMOCODIA = dict(zip("LMNPQRSTUV", "0123456789", strict=True))


def born_by_tax_code(code: str) -> tuple[int, int, int] | None:
    """Year within the century, month and day that an Italian tax code of 16 characters states."""
    digits = "".join(_OMOCODIA.get(sign, sign) for sign in code[6:8] + code[9:11])
    month = _MONTHS.find(code[8])
    if len(code) != 16 or month < 0 or not digits.isdecimal():
        return None
    day = int(digits[2:])
    return int(digits[:2]), month + 1, day - 40 if day > 40 else day


def tax_code_fits(code: str, born_on: date) -> bool:
    """Whether the tax code may belong to somebody born that day."""
    stated = born_by_tax_code(code)
    return stated is None or stated == (born_on.year % 100, born_on.month, born_on.day)


PASSWORD_MIN = 12
PASSWORD_MAX = 128
# Words that people put into passwords first; what is left without them has to carry the password.
_COMMON_WORDS = """
    password passwort passw0rd parola segreto secret welcome benvenuto iloveyou tiamo amore amoremio ciao salve hello
    admin administrator amministratore root user utente guest ospite test prova demo default login accesso
    changeme letmein
    access master super qwerty qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx wsxedc 1q2w3e4r 1qaz2wsx
    qwer asdf zxcv football calcio juventus juve inter milan milano roma napoli lazio torino ferrari vespa italia italy
    pokemon batman superman spiderman starwars dragon monkey princess principessa sunshine shadow angel angelo stella
    luna cuore bella bello mamma papa nonna nonno famiglia bambino tesoro gattino gatto cane amico amici casa sole mare
    andrea marco matteo luca giulia chiara francesca francesco alessandro alessia federica giuseppe antonio maria anna
    michael jordan jennifer thomas daniel charlie gennaio febbraio marzo aprile maggio giugno luglio agosto
    settembre ottobre
    novembre dicembre primavera estate autunno inverno lunedi domenica january february march april june july august
    september october november december spring summer autumn winter monday sunday qualcosa qualsiasi computer
    internet google
    facebook apple samsung windows android forza vittoria campione freedom trustno1 whatever cofonda comune municipio
    correct horse battery staple
"""
COMMON = tuple(_COMMON_WORDS.split())
_RUNS = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "€": "e"}
)


def _without(text: str, words: tuple[str, ...]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= 3:
            text = text.replace(word, "\0")
    return text


def _unguessed(password: str, context: tuple[str, ...]) -> int:
    """How many different signs are left when common words, years, runs and the person's own words are gone."""
    plain = password.lower()
    plain = min(_without(plain, COMMON + context), _without(plain.translate(_LEET), COMMON + context), key=_weight)
    plain = re.sub(r"(19|20)\d\d", "\0", plain)
    for run in _RUNS:
        for length in range(len(run), 2, -1):
            for start in range(len(run) - length + 1):
                piece = run[start : start + length]
                plain = plain.replace(piece, "\0").replace(piece[::-1], "\0")
    return _weight(re.sub(r"(.)\1{2,}", r"\1", plain))


def _weight(text: str) -> int:
    return len(set(text) - {"\0"})


def refuse_password(password: str, *, name: str, email: str, city: str = "Milano") -> str | None:
    """Why this password cannot be taken, if so. Any signs are allowed; length and being unexpected are what counts."""
    if len(password) < PASSWORD_MIN:
        return N_("Use at least 12 characters: three or four words that do not belong together are easy to remember.")
    if len(password) > PASSWORD_MAX:
        return N_("Use at most 128 characters.")
    local, _, domain = email.lower().partition("@")
    own = [
        *re.split(r"\W+", name.lower()),
        *re.split(r"\W+", local),
        local,
        domain,
        domain.partition(".")[0],
        city.lower(),
    ]
    if _unguessed(password, tuple(word for word in own if len(word) >= 3)) < 5:
        return N_("This password is easy to guess: common words, runs or your own name. Add something unexpected.")
    return None


def safe_next(target: str | None) -> str | None:
    """The address to go on to after sign-in, only if it is a path of ours."""
    if not target or not target.startswith("/") or any(ord(sign) < 33 or sign == "\\" for sign in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and not target.startswith("//") else None


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """What a browser's own description means to its owner: "Firefox, Linux"; empty where it says nothing known."""
    names = [next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in names if name)


def session_alive(*, now: datetime, seen_at: datetime, expires_at: datetime, ended_at: datetime | None) -> bool:
    """Whether a session may still be used."""
    return ended_at is None and now < expires_at and now - seen_at < SESSION_IDLE
