"""A neighbourhood's project from the published call to the last payment, through pages alone, without JavaScript."""

from __future__ import annotations

from datetime import date

import pytest

from tests.make.identity import tax_code
from tests.story import citizens, office, panel
from tests.story.people import Scene, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STAFF = {
    "admin": ("Ada Riva", "amministratore"),
    "officer": ("Paola Conti", "istruttore"),
    "colleague": ("Luca Ferri", "istruttore"),
    "scorer": ("Silvia Neri", "valutatore"),
    "second": ("Marco Galli", "valutatore"),
    "responsible": ("Giorgio Mauri", "responsabile"),
    "finance": ("Teresa Villa", "ragioneria"),
}
CITIZENS = ("Nadia Colombo", "Yusuf Hassan", "Bruno Sala", "Greta Monti")


def comes(scene: Scene, name: str) -> Visitor:
    """Somebody of the city, with an address and a tax code."""
    born_on = date(1988, 5, 17)
    visitor = scene.visitor(name, f"{name.split()[0].lower()}@example.org")
    visitor.born_on, visitor.tax_code = born_on.isoformat(), tax_code(born_on)
    return visitor


def test_a_project_goes_from_the_call_to_the_last_payment(scene: Scene) -> None:
    with scene.step("the people of the city open their accounts"):
        staff = {part: comes(scene, name).registers() for part, (name, _) in STAFF.items()}
        people = [comes(scene, name).registers() for name in CITIZENS]
        first = people[0]
    with scene.step("the administrator gives the roles"):
        scene.house.command("identity", "grant", staff["admin"].email, "administrator")
        for part, (_, role) in STAFF.items():
            if part != "admin":
                office.gives_role(staff["admin"], staff[part], role)
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
