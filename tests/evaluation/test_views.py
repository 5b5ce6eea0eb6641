"""Evaluators declare and score; the office draws; another hand approves; everybody reads."""

import pytest

from app.core.db import db, transaction
from app.core.money import euros
from app.evaluation import queries
from app.matching import queries as matching
from tests.make import calls, evaluation, groups, identity
from tests.make import proposals as make_proposals


@pytest.fixture
def call(app, clock):
    return calls.open_call(envelope=euros("15000"))


def proposed(call, name="Officina", officer=None):
    return make_proposals.admissible(groups.group(name, people=2), call=call, title=f"Progetto {name}", officer=officer)


def text(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_an_evaluator_declares_reads_and_scores(call, client, sign_in, clock):
    proposal = proposed(call)
    one, _ = evaluation.evaluators(call)
    sign_in(client, one)
    assert "Da dichiarare" in text(client.get("/it/evaluation"))
    path = f"/it/evaluation/{proposal.ref}"
    before = text(client.get(path))
    assert "Hai un conflitto di interessi?" in before
    assert "Il bisogno" not in before
    assert client.post(path + "/declare", data={}).status_code == 422
    assert client.post(path + "/declare", data={"conflicted": "no"}).status_code == 303
    page = text(client.get(path))
    assert "Banchi e attrezzi" in page
    assert "Bisogno del quartiere (peso 30)" in page
    saved = client.post(path + "/score", data={"act": "save", "points_need": "7"})
    assert saved.status_code == 303
    assert 'value="7"' in text(client.get(path))
    wrong = client.post(path + "/score", data={"act": "complete", "points_need": "11", "comment_need": "Sì"})
    assert wrong.status_code == 422
    assert "Bisogno del quartiere: I punti vanno da 0 a 10" in text(wrong)
    many = client.post(path + "/score", data={"act": "save", "points_need": "11", "points_idea": "sette"})
    assert text(many).count("I punti vanno da 0 a 10") == 4, "each at its field and in the summary, all in one round"
    full = {f"points_{key}": "8" for key in ("need", "idea", "people", "plan", "after")}
    full |= {f"comment_{key}": "Chiaro." for key in ("need", "idea", "people", "plan", "after")}
    assert client.post(path + "/score", data={"act": "complete", **full}).status_code == 303
    assert "Completa" in text(client.get("/it/evaluation"))


def test_a_conflict_hides_the_proposal_for_good(call, client, sign_in):
    proposal = proposed(call)
    one, _ = evaluation.evaluators(call)
    sign_in(client, one)
    path = f"/it/evaluation/{proposal.ref}"
    assert client.post(path + "/declare", data={"conflicted": "yes", "reason": ""}).status_code == 422
    assert client.post(path + "/declare", data={"conflicted": "yes", "reason": "Mia cugina."}).status_code == 303
    page = text(client.get(path))
    assert "Mia cugina." in page
    assert "Il bisogno" not in page
    assert client.post(path + "/score", data={"act": "save"}).status_code == 403


def test_a_proposal_of_another_panel_does_not_exist(call, client, sign_in):
    proposal = proposed(call)
    sign_in(client, identity.person(roles=("evaluator",)))
    for path in ("", "/declare", "/score"):
        verb = client.post if path else client.get
        assert verb(f"/it/evaluation/{proposal.ref}{path}").status_code == 404
    assert client.get("/it/evaluation/prp_nothing").status_code == 404


def test_an_officer_appoints_and_draws(call, client, sign_in, clock):
    proposal = proposed(call)
    people = [identity.person(roles=("evaluator",)) for _ in range(2)]
    officer = identity.person(roles=("officer",))
    sign_in(client, officer)
    path = f"/it/calls/{call.slug}/evaluation"
    assert "Il bando è aperto fino al" in text(client.get(path))
    assert client.post(path + "/panel", data={"person": "nobody"}).status_code == 422
    for person in people:
        assert client.post(path + "/panel", data={"person": person.ref}).status_code == 303
    assert client.post(path + "/panel", data={"person": people[0].ref}).status_code == 422
    evaluation.close(call)
    sign_in(client, officer)
    assert client.post(path + "/draw").status_code == 409
    for person in people:
        evaluation.score(proposal, person)
    assert "Media pesata" in text(client.get(path))
    assert client.post(path + "/draw").status_code == 303
    assert "La graduatoria è stilata" in text(client.get(path))
    assert client.post(path + "/undraw").status_code == 303
    assert queries.ranking(call.id) is None


def test_the_drawn_ranking_is_for_the_office_and_the_approved_one_for_all(call, client, sign_in, clock):
    rows = [proposed(call, name) for name in ("Uno", "Due", "Tre", "Quattro")]
    evaluation.drawn_ranking(call, {rows[0].id: 9, rows[1].id: 8, rows[2].id: 7, rows[3].id: 5})
    path = f"/it/calls/{call.slug}/ranking"
    assert client.get(path).status_code == 404
    sign_in(client, identity.person(roles=("evaluator",)))
    assert client.get(path).status_code == 404
    sign_in(client, identity.person(roles=("responsible",)))
    page = text(client.get(path))
    assert "Graduatoria proposta" in page
    assert "Approvando riservi 14.400,00 €" in page
    data = {"act_number": "DD 4471", "act_on": "2026-04-02", "other_hand": "yes"}
    refused = client.post(path, data=data)
    assert refused.status_code == 422
    assert "Scrivi il numero con l’anno" in text(refused)
    assert 'value="DD 4471"' in text(refused)
    refused = client.post(path, data={"act_number": "DD 4471/2026", "act_on": "2026-04-01"})
    assert refused.status_code == 422
    assert matching.available(call.id) == euros("15000")
    data = {"act_number": "DD 4471/2026", "act_on": "2026-04-01", "other_hand": "yes"}
    assert client.post(path, data=data).status_code == 303
    assert client.post(path, data=data).status_code == 409
    assert matching.available(call.id) == euros("600")
    client.post("/it/sign-out")
    public = text(client.get(path))
    assert "Qui finisce il fondo: restano 600,00 €, la prossima ne chiede 7.200,00 €" in public
    assert "Sotto la soglia di 60 punti" in public
    assert "DD 4471/2026" in public
    assert "Approva e riserva" not in public


@pytest.mark.parametrize("hand", ["checked", "scored"])
def test_the_same_hand_sees_a_closed_button_and_is_refused(call, client, sign_in, hand):
    from app.identity import service as identity_service

    officer = identity.person(roles=("officer",))
    proposed(call, officer=officer)
    panel = evaluation.evaluators(call)
    evaluation.drawn_ranking(call, panel=panel)
    who = {"checked": officer, "scored": panel[0]}[hand]
    with transaction():
        identity_service.grant(who, "responsible", by=None, now=call.closes_at)
    sign_in(client, who)
    path = f"/it/calls/{call.slug}/ranking"
    assert "approva un altro responsabile" in text(client.get(path))
    data = {"act_number": "DD 1/2026", "act_on": "2026-04-01", "other_hand": "yes"}
    assert client.post(path, data=data).status_code == 403
    assert matching.available(call.id) == euros("15000")


def test_the_reserve_is_called_up_from_the_page(call, client, sign_in, clock):
    from app.matching import service as matching_service

    rows = [proposed(call, name) for name in ("Uno", "Due", "Tre")]
    evaluation.approved_ranking(call, {rows[0].id: 9, rows[1].id: 8, rows[2].id: 7})
    sign_in(client, identity.person(roles=("responsible",)))
    path = f"/it/calls/{call.slug}/ranking"
    assert "I soldi tornano quando" in text(client.get(path))
    assert client.post(path + "/call-up").status_code == 409
    with transaction():
        matching_service.release(rows[0].id, now=clock.now(), why="below")
    assert "sono di nuovo liberi" in text(client.get(path))
    assert client.post(path + "/call-up").status_code == 303
    db.session.expire_all()
    assert queries.next_in_reserve(call.id) is None


OFFICE = ["/it/rankings", "/it/calls/{slug}/evaluation"]


@pytest.mark.parametrize("role", ["evaluator", "finance", None])
def test_the_offices_pages_are_closed_to_others(call, client, sign_in, role):
    sign_in(client, identity.person(roles=(role,) if role else ()))
    for path in OFFICE:
        assert client.get(path.format(slug=call.slug)).status_code == 403
    for verb in ("panel", "draw", "undraw"):
        assert client.post(f"/it/calls/{call.slug}/evaluation/{verb}").status_code == 403
    for path in ("ranking", "ranking/call-up"):
        assert client.post(f"/it/calls/{call.slug}/{path}").status_code == 403


def test_the_list_of_rankings_says_where_each_stands(call, client, sign_in):
    officer = identity.person(roles=("officer",))
    sign_in(client, officer)
    open_ = text(client.get("/it/rankings"))
    assert "Il bando è ancora aperto" in open_  # the panel can be appointed before the deadline
    assert f"/it/calls/{call.slug}/evaluation" in open_
    proposed(call)
    evaluation.drawn_ranking(call)
    sign_in(client, officer)
    assert "Aspetta l’approvazione" in text(client.get("/it/rankings"))


def test_scores_rest_on_the_page_once_the_ranking_is_drawn(call, client, sign_in):
    proposal = proposed(call)
    panel = evaluation.evaluators(call)
    evaluation.drawn_ranking(call, panel=panel)
    sign_in(client, panel[0])
    page = text(client.get(f"/it/evaluation/{proposal.ref}"))
    assert "i punteggi non cambiano più" in page
    assert "Concludi la valutazione" not in page
