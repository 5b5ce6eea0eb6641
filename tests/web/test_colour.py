"""A city's own colour: readable, and never taken for people's money."""

import pytest

from app.core import settings
from app.core.db import transaction
from app.web import colour


@pytest.mark.parametrize(
    ("chosen", "may"),
    [
        ("#0066CC", True),
        ("#00695C", True),
        ("#6A1B9A", True),
        ("#C23B1A", False),  # cotto itself
        ("#B00020", False),  # a red: too near to cotto
        ("#FFC53D", False),  # cannot be read on white
        ("#06c", False),
        ("red;}", False),
    ],
)
def test_a_colour_fits_when_it_can_be_read_and_told_apart(chosen, may):
    assert colour.fits(chosen) is may


def test_the_sheet_names_the_colour_and_its_shades(client):
    answer = client.get("/theme-00695C.css")
    assert answer.mimetype == "text/css"
    assert answer.text == ":root{--cv-primary:#00695c;--cv-primary-dark:#004f45;--cv-primary-soft:#e6f0ef}\n"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_colour_that_does_not_fit_has_no_sheet(client):
    assert client.get("/theme-C23B1A.css").status_code == 404


def test_a_city_with_the_usual_blue_asks_for_no_sheet(client):
    assert "/theme-" not in client.get("/it/").text


def test_a_city_with_its_own_colour_links_its_sheet(client):
    with transaction():
        settings.put("city.colour", "#00695C")
    assert "/theme-00695C.css" in client.get("/it/").text
