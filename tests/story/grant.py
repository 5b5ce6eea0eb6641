"""From the confirmed match to the last payment: agreement, record, orders, receipts, final account."""

from __future__ import annotations

from tests.make.pictures import pdf
from tests.story.office import CUP
from tests.story.people import Visitor

SUPPLIER = "01199250158"
RECEIPTS = (
    ("Banchi", "Ferramenta Bovisa", "12/2027", "4.200,00"),
    ("Formatori", "Scuola di meccanica", "F-7", "3.600,00"),
    ("Affitto", "Condominio Conte Verde", "3", "2.400,00"),
    ("Materiali", "Colori Dergano", "88", "500,00"),
    ("Materiali", "Bar Sport", "91", "1.000,00"),
    ("Commissioni", "Pagamenti con carta", "inv-1", "300,00"),
)


def is_agreed(officer: Visitor, responsible: Visitor, representative: Visitor) -> str:
    """Prepared with its CUP and signed by both with a code; returns the address of the grant."""
    officer.open("/it/desk").follow("Prepara la convenzione").sees("4.800,00 €", "7.200,00 €", "12.000,00 €")
    officer.tick(CUP).press("Prepara e chiedi le firme").sees("La convenzione è pronta")
    grant = officer.page.url
    for signer in (responsible, representative):
        signer.open("/it/desk").follow("Firma la convenzione").sees(CUP, "7.200,00 €").press("Mandami il codice")
        here = signer.page.url
        code = signer.code("Il tuo codice")
        signer.open(here).write("Codice", code).press("Firma").sees("Firmata. Conserviamo")
    signed = officer.page.request.get(f"{grant}/signed.pdf")
    assert signed.status == 200
    assert signed.body().startswith(b"%PDF-")
    return grant


def is_published(officer: Visitor, grant: str) -> None:
    """Art. 26–27: nothing can be paid before the award is in the public register."""
    officer.open(grant).sees("Nessun pagamento è possibile prima").sees_not("Prepara il mandato")
    officer.press("Pubblica il contributo").sees("Il contributo è pubblicato", "Giorgio Mauri", "7.200,00 €")


def is_paid(officer: Visitor, colleague: Visitor, finance: Visitor, grant: str, amount: str, number: str) -> None:
    """One prepares, another approves, finance exports and marks it paid; who prepared cannot approve."""
    officer.open(grant).press("Prepara il mandato").sees(amount, "deve approvarlo un’altra persona")
    colleague.open("/it/desk").sees(amount).follow("Approva un mandato").press("Approva").sees("Approvato")
    order = colleague.page.url
    finance.open("/it/grants/orders").tick(number).press("Prepara il file per la banca").sees("Mettere questi mandati")
    finance.press("Prepara il file per la banca").sees(amount, "pain.001.001.09")
    exported = [finance.page.request.get(finance.page.url + end) for end in ("/pain.001.xml", "/list.csv")]
    euros = amount.removesuffix(" €").replace(".", "")
    for answer, written in zip(exported, (euros.replace(",", "."), euros), strict=True):
        assert answer.status == 200
        assert written in answer.text()
        assert CUP in answer.text()
    today = finance.today()
    finance.open(order).write("Giorno del pagamento", today).press("Segna come pagato").sees("Pagato", amount)


def reports(representative: Visitor, grant: str) -> None:
    """Receipts against the lines of the budget, 12,000.00 in all."""
    today = representative.today()
    representative.open("/it/desk").follow("Mandate le ricevute").open(f"{grant}/report")
    for line, supplier, number, amount in RECEIPTS:
        representative.choose("Voce del preventivo", line).write("Fornitore", supplier)
        representative.write("Codice fiscale o partita IVA", SUPPLIER).write("Numero della ricevuta", number)
        representative.write("Data della ricevuta", today).write("Importo", amount)
        representative.attach("File della ricevuta", "ricevuta.pdf", pdf(supplier), "application/pdf")
        representative.press("Manda la ricevuta").sees("La ricevuta è all’ufficio", supplier)
    representative.press("Le ricevute ci sono tutte").sees("Mandato. L’ufficio legge")


def is_settled(officer: Visitor, grant: str) -> None:
    """Five receipts are accepted and one is not, with a reason: 11,000.00 accepted, a final grant of 6,200.00."""
    officer.open("/it/desk").follow("Controlla le ricevute")
    for _, supplier, _, _ in RECEIPTS:
        officer.open(f"{grant}/report").follow(supplier)
        if supplier == "Bar Sport":
            officer.tick("Non accettare").press("Decidi").sees("Scrivi il motivo")
            officer.write("Motivo", "Il brindisi non è materiale del progetto.").press("Decidi").sees("Deciso")
        else:
            officer.tick("Accetta").press("Decidi").sees("Deciso")
    officer.open(f"{grant}/report").sees("11.000,00 € su 12.000,00 €", "= 6.200,00 €")
    officer.follow("Chiudi i conti").sees("Non si può annullare", "= 6.200,00 €")
    officer.press("Sì, chiudi i conti").sees("Conti chiusi")
    officer.sees("6.600,00 €", "contributo finale 6.200,00 €", "ancora da pagare 2.600,00 €")
    officer.sees("al fondo 1.000,00 €")
