"""The exact words a donor agrees to. Pure; kept apart from the catalogues because the words, their version and their
hash are evidence: a change here is a new VERSION, never an edit of an old one."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from app.core.money import ZERO, Money

VERSION = "4"


@dataclass(frozen=True)
class Terms:
    """Everything that the words name."""

    amount: Money
    project: str
    group: str
    constituted: bool  # the payee exists already
    threshold: Money
    city: Money  # what this gift brings of the city's money, if the threshold is reached
    replaces: Money  # how much of this gift takes the place of the city's money, and brings none
    counts: bool  # a member's own gift does not count
    last_charge_on: date
    free_until_on: date
    notice_days: int
    now: bool = False  # a gift charged at once, to fill the gap
    reached: bool = False  # the threshold stands already, without this gift
    people: int = 0  # how many must give besides, where the rules ask for it


@dataclass(frozen=True)
class Consent:
    """What is shown, kept, put beside the card field and mailed."""

    version: str
    points: tuple[str, ...]
    tick: str
    strong: tuple[str, ...] = ()  # what the page sets in bold: emphasis, not part of the words

    @property
    def text(self) -> str:
        """The whole, as one text."""
        return "\n".join((*self.points, self.tick))

    @property
    def sha256(self) -> str:
        """The hash under which this text can be recognised."""
        return hashlib.sha256(f"{self.version}\n{self.text}".encode()).hexdigest()


def euro(amount: Money, language: str) -> str:
    """1.234,50 € or €1,234.50, with a space that does not break."""
    number = format_decimal(Decimal(amount.cents).scaleb(-2), format="#,##0.00", locale=language)
    return f"{number}\u00a0€" if language == "it" else f"€{number}"


def day(on: date, language: str, *, ahead: str = "") -> str:
    """A civil date in words, with the Italian article or preposition that its number asks for ("il", "all’8", …)."""
    words = format_date(on, "d MMMM y", locale=language)
    if language != "it":
        return f"{ahead} {words}".strip()
    vowel = on.day in (8, 11)
    if on.day == 1:
        words = words.replace("1 ", "1º ", 1)
    match ahead:
        case "il":
            return f"l’{words}" if vowel else f"il {words}"
        case "al":
            return f"all’{words}" if vowel else f"al {words}"
        case _:
            return words


def consent(terms: Terms, language: str) -> Consent:
    """The words for this gift, in the donor's language."""
    if terms.now:
        points, tick = (_it_now if language == "it" else _en_now)(terms)
    else:
        points, tick = (_it if language == "it" else _en)(terms)
    unborn = "non ancora un ente" if language == "it" else "not yet a legal body"
    last = day(terms.last_charge_on, language, ahead="il" if language == "it" else "on")
    return Consent(VERSION, tuple(points), tick, (euro(terms.amount, language), unborn, last))


def _it(t: Terms) -> tuple[list[str], str]:
    amount, threshold = euro(t.amount, "it"), euro(t.threshold, "it")
    who = f"{t.project}, del gruppo {t.group}" if t.group != t.project else t.project
    points = [
        f"Prometti {amount} a {who}."
        if t.constituted
        else f"Prometti {amount} a {who}, che oggi è un gruppo e non ancora un ente.",
        f"Oggi non paghi. La carta viene addebitata solo se le donazioni arrivano a {threshold}"
        + (f" da almeno {t.people} persone" if t.people else "")
        + (" e il Comune ha verificato l’ente." if t.constituted else " e il Comune verifica l’associazione."),
        _it_city(t, amount),
        f"L’addebito può arrivare al più tardi {day(t.last_charge_on, 'it', ahead='il')}. "
        f"Ti avvisiamo {_it_days(t.notice_days)} prima.",
        "La commissione sulla carta è già nel preventivo: per te è zero.",
        f"Annulli quando vuoi fino {day(t.free_until_on, 'it', ahead='al')}, dal link nella mail; "
        "poi solo se la raccolta non scende sotto la soglia.",
    ]
    return points, f"Ho almeno 18 anni e autorizzo l’addebito di {amount} a queste condizioni."


def _it_days(days: int) -> str:
    names = {1: "un giorno", 2: "due giorni", 3: "tre giorni", 5: "cinque giorni", 7: "sette giorni"}
    return names.get(days, f"{days} giorni")


def _it_city(t: Terms, amount: str) -> str:
    if not t.counts:
        return (
            "Fai parte del gruppo: il tuo dono si vede, ma non conta per la soglia e il Comune non vi aggiunge nulla."
        )
    when = "La soglia è già raggiunta: " if t.reached else "Se si arriva alla soglia, "
    if t.replaces > ZERO:
        which = f"{euro(t.replaces, 'it')} dei tuoi {amount}" if t.replaces < t.amount else f"i tuoi {amount}"
        return f"{when}{which} prendono il posto di soldi del Comune, che ne spende di meno."
    if t.city > ZERO:
        return f"{when}ai tuoi {amount} il Comune ne aggiunge {euro(t.city, 'it')}."
    return f"{when}i tuoi {amount} si aggiungono, la parte del Comune non cambia."


def _it_now(t: Terms) -> tuple[list[str], str]:
    amount = euro(t.amount, "it")
    points = [
        f"Doni {amount} a {t.group}, ente verificato dal Comune, per {t.project}.",
        "Paghi oggi: la carta viene addebitata subito.",
        f"Se {day(t.last_charge_on, 'it', ahead='il')} le donazioni raccolte non bastano, ti restituiamo tutto.",
        "La commissione sulla carta è già nel preventivo: per te è zero.",
    ]
    return points, f"Ho almeno 18 anni e autorizzo l’addebito di {amount} a queste condizioni."


def _en(t: Terms) -> tuple[list[str], str]:
    amount, threshold = euro(t.amount, "en"), euro(t.threshold, "en")
    who = f"{t.project}, by the group {t.group}" if t.group != t.project else t.project
    points = [
        f"You promise {amount} to {who}."
        if t.constituted
        else f"You promise {amount} to {who}, today a group and not yet a legal body.",
        f"You pay nothing today. Your card is charged only if gifts reach {threshold}"
        + (f" from at least {t.people} people" if t.people else "")
        + (" and the city has verified the body." if t.constituted else " and the city verifies the association."),
        _en_city(t, amount),
        f"The charge can come {day(t.last_charge_on, 'en', ahead='on')} at the latest. "
        f"We tell you {t.notice_days} days before.",
        "The card fee is part of the budget already: you pay none.",
        f"You cancel as you like until {day(t.free_until_on, 'en')}, by the link in the mail; "
        "after that only while the campaign stays at its threshold.",
    ]
    return points, f"I am 18 or older and I authorise the charge of {amount} on these terms."


def _en_city(t: Terms, amount: str) -> str:
    if not t.counts:
        return "You belong to the group: your gift shows, but does not count towards the threshold or the city’s part."
    when = "The threshold is reached already: " if t.reached else "If the threshold is reached, "
    if t.replaces > ZERO:
        which = f"{euro(t.replaces, 'en')} of your {amount}" if t.replaces < t.amount else f"your {amount}"
        return f"{when}{which} take the place of the city’s money, which spends less."
    if t.city > ZERO:
        return f"{when}the city adds {euro(t.city, 'en')} to your {amount}."
    return f"{when}your {amount} come on top, the city’s part does not change."


def _en_now(t: Terms) -> tuple[list[str], str]:
    amount = euro(t.amount, "en")
    points = [
        f"You give {amount} to {t.group}, a body verified by the city, for {t.project}.",
        "You pay today: your card is charged at once.",
        f"If the gifts collected are not enough {day(t.last_charge_on, 'en', ahead='by')}, you get all of it back.",
        "The card fee is part of the budget already: you pay none.",
    ]
    return points, f"I am 18 or older and I authorise the charge of {amount} on these terms."
