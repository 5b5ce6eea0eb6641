"""What the city does before anybody can answer: programme, money, call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.story.people import Visitor

CODE, CUP = "MI3.3.1.d", "B49D16010990006"
CALL = "Quartieri in comune 2026"
SECTIONS = ("match", "who", "criteria", "tranches", "times", "gifts")


def gives_role(admin: Visitor, to: Visitor, role: str) -> None:
    """The administrator finds the person and gives the role."""
    admin.open("/it/people?view=all&q=" + to.email).follow(to.name)
    admin.page.get_by_role("radio", name=role).first.check()
    admin.press("Dai il ruolo").sees("Il ruolo è dato")


def sets_up_programme(officer: Visitor, responsible: Visitor) -> None:
    """Card, funding source, and a release of part of it by the one who answers for the programme."""
    officer.open("/it/programmes/manage").follow("Imposta un programma")
    officer.write("Codice progetto", CODE).write("Titolo", "Spazi e servizi di innovazione sociale")
    officer.write("In una frase", "Vicini che aprono spazi e servizi nel proprio quartiere, con il Comune accanto.")
    officer.write("Ambito", "Servizi per l’inclusione sociale").write("Azione", "3.3.1.")
    officer.choose("R.U.P.", responsible.name)
    officer.write("CUP", "B49D1601099000")
    officer.write("Inizio", "2026-01-01").write("Fine", "2029-12-31")
    officer.press("Imposta il programma").sees("non è un CUP")
    assert officer.field("Titolo").input_value() == "Spazi e servizi di innovazione sociale"
    officer.write("CUP", CUP).press("Imposta il programma").sees("Il programma c’è", CODE, CUP, responsible.name)
    officer.follow("Aggiungi una fonte")
    officer.write("Nome della fonte", "PN Metro Plus 2021–27, asse 3").choose("Fondo", "FSE")
    officer.write("Somma intera", "500.000,00").press("Aggiungi la fonte").sees("500.000,00 €")
    responsible.open("/it/programmes/manage").follow("Spazi e servizi").follow("Sblocca denaro")
    responsible.write("Somma da sbloccare", "1.000.00").write("Atto di sblocco", "DD 1234/2026")
    responsible.press("Sblocca").sees("solo con cifre e virgola")
    responsible.write("Somma da sbloccare", "180.000").press("Sblocca").sees(
        "Sbloccato", "180.000,00 €", "320.000,00 €"
    )


def publishes_call(officer: Visitor) -> str:
    """A call with the rules of Milan's 2020–21 edition, part by part; returns its address."""
    now = datetime.now(UTC).astimezone(ZoneInfo("Europe/Rome"))  # noqa: TID251 - a person looks at the clock
    officer.open("/it/calls/manage").follow("Comincia un bando")
    officer.write("Titolo", CALL)
    officer.write(
        "In una frase", "Idee di vicini per il proprio quartiere, pagate insieme da chi ci abita e dal Comune."
    )
    officer.choose("Quale fonte paga", CODE).write("Fondo del bando", "180.000")
    officer.write("Apre", f"{now:%Y-%m-%dT%H:%M}").write("Scadenza", f"{now + timedelta(days=21):%Y-%m-%dT12:00}")
    officer.press("Salva").sees("La bozza c’è")
    draft = officer.page.url
    for section in SECTIONS:
        officer.open(f"{draft}/terms/{section}").press("Salva").sees("Salvato")
    officer.follow("Pubblica").sees("180.000,00 €")
    officer.press("Pubblica e fissa").sees("Metti la spunta")
    officer.tick("Ho letto l’anteprima").press("Pubblica e fissa").sees("Pubblicato", "4.800,00 €", "7.200,00 €")
    return officer.page.url
