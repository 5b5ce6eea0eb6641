"""What the people of a neighbourhood do: form a group, write a proposal together, sign it, send it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.make.pictures import photo
from tests.story.people import Visitor

TITLE, GROUP, ZONE = "Officina di ringhiera", "Quelli del cortile", "Dergano"
STORY = """Nel cortile di via Conte Verde ci sono quattro garage chiusi da anni.

**Li apriamo due sere a settimana**: chi sa riparare insegna, chi ha bisogno impara."""
LONG_STORY = f"""{STORY}

Chi abita qui porta un oggetto rotto e un pomeriggio libero: in due ore l’oggetto torna a funzionare."""
LINES = (
    ("Banchi e attrezzi", "4.200,00"),
    ("Formatori e tutor", "3.600"),
    ("Affitto e bollette", "2400,00"),
    ("Materiali", "1.500,00"),
)
FEES = "Commissioni"


def begins(first: Visitor, call: str) -> str:
    """The first of them begins the proposal and forms the group; returns the address of the task list."""
    first.open(call).follow("Proponi un progetto")
    first.write("Come si chiama il progetto?", TITLE).write("Nome del gruppo", GROUP)
    first.tick("Persone che agiscono insieme").choose("Quartiere", ZONE)
    first.press("Comincia la proposta").sees("La proposta è cominciata", "0 parti su 9")
    return first.page.url


def joins(first: Visitor, other: Visitor, tasks: str) -> None:
    """An invitation by mail, and the link in it."""
    first.open(tasks).follow("Chi siamo").write("E-mail della persona da invitare", other.email)
    first.press("Manda l’invito").sees("Abbiamo scritto a " + other.email)
    other.reads_mail("invita").presses_mail()
    other.press("Entra nel gruppo").sees("Ora fai parte di " + GROUP)


def writes(first: Visitor, tasks: str) -> None:
    """Every part; the budget first with lines that do not add up."""
    first.open(tasks).follow("L’idea in breve")
    first.write("L’idea in una o due frasi", "Quattro garage vuoti diventano un’officina aperta a chi abita qui.")
    first.tick("Fare e riparare").press("Salva").sees("Salvato")
    first.follow("Il bisogno e il luogo").choose("Quartiere", ZONE).write("Luogo", "Via Conte Verde 12")
    first.write("A quale bisogno risponde?", "Chi ha una bici rotta la butta: in zona non c’è chi la ripara.")
    first.press("Salva").sees("Salvato")
    first.follow("La storia e l’immagine").write("La storia", STORY)
    first.attach("Immagine", "cortile.jpg", photo(), "image/jpeg")
    first.write("Che cosa mostra l’immagine", "Il cortile con i quattro garage").press("Salva").sees("Salvato")
    writes_budget(first, tasks)
    first.follow("Tappe")
    # A person plans in months from today; the call closes in three weeks and a collection takes two months.
    today = datetime.now(UTC).date()  # noqa: TID251
    for number, (what, days) in enumerate((("Apriamo i garage", 120), ("Primo laboratorio", 150), ("Festa", 260)), 1):
        first.write(f"Tappa {number}", what).write(f"Giorno {number}", (today + timedelta(days=days)).isoformat())
    first.press("Salva").sees("Salvato").follow("Che cosa cambia per il quartiere")
    first.write("Che cosa cambia", "Ogni anno ripariamo trecento oggetti e venti persone imparano un mestiere.")
    first.press("Salva").sees("Salvato").follow("Chi siamo")
    first.write("Chi siete", "Siamo vicini di casa e da anni ci prestiamo attrezzi, tempo e sedie.").press("Salva")
    first.open(tasks).sees("7 parti su 9", "4 firme")


def writes_budget(first: Visitor, tasks: str) -> None:
    """Lines that are 300.00 short are kept, and the page says what is missing; then they make the total."""
    first.open(tasks).follow("Preventivo").write("Quanto costa tutto il progetto", "1.2000")
    for number, (name, amount) in enumerate(LINES, 1):
        first.write(f"Voce {number}", name).write(f"Importo {number}", amount)
    first.press("Salva")
    assert first.field("Quanto costa tutto il progetto").input_value() == "1.2000"
    first.sees("per esempio")
    # The suggested fifth line stays without a sum.
    first.write("Quanto costa tutto il progetto", "12.000").press("Salva")
    first.sees("11.700,00 €", "300,00 €")
    assert first.field("Importo 3").input_value() == "2.400,00"
    first.open(tasks).sees("300,00 €").follow("Preventivo")
    first.write("Voce 5", FEES).write("Importo 5", "300,00").press("Salva").sees("12.000,00 €")
    first.open(tasks)


def signs(person: Visitor, tasks: str, *, wrongly: bool = False) -> None:
    """The commitment, with a code that comes by mail; a wrong code is told and costs nothing else."""
    person.open(tasks).follow("Impegno").press("Mandami il codice")
    here = person.page.url
    code = person.code("Il tuo codice")
    person.open(here)
    if wrongly:
        person.write("Codice", "000000").press("Firma").sees("Tentativi rimasti")
    person.write("Codice", code).press("Firma").sees("Firmato. Grazie.")


def submits(first: Visitor, tasks: str) -> str:
    """All have signed: it is sent, and a reference and a mail arrive."""
    first.open(tasks).follow("Controllate e inviate").sees("12.000,00 €", ZONE)
    first.press("Invia la proposta").sees("La vostra proposta è arrivata")
    reference = first.page.locator(".cv-figure").inner_text()
    first.reads_mail("proposta").sees(reference)
    first.open(tasks).sees(reference)
    return reference
