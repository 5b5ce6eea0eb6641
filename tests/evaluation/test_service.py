"""A ranking is scored without conflicts, drawn, and approved by another hand, with its money, in one transaction."""

import threading
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from app.calls import queries as calls
from app.calls.rules import State as CallState
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.money import euros
from app.core.together import together
from app.evaluation import queries, service
from app.evaluation.rules import Outcome, State
from app.evaluation.service import Mark
from app.matching import queries as matching
from app.outbox import queries as outbox
from app.proposals import queries as proposals
from tests.make import calls as make_calls
from tests.make import evaluation, groups, identity
from tests.make import proposals as make_proposals


@pytest.fixture
def call(app, clock):
    return make_calls.open_call(envelope=euros("15000"))


def proposed(call, name="Officina di ringhiera", officer=None):
    crowd = groups.group(name, people=2)
    return make_proposals.admissible(crowd, call=call, title=f"Progetto {name}", officer=officer)


def approve(call, by=None, clock=None, act="DD 1234/2026"):
    by = by or identity.person(roles=("responsible",))
    now = clock.now()
    with transaction():
        return service.approve_ranking(call, act=act, act_on=now.date(), by=by, now=now)


def test_the_story_reserves_7200_of_the_fund_in_the_same_transaction(call, clock):
    proposal = proposed(call)
    evaluation.drawn_ranking(call)
    assert matching.available(call.id) == euros("15000")
    ranking = approve(call, clock=clock)
    award = queries.award_of(proposal.id)
    assert (award.outcome, award.budget, award.ceiling) == (Outcome.FUNDED, euros("12000"), euros("7200"))
    assert (award.position, award.score_milli, award.fund_after) == (1, 80000, euros("7800"))
    assert matching.available(call.id) == euros("7800")
    assert matching.books_of_project(proposal.id).reserved == euros("7200")
    assert (ranking.state, ranking.act_number) == (State.APPROVED, "DD 1234/2026")
    assert calls.by_slug(call.slug).state is CallState.RANKED


def test_what_the_fund_cannot_cover_stays_in_reserve_with_its_place(call, clock):
    first, second, third = proposed(call, "Uno"), proposed(call, "Due"), proposed(call, "Tre")
    evaluation.drawn_ranking(call, {first.id: 8, second.id: 9, third.id: 7})
    approve(call, clock=clock)
    found = [(queries.award_of(one.id).position, queries.award_of(one.id).outcome) for one in (second, first, third)]
    assert found == [(1, Outcome.FUNDED), (2, Outcome.FUNDED), (3, Outcome.RESERVE)]
    assert matching.available(call.id) == euros("600")
    assert matching.reservation(third.id) is None
    board = queries.board(queries.ranking(call.id))
    assert (board.cut.left, board.cut.asks) == (euros("600"), euros("7200"))


def test_a_proposal_below_the_minimum_gets_nothing_though_money_is_left(call, clock):
    good, poor = proposed(call, "Buona"), proposed(call, "Debole")
    evaluation.drawn_ranking(call, {good.id: 6, poor.id: 5})
    approve(call, clock=clock)
    assert queries.award_of(poor.id).outcome is Outcome.BELOW
    assert matching.reservation(poor.id) is None


def test_people_of_each_proposal_are_told_once(call, clock):
    proposal = proposed(call)
    evaluation.drawn_ranking(call)
    approve(call, clock=clock)
    for person in proposals.members(proposal):
        letters = [one for one in outbox.latest(recipient=person.email) if one.template == "evaluation/funded"]
        assert len(letters) == 1
        assert "7.200,00" in letters[0].body


def test_an_inadmissible_proposal_is_listed_as_excluded(call, clock):
    from app.proposals import service as proposals_service

    good = proposed(call, "Buona")
    bad = make_proposals.submitted(groups.group("Fuori", people=2), call=call, title="Fuori tempo")
    officer = identity.person(roles=("officer",))
    with transaction():
        proposals_service.check(
            bad, "inadmissible", "Manca il preventivo dei lavori.", found={}, by=officer, now=clock.now()
        )
    evaluation.drawn_ranking(call)
    approve(call, clock=clock)
    assert queries.award_of(bad.id).outcome is Outcome.EXCLUDED
    assert queries.award_of(bad.id).position is None
    assert queries.award_of(good.id).position == 1


def test_nothing_is_an_award_before_approval(call, clock):
    proposal = proposed(call)
    evaluation.drawn_ranking(call)
    assert queries.award_of(proposal.id) is None
    assert queries.awards_of(call.id) == []


def test_an_evaluator_declares_before_scoring(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    with pytest.raises(Conflict, match="declare"), transaction():
        service.score(proposal, evaluation.marks(proposal), complete=True, by=one, now=clock.now())


def test_a_declared_conflict_recuses_for_good(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    with transaction():
        service.declare(proposal, conflicted=True, reason="Mia cugina è nel gruppo.", by=one, now=clock.now())
    with pytest.raises(Forbidden), transaction():
        service.score(proposal, evaluation.marks(proposal), complete=True, by=one, now=clock.now())
    with pytest.raises(Conflict), transaction():
        service.declare(proposal, conflicted=False, by=one, now=clock.now())


def test_a_conflict_needs_a_reason(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    with pytest.raises(Invalid), transaction():
        service.declare(proposal, conflicted=True, reason=" ", by=one, now=clock.now())


def test_a_conflict_found_later_drops_the_scores_given(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    evaluation.score(proposal, one)
    with transaction():
        service.declare(
            proposal, conflicted=True, reason="Ho saputo che ci lavora mio fratello.", by=one, now=clock.now()
        )
    assert queries.sheet(proposal.id, one.id) is None


def test_a_recused_evaluator_leaves_too_few_scores(call, clock):
    proposal = proposed(call)
    one, two = evaluation.evaluators(call)
    evaluation.score(proposal, two)
    with transaction():
        service.declare(proposal, conflicted=True, reason="Lo conosco.", by=one, now=clock.now())
    evaluation.close(call)
    with pytest.raises(Conflict, match="1 complete scores"), transaction():
        service.draw_ranking(call, by=None, now=clock.now())
    (third,) = evaluation.evaluators(call, 1)
    evaluation.score(proposal, third)
    with transaction():
        assert service.draw_ranking(call, by=None, now=clock.now()).state is State.DRAWN


def test_an_incomplete_sheet_is_kept_and_does_not_count(call, clock):
    proposal = proposed(call)
    one, two = evaluation.evaluators(call)
    evaluation.score(proposal, two)
    with transaction():
        service.declare(proposal, conflicted=False, by=one, now=clock.now())
        service.score(proposal, {"need": Mark(7, "Vero.")}, complete=False, by=one, now=clock.now())
    assert queries.sheet(proposal.id, one.id).scores[0].points == 7
    evaluation.close(call)
    with pytest.raises(Conflict), transaction():
        service.draw_ranking(call, by=None, now=clock.now())


def test_a_complete_sheet_has_points_and_a_reason_for_each_criterion(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    with transaction():
        service.declare(proposal, conflicted=False, by=one, now=clock.now())
    with pytest.raises(Invalid) as refused, transaction():
        service.score(proposal, {"need": Mark(11, "Sì"), "idea": Mark(5, "")}, complete=True, by=one, now=clock.now())
    assert {"points_need", "comment_idea", "points_people", "comment_people"} <= set(refused.value.errors)


def test_only_the_panel_scores(call, clock):
    proposal = proposed(call)
    stranger = identity.person(roles=("evaluator",))
    with pytest.raises(Forbidden), transaction():
        service.declare(proposal, conflicted=False, by=stranger, now=clock.now())


def test_the_panel_takes_neither_proposers_nor_checkers_nor_people_without_the_role(call, clock):
    officer = identity.person(roles=("officer", "evaluator"))
    proposal = proposed(call, officer=officer)
    member = proposals.members(proposal)[0]
    from app.identity import service as identity_service

    with transaction():
        identity_service.grant(member, "evaluator", by=None, now=clock.now())
    strangers = (officer, member, identity.person())
    for person in strangers:
        with pytest.raises(Invalid), transaction():
            service.appoint(call, person, by=None, now=clock.now())


def test_no_ranking_before_the_deadline_or_with_unchecked_proposals(call, clock):
    proposal = proposed(call)
    waiting = make_proposals.submitted(groups.group("Attesa", people=2), call=call, title="In attesa")
    for one in evaluation.evaluators(call):
        evaluation.score(proposal, one)
    with pytest.raises(Conflict, match="closed"), transaction():
        service.draw_ranking(call, by=None, now=clock.now())
    evaluation.close(call)
    with pytest.raises(Conflict, match="admissibility"), transaction():
        service.draw_ranking(call, by=None, now=clock.now())
    assert waiting.state == "submitted"


def test_scores_rest_once_the_ranking_is_drawn_and_move_again_when_it_is_taken_back(call, clock):
    proposal = proposed(call)
    panel = evaluation.evaluators(call)
    evaluation.drawn_ranking(call, panel=panel)
    with pytest.raises(Conflict), transaction():
        service.score(proposal, evaluation.marks(proposal, 3), complete=True, by=panel[0], now=clock.now())
    with transaction():
        service.undraw(call, by=None, now=clock.now())
    evaluation.score(proposal, panel[0], 10)
    with transaction():
        ranking = service.draw_ranking(call, by=None, now=clock.now())
    assert ranking.awards[0].score_milli == 90000


@pytest.mark.parametrize("hand", ["checker", "scorer", "citizen", "panelist", "member"])
def test_the_ranking_is_approved_by_another_hand(call, clock, hand):
    from app.identity import service as identity_service

    officer = identity.person(roles=("officer",))
    proposal = proposed(call, officer=officer)
    panel = evaluation.evaluators(call, 3)
    for one in panel[:2]:
        evaluation.score(proposal, one)
    evaluation.close(call)
    with transaction():
        service.draw_ranking(call, by=None, now=clock.now())
    by = {
        "checker": officer,
        "scorer": panel[0],
        "panelist": panel[2],
        "citizen": identity.person(),
        "member": proposals.members(proposal)[0],
    }[hand]
    if hand != "citizen":
        with transaction():
            identity_service.grant(by, "responsible", by=None, now=clock.now())
    with pytest.raises(Forbidden):
        approve(call, by=by, clock=clock)
    db.session.expire_all()
    assert queries.ranking(call.id).state is State.DRAWN
    assert matching.available(call.id) == euros("15000")


@pytest.mark.parametrize("hand", ["checker", "scorer"])
def test_the_database_itself_refuses_the_same_hand(call, clock, database, hand):
    officer = identity.person(roles=("officer",))
    proposed(call, officer=officer)
    panel = evaluation.evaluators(call)
    evaluation.drawn_ranking(call, panel=panel)
    who = {"checker": officer, "scorer": panel[0]}[hand]
    with database.connect() as other, pytest.raises(psycopg.errors.CheckViolation, match="neither checked nor scored"):
        other.execute(
            "update evaluation_ranking set state = 'approved', approved_by = %s, approved_at = now(),"
            " act_number = 'DD 1/2026', act_on = now()",
            [who.id],
        )


@pytest.mark.parametrize("act", ["DD 4471", "", "4471/2026"])
def test_the_act_has_a_number_and_a_year(call, clock, act):
    proposed(call)
    evaluation.drawn_ranking(call)
    with pytest.raises(Invalid) as refused:
        approve(call, clock=clock, act=act)
    assert set(refused.value.errors) == {"act_number"}


def test_the_act_is_not_dated_tomorrow(call, clock):
    proposed(call)
    evaluation.drawn_ranking(call)
    now, by = clock.now(), identity.person(roles=("responsible",))
    with pytest.raises(Invalid), transaction():
        service.approve_ranking(call, act="DD 1/2026", act_on=now.date() + timedelta(days=1), by=by, now=now)


def test_a_second_approval_is_refused_and_reserves_nothing_more(call, clock):
    proposed(call)
    evaluation.drawn_ranking(call)
    approve(call, clock=clock)
    with pytest.raises(Conflict, match="already approved"):
        approve(call, clock=clock)
    assert matching.available(call.id) == euros("7800")


def test_two_approvals_at_the_same_moment_reserve_once(call, clock, app):
    proposed(call, "Uno")
    proposed(call, "Due")
    evaluation.drawn_ranking(call)
    hands, now = [identity.person(roles=("responsible",)).id for _ in range(2)], clock.now()
    call_id, said, start = call.id, [], threading.Barrier(2)
    db.session.commit()

    def press(person_id: int) -> None:
        from app.identity import queries as people

        with app.app_context():
            one, by = calls.call(call_id), people.person(person_id)
            start.wait()
            try:
                with transaction():
                    service.approve_ranking(one, act="DD 1/2026", act_on=now.date(), by=by, now=now)
                said.append("approved")
            except Conflict:
                said.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press, args=(one,)) for one in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["approved", "refused"]
    assert matching.available(call_id) == euros("600")
    assert all(check.holds for check in matching.checks())


def test_an_approved_ranking_and_its_awards_stay(call, clock, database):
    proposed(call)
    evaluation.drawn_ranking(call)
    approve(call, clock=clock)
    for statement in (
        "update evaluation_ranking set act_number = 'DD 9/2026'",
        "delete from evaluation_award",
        "update evaluation_award set position = 2",
        "update evaluation_award set outcome = 'below'",
        "update evaluation_score set points = 1",
    ):
        with database.connect() as other, pytest.raises(psycopg.errors.CheckViolation):
            other.execute(statement)
    with pytest.raises(Conflict), transaction():
        service.undraw(call, by=None, now=clock.now())


def test_a_sheet_without_a_declaration_is_refused_by_the_database(call, clock):
    proposal = proposed(call)
    (one, _) = evaluation.evaluators(call)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            db.text("insert into evaluation_sheet (proposal_id, person_id, saved_at) values (:p, :e, now())"),
            {"p": proposal.id, "e": one.id},
        )


def test_money_that_comes_back_calls_up_the_first_in_reserve(call, clock):
    from app.matching import service as matching_service

    rows = [proposed(call, name) for name in ("Uno", "Due", "Tre", "Quattro")]
    evaluation.drawn_ranking(call, {rows[0].id: 10, rows[1].id: 9, rows[2].id: 8, rows[3].id: 7})
    approve(call, clock=clock)
    by = identity.person(roles=("responsible",))
    with pytest.raises(Conflict, match="left"), transaction():
        service.call_up(call, by=by, now=clock.now())
    with transaction():
        matching_service.release(rows[0].id, now=clock.now(), why="below the threshold")
        award = service.call_up(call, by=by, now=clock.now())
    assert (award.proposal_id, award.outcome) == (rows[2].id, Outcome.FUNDED)
    assert queries.next_in_reserve(call.id).proposal_id == rows[3].id


def test_each_hand_sees_what_it_has_to_do(call, clock):
    proposal = proposed(call)
    officer, boss = identity.person(roles=("officer",)), identity.person(roles=("responsible",))

    def todo(person, *roles):
        return [line.what for line in together(queries.todo(person.id, frozenset(roles), clock.now()))]

    evaluation.close(call)
    assert todo(officer, "officer") == ["Appoint the evaluators"]
    one, two = evaluation.evaluators(call)
    assert todo(one, "evaluator") == ["Declare whether you have a conflict"]
    evaluation.score(proposal, one)
    assert todo(one, "evaluator") == []
    assert todo(officer, "officer") == ["The evaluation is going on"]
    evaluation.score(proposal, two)
    assert todo(officer, "officer") == ["Draw the ranking"]
    with transaction():
        service.draw_ranking(call, by=officer, now=clock.now())
    assert (todo(boss, "responsible"), todo(one, "responsible"), todo(officer, "officer")) == (
        ["Approve the ranking"],
        [],
        [],
    )


def test_an_evaluator_who_checks_a_proposal_later_no_longer_scores(call, clock, database):
    both = identity.person(roles=("officer", "evaluator"))
    evaluation.evaluators(call, people=[both])
    proposal = proposed(call, officer=both)
    with pytest.raises(Forbidden, match="checked"), transaction():
        service.declare(proposal, conflicted=False, by=both, now=clock.now())
    scored = "insert into evaluation_sheet (proposal_id, person_id, saved_at) values (%s, %s, now())"
    with database.connect() as other:
        other.execute(
            "insert into evaluation_conflict (proposal_id, person_id, conflicted, reason, declared_at)"
            " values (%s, %s, false, '', now())",
            [proposal.id, both.id],
        )
        with pytest.raises(psycopg.errors.CheckViolation, match="checked none"):
            other.execute(scored, [proposal.id, both.id])


def test_a_call_is_read_for_the_desk_in_few_statements(call, clock, count_sql):
    """Three evaluators and six proposals: what is read does not grow with people times proposals."""
    panel = evaluation.evaluators(call, 3)
    for name in ("Uno", "Due", "Tre"):
        for one in panel:
            evaluation.score(proposed(call, f"{name} {one.id}"), one)
    db.session.expire_all()
    with count_sql() as seen:
        queries.progress(call)
    assert len(seen) <= 12


def test_nobody_approves_a_ranking_that_was_drawn_anew_behind_her_page(call, clock):
    proposed(call)
    seen = evaluation.drawn_ranking(call).ref
    with transaction():
        service.undraw(call, by=None, now=clock.now())
    with transaction():
        again = service.draw_ranking(call, by=None, now=clock.now()).ref
    by, now = identity.person(roles=("responsible",)), clock.now()
    with pytest.raises(Conflict, match="drawn anew"), transaction():
        service.approve_ranking(call, act="DD 1/2026", act_on=now.date(), by=by, now=now, seen=seen)
    with transaction():
        service.approve_ranking(call, act="DD 1/2026", act_on=now.date(), by=by, now=now, seen=again)
