"""The campaign: the group opens it, donors promise as guests on a phone, look, change, cancel, fill a gap."""

from __future__ import annotations

from typing import Any

from tests.story.people import Scene, Visitor

OK, ASKS_BANK, REFUSED_LATER = "4242 4242 4242 4242", "4000 0025 0000 3155", "4000 0000 0000 0341"
WRONG_SUMS = ("1,5e3", "NaN", "-5", "0", "1.000.00")


def prepares(first: Visitor, story: str) -> None:
    """The group completes the story, says what an amount buys, and asks the office to open the campaign."""
    first.reads_mail("preparate la raccolta").sees("4.800,00 €", "7.200,00 €").presses_mail()
    first.sees("La storia è troppo corta").write("La storia", story)
    first.write("Importo 1", "25").write("In italiano", "un’ora di laboratorio").press("Salva").sees("Salvato")
    first.press("Chiedete di aprire").sees("La raccolta è all’ufficio")


def opens(officer: Visitor) -> str:
    """An officer looks at what the public will read and opens the campaign; returns its public address."""
    officer.open("/it/desk").follow("Conferma che la raccolta è pronta").sees("4.800,00 €", "7.200,00 €", "12.000,00 €")
    officer.press("Apri adesso la raccolta").sees(
        "La raccolta è aperta", "Mancano alla soglia 4.800,00 €", "7.200,00 €"
    )
    return officer.page.url


def guest(scene: Scene, name: str) -> Visitor:
    """Somebody who has found the project and holds a phone."""
    return scene.visitor(name, f"{name.split()[0].lower()}.dona@example.org", phone=True)


def is_told_how(donor: Visitor, page: str) -> None:
    """Sums that are not sums are refused in a sentence, and what was typed stays; so is a gift without consent."""
    donor.open(page).press("Dona", within=donor.page.get_by_role("main"))
    for wrong in WRONG_SUMS:
        donor.write("Oppure un altro importo", wrong).write("La tua e-mail", donor.email)
        donor.press("Aggiorna").sees("C’è qualcosa da sistemare")
        assert donor.field("Oppure un altro importo").input_value() == wrong
        assert donor.field("La tua e-mail").input_value() == donor.email
    donor.write("Oppure un altro importo", "40").press("Aggiorna").sees("40,00 €", "60,00 €")
    donor.press("Continua con la carta").sees("Spunta la casella")


def promises(donor: Visitor, page: str, amount: str, *, card: str = OK, name: str = "") -> Visitor:
    """From the project's page to the provider's and back."""
    donor.open(page).press("Dona", within=donor.page.get_by_role("main"))
    donor.write("Oppure un altro importo", amount).press("Aggiorna")
    donor.write("La tua e-mail", donor.email).write("Come vuoi essere chiamato?", name)
    donor.sees("oggi è un gruppo e non ancora un ente", "per te è zero", "dal link nella mail")
    donor.tick("Ho almeno 18 anni").press("Continua con la carta")
    types_card(donor, card)
    donor.sees("Oggi non paghi").press("Salva la carta")
    if card == ASKS_BANK:
        donor.press("Autorizza")
    assert donor.page.url.startswith(donor.scene.house.url), donor.text()[:600]
    return donor.sees("Grazie", "Oggi non hai pagato nulla")


class Finger:
    """Of somebody in a hurry: every press and every field that is filled counts."""

    def __init__(self, donor: Visitor) -> None:
        self.donor, self.done = donor, 0

    def press(self, name: str, role: Any = "button") -> None:
        """A button, a link or a tick."""
        self.done += 1
        self.donor.page.get_by_role("main").get_by_role(role, name=name).first.click()

    def write(self, label: str, words: str) -> None:
        """One field."""
        self.done += 1
        self.donor.write(label, words)


def gives_in_a_minute(donor: Visitor, title: str) -> int:
    """A newcomer takes what is offered, from the first page to the thank-you; returns how often she had to act."""
    finger = Finger(donor.open("/it/"))
    finger.press(title, "link")
    finger.press("Dona")
    finger.write("La tua e-mail", donor.email)
    finger.press("Ho almeno 18 anni", "checkbox")
    finger.press("Continua con la carta")
    for label, words in (("Numero della carta", OK), ("Scadenza", "12/35"), ("CVC", "123")):
        finger.write(label, words)
    finger.press("Salva la carta")
    donor.page.get_by_role("heading", name="Grazie").wait_for()
    donor.sees("Che cosa succede adesso", "WhatsApp")
    assert donor.page.get_by_role("img", name="vicini").count() == 1, "the courtyard where a person arrives"
    return finger.done


def types_card(donor: Visitor, card: str) -> None:
    """The provider's page; it is another site."""
    assert donor.page.url.startswith(donor.scene.house.sandbox_url), donor.text()[:1500]
    donor.write("Numero della carta", card).write("Scadenza", "12/35").write("CVC", "123")


def is_let_through(officer: Visitor, donor: Visitor, page: str) -> None:
    """A very large promise counts once an officer has looked at it."""
    donor.sees("Prima l’ufficio guarda").open(page).sees("Mancano alla soglia 4.800,00 €")
    officer.open("/it/desk").follow("Guarda una promessa molto grande").sees(donor.email)
    officer.press("Accetta: da adesso conta").sees("Fatto")
    donor.open(page).sees("1.500,00 €", "Mancano alla soglia 3.300,00 €")


def shows_name(donor: Visitor, page: str, name: str) -> None:
    """By the link in the mail a donor lets the public see a name."""
    donor.open(page + "/donors").sees_not(name)
    donor.reads_mail("promessa").presses_mail().write("Nome", name).tick("Mostra il mio nome").press("Salva")
    donor.open(page + "/donors").sees(name)


def cancels(donor: Visitor) -> None:
    """By the same link, freely: the promise ends."""
    donor.reads_mail("promessa").presses_mail().follow("Annulla la promessa").press("Sì, annullala")
    donor.sees("La tua promessa è annullata")


def fills_gap(donor: Visitor, page: str, missing: str) -> None:
    """In the grace window anybody may give what is missing; it is charged at once."""
    donor.open(page).sees(f"Mancano {missing}").follow("Colma il buco").sees("Paghi oggi", missing)
    donor.write("La tua e-mail", donor.email).tick("Ho almeno 18 anni").press("Continua e paga")
    types_card(donor, OK)
    donor.press(f"Dona {missing}").sees("il tuo dono è arrivato", missing)
