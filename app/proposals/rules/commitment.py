"""The words that every member signs, in versions: an older version stays readable for ever, a new one is added."""

# ruff: noqa: E501 - a paragraph that is signed stands on one line

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.money import Money

COMMITMENT_VERSION = "2026-1"

# The Italian text is what is signed and hashed; the English one is a courtesy for the reader.
_INFORMAL_IT = """Impegno a fondare un ente senza scopo di lucro

Io, {name}, faccio parte del gruppo informale «{group}». Insieme a {others} presento al bando «{call}» la proposta «{title}», con un preventivo di {total}.

Se la proposta è finanziata e la raccolta arriva alla soglia, mi impegno a fondare con le stesse persone, entro {days} giorni dalla chiusura della raccolta, un ente senza scopo di lucro con un proprio codice fiscale e un proprio conto corrente.

So che le donazioni e il contributo della città vanno a quell’ente e mai al gruppo o a una persona, e che prima della verifica dell’ente nessuna carta viene addebitata e nulla viene pagato.

So che, se l’ente non è verificato in tempo, la raccolta è annullata, nessuno paga e la parte della città torna al fondo.

La mia firma vale per il testo della proposta con impronta SHA-256 {fingerprint}. Se il testo cambia, firmiamo di nuovo tutti."""

_INFORMAL_EN = """Commitment to form a non-profit body

I, {name}, belong to the informal group “{group}”. Together with {others} I submit to the call “{call}” the proposal “{title}”, with a budget of {total}.

If the proposal is funded and the campaign reaches its threshold, I undertake to form with the same people, within {days} days of the campaign’s close, a non-profit body with its own tax code and its own bank account.

I know that the gifts and the city’s grant go to that body and never to the group or to a person, and that before the body is verified no card is charged and nothing is paid.

I know that, if the body is not verified in time, the campaign is cancelled, nobody pays and the city’s part goes back to the fund.

My signature holds for the text of the proposal with SHA-256 {fingerprint}. If the text changes, we all sign again."""

_CONSTITUTED_IT = """Impegno a realizzare il progetto

Io, {name}, agisco per l’organizzazione «{group}». Insieme a {others} presento al bando «{call}» la proposta «{title}», con un preventivo di {total}.

Se la proposta è finanziata e la raccolta arriva alla soglia, l’organizzazione realizza il progetto come è scritto e ne rende conto euro per euro.

So che le donazioni e il contributo della città vanno solo all’organizzazione, dopo che il Comune l’ha verificata, e mai a una persona.

La mia firma vale per il testo della proposta con impronta SHA-256 {fingerprint}. Se il testo cambia, firmiamo di nuovo tutti."""

_CONSTITUTED_EN = """Commitment to carry out the project

I, {name}, act for the organisation “{group}”. Together with {others} I submit to the call “{call}” the proposal “{title}”, with a budget of {total}.

If the proposal is funded and the campaign reaches its threshold, the organisation carries out the project as it is written and accounts for it euro by euro.

I know that the gifts and the city’s grant go only to the organisation, after the city has verified it, and never to a person.

My signature holds for the text of the proposal with SHA-256 {fingerprint}. If the text changes, we all sign again."""

_TEXTS: Mapping[tuple[str, str, str], str] = {
    ("2026-1", "informal", "it"): _INFORMAL_IT,
    ("2026-1", "informal", "en"): _INFORMAL_EN,
    ("2026-1", "constituted", "it"): _CONSTITUTED_IT,
    ("2026-1", "constituted", "en"): _CONSTITUTED_EN,
}
_ALONE = {"it": "nessun altro", "en": "nobody else"}
_AND = {"it": " e ", "en": " and "}


@dataclass(frozen=True)
class Undertaking:
    """Who undertakes what."""

    name: str
    others: Sequence[str]
    group: str
    kind: str
    call: str
    title: str
    total: Money
    days: int
    fingerprint: str


def commitment_text(undertaking: Undertaking, *, version: str = COMMITMENT_VERSION, language: str = "it") -> str:
    """The exact words for one person; in Italian they are what is signed."""
    who = list(undertaking.others)
    others = _AND[language].join([", ".join(who[:-1]), who[-1]]) if len(who) > 1 else (who or [_ALONE[language]])[0]
    return _TEXTS[version, undertaking.kind, language].format(
        name=undertaking.name,
        others=others,
        group=undertaking.group,
        call=undertaking.call,
        title=undertaking.title,
        total=_euro(undertaking.total, language),
        days=undertaking.days,
        fingerprint=undertaking.fingerprint,
    )


def _euro(amount: Money, language: str) -> str:
    units, cents = divmod(amount.cents, 100)
    if language == "en":
        return f"€{units:,}.{cents:02d}"
    return f"{units:,}".replace(",", ".") + f",{cents:02d} €"
