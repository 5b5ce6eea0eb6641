"""The city's map: nine boroughs, 88 zones."""

import pytest

from app.core.db import transaction
from app.territory import gateway, queries, service
from app.territory.rules import ZoneLine, slug_of, sort_key
from tests.make.territory import milan


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Dergano", "dergano"),
        ("Città Studi", "citta-studi"),
        ("P.ta Ticinese–Conca del Naviglio", "p-ta-ticinese-conca-del-naviglio"),
        (
            "Niguarda–Ca' Granda–Prato Centenaro–Q.re Fulvio Testi",
            "niguarda-ca-granda-prato-centenaro-q-re-fulvio-testi",
        ),
        ("Monluè–Ponte Lambro", "monlue-ponte-lambro"),
    ],
)
def test_names_become_addresses(name, slug):
    assert slug_of(name) == slug


def test_accents_do_not_count_in_sorting():
    assert sorted(["Forlanini", "Èbro", "Duomo"], key=sort_key) == ["Duomo", "Èbro", "Forlanini"]


def test_milan_has_nine_boroughs_and_88_zones(app):
    milan()
    assert [place.number for place in queries.boroughs()] == list(range(1, 10))
    zones = queries.zones()
    assert len(zones) == 88 == len({zone.slug for zone in zones})
    assert {zone.number for zone in zones} == set(range(1, 89))
    dergano = queries.zone_by_number(79)
    assert dergano is not None
    assert (dergano.name, dergano.slug, dergano.borough.number) == ("Dergano", "dergano", 9)
    assert queries.zone("dergano") == dergano
    assert queries.zone("atlantide") is None
    assert [zone.sort_key for zone in zones] == sorted(zone.sort_key for zone in zones)


def test_the_fourth_borough_has_the_zones_that_its_published_list_names(app):
    milan()
    assert {zone.number for zone in queries.zones_in(4)} == {*range(25, 34), 35}
    assert {zone.number for zone in queries.zones_numbered([79, 80])} == {79, 80}
    assert len(queries.zones_numbered([])) == 88


def test_loading_again_changes_nothing_and_corrects_what_was_wrong(app):
    milan()
    kept = {zone.number: zone.id for zone in queries.zones()}
    first = gateway.zone_lines()[0]
    with transaction():
        service.load([ZoneLine(first.number, "Duomo e dintorni", 2, first.lat, first.lon, first.area_km2)])
    milan()
    assert {zone.number: zone.id for zone in queries.zones()} == kept
    duomo = queries.zone_by_number(1)
    assert duomo is not None
    assert (duomo.name, duomo.borough.number) == ("Duomo", 1)


def test_the_operator_loads_the_map_by_command(app):
    result = app.test_cli_runner().invoke(args=["territory", "load"])
    assert result.output == "88 zones\n"
