"""A neighbourhood's project from the published call to the last payment, through pages alone, without JavaScript."""

from __future__ import annotations

from datetime import date

import pytest

from tests.make.identity import tax_code
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
        citizens = [comes(scene, name).registers() for name in CITIZENS]
        assert citizens[0].open("/it/account").title() == "Il tuo account"
    with scene.step("the administrator gives the roles"):
        scene.house.command("identity", "grant", staff["admin"].email, "administrator")
        for part, (_, role) in STAFF.items():
            if part != "admin":
                gives_role(staff["admin"], staff[part], role)


def gives_role(admin: Visitor, to: Visitor, role: str) -> None:
    admin.open("/it/people?q=" + to.email).follow(to.name)
    admin.page.get_by_role("radio", name=role).first.check()
    admin.press("Dai il ruolo").sees("Il ruolo è dato")
