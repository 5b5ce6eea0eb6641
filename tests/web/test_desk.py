"""The desk: what waits for a person, narrowed by kind, neighbourhood and words."""

from app.core.todo import Todo
from tests.make.identity import person


def test_the_list_is_narrowed_by_kind_and_neighbourhood_and_what_is_ticked_stays(client, app, sign_in):
    lines = [
        Todo("Check an item", "Tavolo lungo", "groups.to_verify", {}, "now", "groups", zone="Isola"),
        Todo("Check an item", "Radio ballatoio", "groups.to_verify", {}, "now", "groups", zone="Bovisa"),
        Todo("Check a pledge", "Semi di Affori", "pledges.large", {}, "todo", "pledges", zone="Affori"),
    ]
    offers, app.extensions["todo"] = app.extensions["todo"], [lambda person_id, roles, now: lines]
    try:
        sign_in(client, person("Marta Colombo", roles=["officer"]))
        whole = client.get("/it/desk").text
        assert all(name in whole for name in ("Tavolo lungo", "Radio ballatoio", "Semi di Affori"))
        some = client.get("/it/desk?kind=groups.to_verify&zone=Isola").text
        assert "Tavolo lungo" in some
        assert "Radio ballatoio" not in some
        assert "Semi di Affori" not in some
        assert 'value="Isola" checked' in some
        none = client.get("/it/desk?kind=pledges.large&zone=Isola").text
        assert 'value="Isola" checked' in none
        assert "Con questi filtri l’elenco è vuoto." in none
    finally:
        app.extensions["todo"] = offers
