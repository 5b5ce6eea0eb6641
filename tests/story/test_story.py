"""A neighbourhood's project from the published call to the last payment, through pages alone, without JavaScript."""

from __future__ import annotations

from datetime import date

import pytest

from tests.make.identity import person, tax_code
from tests.story import body, citizens, donors, grant, office, panel
from tests.story.people import Scene, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STAFF = {
    "admin": ("Ada Riva", "administrator"),
    "officer": ("Paola Conti", "officer"),
    "scorer": ("Silvia Neri", "evaluator"),
    "second": ("Marco Galli", "evaluator"),
    "responsible": ("Giorgio Mauri", "responsible"),
    "finance": ("Teresa Villa", "finance"),
}
MOST = 10  # presses and fields from the first page to the thank-you, on a phone without scripts
GIFTS = (
    ("Carla Donati", "1.500", donors.OK),
    ("Dino Ferri", "980,00", donors.ASKS_BANK),
    ("Ida Rossi", "900", donors.OK),
    ("Lino Bianchi", "775", donors.OK),
    ("Mara Gatti", "600.00", donors.OK),
    ("Gino Neri", "50", donors.REFUSED_LATER),
    ("Franca Verdi", "40", donors.OK),
)
FIGURES = (
    "dai donatori 4.800,00 €",
    "dal Comune 6.200,00 €",
    "spesi, con ricevuta 11.000,00 €",
    "al fondo 1.000,00 €",
    "Pagato l’anticipo Mandato 1/2027 3.600,00 €",
    "Pagato il saldo Mandato 2/2027 2.600,00 €",
    "11.000,00 € spesi − 4.800,00 € donati = 6.200,00 €",
    "CUP " + office.CUP,
)
COLLEAGUE = "Luca Ferri"
CITIZENS = ("Nadia Colombo", "Yusuf Hassan", "Bruno Sala", "Greta Monti")


def comes(scene: Scene, name: str) -> Visitor:
    """Somebody of the city, with an address and a tax code."""
    born_on = date(1988, 5, 17)
    visitor = scene.visitor(name, f"{name.split()[0].lower()}@example.org")
    visitor.born_on, visitor.tax_code = born_on.isoformat(), tax_code(born_on)
    return visitor


def works(scene: Scene, name: str, *roles: str) -> Visitor:
    """Somebody who has worked for the city since before the story."""
    visitor = scene.visitor(name, f"{name.split()[0].lower()}@example.org")
    person(name, email=visitor.email, roles=roles)
    return visitor


def test_a_project_goes_from_the_call_to_the_last_payment(scene: Scene) -> None:
    with scene.step("the people of the city open their accounts"):
        staff = {part: works(scene, name, role) for part, (name, role) in STAFF.items()}
        people = [comes(scene, name).registers() for name in CITIZENS]
        first = people[0]
    with scene.step("the administrator gives a colleague his role"):
        staff["colleague"] = works(scene, COLLEAGUE)
        office.gives_role(staff["admin"], staff["colleague"], "istruttore")
    with scene.step("an officer sets up the programme and the responsible releases money"):
        office.sets_up_programme(staff["officer"], staff["responsible"])
    with scene.step("the call is published and its terms freeze"):
        call = office.publishes_call(staff["officer"])
    with scene.step("four citizens form a group"):
        tasks = citizens.begins(first, call)
        for other in people[1:]:
            citizens.joins(first, other, tasks)
    with scene.step("the group writes its proposal; a budget that does not add up is told"):
        citizens.writes(first, tasks)
    with scene.step("all sign and the proposal is sent"):
        for number, person in enumerate(people):
            citizens.signs(person, tasks, wrongly=number == 0)
        citizens.submits(first, tasks)
    with scene.step("an officer finds it admissible"):
        panel.admits(staff["officer"], citizens.TITLE)
    with scene.step("two evaluators score it"):
        panel.appoints(staff["officer"], office.CALL, staff["scorer"], staff["second"])
        panel.scores(staff["scorer"], citizens.TITLE, 8)
        panel.scores(staff["second"], citizens.TITLE, 7)
    with scene.step("the ranking is approved with its act and 7,200.00 is reserved"):
        staff["officer"].jumps_to("Si chiude il bando")
        staff["officer"].open("/it/rankings").waits_for(office.CALL)
        panel.ranks(staff["officer"], staff["responsible"], office.CALL, citizens.TITLE)
    with scene.step("the group asks to launch and an officer opens the campaign"):
        donors.prepares(first, citizens.LONG_STORY)
        page = donors.opens(staff["officer"])
    with scene.step("donors promise 4,805.00; one cancels, one shows a name, a large one waits for an officer"):
        guests = {name: donors.guest(scene, name) for name, _, _ in GIFTS}
        donors.is_told_how(guests["Franca Verdi"], page)
        for name, amount, card in GIFTS:
            donors.promises(guests[name], page, amount, card=card, name=name)
            if name == "Carla Donati":
                donors.is_let_through(staff["officer"], guests[name], page)
        donors.shows_name(guests["Dino Ferri"], page, "Dino F.")
        donors.cancels(guests["Franca Verdi"])
    with scene.step("a newcomer gives the 25.00 that are offered in ten interactions"):
        assert donors.gives_in_a_minute(donors.guest(scene, "Nora Valli"), citizens.TITLE) <= MOST
        guests["Gino Neri"].open(page).sees("4.830,00 €", "7 persone", "7.170,00 €")
    watch = "/it/settlement/" + page.rpartition("/")[2]
    with scene.step("the campaign closes and the record of the close is written"):
        staff["officer"].jumps_to("Si chiude la raccolta")
        guests["Gino Neri"].open(page).waits_for("La raccolta è chiusa")
        staff["officer"].open("/it/settlement/").waits_for(citizens.TITLE)
        staff["officer"].jumps_to("Si decide la raccolta").open(watch).waits_for("Aspetta l’associazione")
        staff["officer"].sees(
            "Promesso 4.830,00 €", "Contato 4.830,00 €", "Nessuna carta è stata addebitata", "SHA-256"
        )
    with scene.step("the group becomes a body, verified item by item; nobody is charged before"):
        place = body.constitutes(first)
        body.onboards(first)
        assert scene.house.sandbox("charges")["charges"] == []
        body.is_verified(staff["officer"], place, first)
    with scene.step("donors have their notice, then the cards are charged: 4,780.00"):
        staff["officer"].open(watch).waits_for("Donatori avvisati")
        guests["Gino Neri"].reads_mail("Stiamo per addebitare").sees("50,00 €", body.NAME)
        staff["officer"].jumps_to("Si addebitano i donatori")
        staff["officer"].open(watch).waits_for("Incassato e contato 4.780,00 €")
        staff["officer"].waits_for("Rifiutati dalla banca 50,00 € (1)")
        guests["Gino Neri"].reads_mail("La banca ha rifiutato").sees("50,00 €")
    with scene.step("a neighbour fills the gap and the match is confirmed on 4,800.00"):
        donors.fills_gap(donors.guest(scene, "Rosa Blu"), page, "20,00 €")
        staff["officer"].open(watch).waits_for("Incassato e contato 4.800,00 €")
        staff["officer"].jumps_to("Finisce l’incasso").open(watch).waits_for("contributo confermato 7.200,00 €")
    with scene.step("the agreement is signed by both sides and the award published"):
        contract = grant.is_agreed(staff["officer"], staff["responsible"], first)
        grant.is_published(staff["officer"], contract)
    hands = staff["officer"], staff["colleague"], staff["finance"]
    with scene.step("the advance of 3,600.00 is paid by three pairs of hands"):
        grant.is_paid(*hands, contract, "3.600,00 €", "1/")
    with scene.step("receipts: 11,000.00 accepted, a final grant of 6,200.00"):
        grant.reports(first, contract)
        grant.is_settled(staff["officer"], contract)
    with scene.step("the balance of 2,600.00 is paid"):
        grant.is_paid(*hands, contract, "2.600,00 €", "2/")
    with scene.step("everybody can follow every euro"):
        anybody = scene.visitor().open("/it/money/" + page.rpartition("/")[2])
        anybody.sees(*FIGURES)
        staff["officer"].open("/it/calls/manage").sees("173.800,00 €")
    with scene.step("the books, the provider and the pages agree"):
        assert "every figure equals its ledger balance" in scene.house.command("ledger", "verify")
        stats = scene.house.sandbox("stats")
        assert stats["nonconforming"]["count"] == 0
        assert stats["charges"] == {"succeeded": 7, "failed": 1, "amount": 480_000}
        assert stats["refunds"]["count"] == 0
