"""How the group becomes a body that may receive money: seven items sent, checked one by one, verified."""

from __future__ import annotations

from tests.make.groups import body_code
from tests.make.pictures import pdf
from tests.story.people import Visitor

NAME = "Associazione Officina di ringhiera"
IBAN, IBAN_WITH_SLIP = "IT78R0503401600000000001234", "IT78R0503401600000000001235"


def constitutes(first: Visitor) -> str:
    """Every item, with the mistakes that people make; returns the address of the list."""
    first.reads_mail("associazione").presses_mail()
    place = first.page.url
    first.follow("Nome e forma giuridica").write("Nome dell’ente", NAME).tick("Organizzazione di volontariato")
    first.press("Invia all’ufficio").sees("C’è qualcosa da sistemare", "7")
    assert first.field("Nome dell’ente").input_value() == NAME
    first.tick("Associazione non riconosciuta").press("Invia all’ufficio")
    for item in ("Atto costitutivo", "Statuto"):
        first.open(place).follow(item).attach(item, f"{item}.txt", b"solo testo", "text/plain")
        first.press("Invia all’ufficio").sees("C’è qualcosa da sistemare")
        first.attach(item, f"{item}.pdf", pdf(item), "application/pdf").press("Invia all’ufficio")
    right = body_code(7)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    first.open(place).follow("Codice fiscale").write("Codice fiscale dell’ente", wrong).press("Invia all’ufficio")
    first.sees("C’è qualcosa da sistemare")
    assert first.field("Codice fiscale dell’ente").input_value() == wrong
    first.write("Codice fiscale dell’ente", right).press("Invia all’ufficio")
    first.open(place).follow("Rappresentante").tick(first.name).press("Invia all’ufficio")
    first.open(place).follow("IBAN").write("IBAN", IBAN_WITH_SLIP).press("Invia all’ufficio")
    first.sees("C’è qualcosa da sistemare").write("IBAN", IBAN).press("Invia all’ufficio")
    first.open(place).follow("Conto per i doni").press("Apri il conto per i doni")
    return place


def onboards(first: Visitor) -> None:
    """The account at the provider, on the provider's own page."""
    first.follow("Continua su Stripe")
    assert first.page.url.startswith(first.scene.house.sandbox_url), first.page.url
    first.press("Conferma i dati").sees("Il conto è abilitato")


def is_verified(officer: Visitor, place: str, first: Visitor) -> None:
    """One item goes back with a reason and is sent again; when all are accepted the body is verified."""
    officer.open("/it/desk").follow("Controlla le carte di un nuovo ente")
    dossier = officer.page.url
    back = officer.page.locator("details").filter(has_text="Rimanda Statuto")
    back.locator("summary").click()
    officer.write("Che cosa non va", "Manca la firma di Bruno.", within=back).press("Rimanda", within=back)
    officer.sees("Rimandata: il gruppo ha ricevuto una mail")
    first.reads_mail("una cosa da sistemare").sees("Manca la firma di Bruno.")
    first.open(place).follow("Statuto").attach("Statuto", "statuto.pdf", pdf("Statuto firmato"), "application/pdf")
    first.press("Invia all’ufficio").sees("Salvato e inviato")
    officer.open(dossier)
    for item in ("Nome", "Atto", "Statuto", "Codice fiscale", "Rappresentante", "IBAN", "Conto per i doni"):
        officer.press(f"Accetta {item}")
    officer.press("Verifica l’ente").sees("Da ora questo ente può ricevere i soldi")
