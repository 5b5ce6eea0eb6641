"""How the city chooses: admissibility, two evaluators, a ranking approved by other hands, with its money."""

from __future__ import annotations

from tests.story.people import Visitor

ACT = "DD 2345/2026"


def admits(officer: Visitor, title: str) -> None:
    """The officer opens the dossier from the work list and finds the proposal admissible."""
    officer.open("/it/desk").sees(title, "12.000,00 €").follow("Controlla l’ammissibilità")
    officer.sees("Le voci fanno il totale").tick("Ammissibile").press("Decidi e avvisa il gruppo").sees("Deciso")


def appoints(officer: Visitor, call: str, *evaluators: Visitor) -> None:
    """The panel of the call."""
    officer.open("/it/calls/manage").follow(call).follow("Commissione e graduatoria")
    for evaluator in evaluators:
        officer.choose("Nomina un valutatore", evaluator.name).press("Nomina").sees("Fatto: la nomina")


def scores(evaluator: Visitor, title: str, points: int) -> None:
    """No conflict declared, then points with reasons for each criterion."""
    evaluator.open("/it/evaluation").follow(title)
    evaluator.tick("No: non ho legami").press("Dichiara")
    fields, reasons = evaluator.page.get_by_label("Punti"), evaluator.page.get_by_label("Perché")
    assert fields.count() == reasons.count() == 5
    for number in range(fields.count()):
        fields.nth(number).fill(str(points))
    evaluator.press("Concludi la valutazione").sees("C’è qualcosa da sistemare")
    for number in range(reasons.count()):
        assert fields.nth(number).input_value() == str(points)
        reasons.nth(number).fill("Chiaro e ben motivato.")
    evaluator.press("Concludi la valutazione").sees("La tua valutazione è completa")


def ranks(officer: Visitor, responsible: Visitor, call: str, title: str) -> None:
    """An officer draws the ranking, cannot approve it, and a responsible officer does: 7,200.00 are set aside."""
    officer.open("/it/rankings").follow(call).waits_until_gone("Il bando è aperto").press("Stila la graduatoria").sees(
        "La graduatoria è stilata"
    )
    officer.sees(title, "7.200,00 €")
    today = responsible.today()
    responsible.open("/it/desk").sees(call).open("/it/rankings").follow(call)
    responsible.press("Approva e riserva").sees("C’è qualcosa da sistemare")
    responsible.write("Numero dell’atto", ACT).write("Data dell’atto", today).tick("Non ho controllato né valutato")
    responsible.press("Approva e riserva").sees("Approvata", ACT, "7.200,00 €", "172.800,00 €")
