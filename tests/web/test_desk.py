"""The desk: what waits for a person, narrowed by kind, neighbourhood and words."""

from sqlalchemy import literal, select

from app.core.todo import Todo
from app.core.together import Ask
from tests.make.identity import person


def offered(*lines):
    """A room that offers these lines, whoever asks."""
    questions = [Ask(select(literal(1).label("one")), lambda row, line=line: line) for line in lines]
    return [lambda person_id, roles, now: questions]


def test_the_list_is_narrowed_by_kind_and_neighbourhood_and_what_is_ticked_stays(client, app, sign_in):
    lines = [
        Todo("Check an item", "Tavolo lungo", "groups.verify", {"ref": "ent_x"}, "now", "groups", zone="Isola"),
        Todo("Check an item", "Radio ballatoio", "groups.verify", {"ref": "ent_x"}, "now", "groups", zone="Bovisa"),
        Todo("Check a pledge", "Semi di Affori", "grants.order", {"ref": "ord_x"}, "todo", "pledges", zone="Affori"),
    ]
    offers, app.extensions["todo"] = app.extensions["todo"], offered(*lines)
    try:
        sign_in(client, person("Marta Colombo", roles=["officer"]))
        whole = client.get("/it/desk").text
        assert all(name in whole for name in ("Tavolo lungo", "Radio ballatoio", "Semi di Affori"))
        some = client.get("/it/desk?kind=groups.verify&zone=Isola").text
        assert "Tavolo lungo" in some
        assert "Radio ballatoio" not in some
        assert "Semi di Affori" not in some
        assert 'value="Isola" checked' in some
        none = client.get("/it/desk?kind=grants.order&zone=Isola").text
        assert 'value="Isola" checked' in none
        assert "Con questi filtri l’elenco è vuoto." in none
    finally:
        app.extensions["todo"] = offers


def test_work_of_the_office_is_taken_given_to_a_colleague_and_given_back(client, app, sign_in):
    line = Todo("Check an item", "Tavolo lungo", "groups.verify", {"ref": "ent_x"}, "now", "groups", role="officer")
    own = Todo("Answer the invitation", "Radio ballatoio", "groups.mine", {}, "now", "groups")
    offers, app.extensions["todo"] = app.extensions["todo"], offered(line, own)
    try:
        marta, giulio = person("Marta Colombo", roles=["officer"]), person("Giulio Ferrari", roles=["officer"])
        sign_in(client, marta)
        assert "Tavolo lungo" in client.get("/it/desk?view=unassigned").text
        assert "Tavolo lungo" not in client.get("/it/desk?view=mine").text
        ticked = {"act": "take", "row": [line.key, own.key], "sure": "yes"}
        done = client.post("/it/desk", data=ticked).text
        assert "Questa è solo tua: nessun altro può farla." in done
        assert "Tavolo lungo" in client.get("/it/desk?view=mine").text
        given = {"act": "assign", "row": line.key, "sure": "yes"}
        assert client.post("/it/desk", data={**given, "colleague": "nobody"}).status_code == 422
        client.post("/it/desk", data={**given, "colleague": giulio.ref})
        assert "Tavolo lungo" not in client.get("/it/desk").text
        refused = client.post("/it/desk", data={"act": "give_back", "row": line.key, "sure": "yes"}).text
        assert "Se ne occupa Giulio Ferrari." in refused
        other = sign_in(app.test_client(), giulio)
        assert "Tavolo lungo" in other.get("/it/desk?view=mine").text
        other.post("/it/desk", data={"act": "give_back", "row": line.key, "sure": "yes"})
        assert "Tavolo lungo" in client.get("/it/desk?view=unassigned").text
        citizen = sign_in(app.test_client(), person("Nora Prova"))
        assert citizen.post("/it/desk", data=ticked).status_code == 403
    finally:
        app.extensions["todo"] = offers
