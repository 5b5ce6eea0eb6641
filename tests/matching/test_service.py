"""Public money moves through the fund and is never promised twice."""

import threading

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid
from app.core.money import ZERO, euros
from app.ledger import queries as ledger
from app.matching import queries, service
from app.matching.queries import Books
from app.matching.rules import State
from tests.make import programmes

CALL, PROJECT = 7, 31


@pytest.fixture
def fund(app, clock):
    source = programmes.source(released=euros("20000"))
    with transaction():
        return service.allocate(source.id, CALL, euros("10000"), by=None, now=clock.now())


def books(project: int = PROJECT) -> Books:
    return queries.books_of_project(project)


def reserve(clock, project: int = PROJECT, amount: str = "7200"):
    with transaction():
        return service.reserve(CALL, project, euros(amount), now=clock.now())


def test_an_envelope_comes_out_of_released_money(fund):
    assert queries.available(CALL) == euros("10000")
    assert ledger.balance("budget", f"source:{fund.source_id}", "released") == euros("10000")


def test_an_envelope_above_what_is_released_names_who_can_release_more(app, clock):
    source = programmes.source(released=euros("9999.99"))
    with pytest.raises(Invalid) as refused, transaction():
        service.allocate(source.id, CALL, euros("10000"), by=None, now=clock.now())
    sentence = refused.value.errors["envelope"]
    assert sentence.params["who"] == source.programme.responsible_name
    assert sentence.params["free"] == euros("9999.99")


def test_two_calls_cannot_share_the_same_released_euro(fund, clock):
    with transaction():
        service.allocate(fund.source_id, CALL + 1, euros("10000"), by=None, now=clock.now())
    with pytest.raises(Invalid), transaction():
        service.allocate(fund.source_id, CALL + 2, euros("0.01"), by=None, now=clock.now())


def test_a_ceiling_is_set_aside_and_leaves_the_free_part(fund, clock):
    row = reserve(clock)
    assert row.state is State.RESERVED
    assert queries.available(CALL) == euros("2800")
    assert books().reserved == euros("7200")


def test_a_fund_that_is_short_refuses_and_keeps_its_money(fund, clock):
    reserve(clock)
    with pytest.raises(Conflict, match="left"):
        reserve(clock, PROJECT + 1, "2800.01")
    assert queries.available(CALL) == euros("2800")
    reserve(clock, PROJECT + 1, "2800")
    assert queries.available(CALL) == ZERO


def test_a_project_gets_money_once(fund, clock):
    reserve(clock)
    with pytest.raises(Conflict):
        reserve(clock, PROJECT, "10")


def test_the_match_that_shrinks_gives_the_rest_back(fund, clock):
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7170"), now=clock.now())
    assert (books().reserved, books().confirmed) == (ZERO, euros("7170"))
    assert queries.available(CALL) == euros("2830")


def test_the_match_cannot_exceed_what_was_reserved(fund, clock):
    reserve(clock)
    with pytest.raises(Conflict), transaction():
        service.confirm(PROJECT, euros("7200.01"), now=clock.now())


def test_a_campaign_that_fails_gives_everything_back(fund, clock):
    reserve(clock)
    with transaction():
        row = service.release(PROJECT, now=clock.now(), why="below the threshold")
    assert row.state is State.RELEASED
    assert (queries.available(CALL), books().promised) == (euros("10000"), ZERO)
    with pytest.raises(Conflict), transaction():
        service.release(PROJECT, now=clock.now(), why="again")


def test_a_confirmed_match_may_still_be_released_before_the_agreement(fund, clock):
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7000"), now=clock.now())
        service.release(PROJECT, now=clock.now(), why="the group gave up")
    assert queries.available(CALL) == euros("10000")


def test_the_whole_way_of_the_story(fund, clock):
    """7,200 reserved, confirmed and committed; 3,600 and 2,600 paid; 1,000 back to the fund."""
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7200"), now=clock.now())
        service.commit(PROJECT, now=clock.now())
    with transaction():
        service.approve(PROJECT, euros("3600"), key="order:1", now=clock.now())
    assert (books().committed, books().approved) == (euros("3600"), euros("3600"))
    with transaction():
        service.pay(PROJECT, euros("3600"), key="order:1", now=clock.now())
    with transaction():
        service.economise(PROJECT, euros("1000"), now=clock.now())
        service.approve(PROJECT, euros("2600"), key="order:2", now=clock.now())
        service.pay(PROJECT, euros("2600"), key="order:2", now=clock.now())
        service.close(PROJECT, now=clock.now())
    assert books() == Books(ZERO, ZERO, ZERO, ZERO, ZERO, euros("6200"))
    assert queries.available(CALL) == euros("3800")
    assert all(check.holds for check in queries.checks())


def test_an_approval_taken_back_returns_to_the_committed_money(fund, clock):
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7200"), now=clock.now())
        service.commit(PROJECT, now=clock.now())
        service.approve(PROJECT, euros("3600"), key="order:1", now=clock.now())
        service.unapprove(PROJECT, euros("3600"), key="order:1", now=clock.now())
    assert (books().committed, books().approved) == (euros("7200"), ZERO)


def test_no_more_is_paid_than_was_approved(fund, clock):
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7200"), now=clock.now())
        service.commit(PROJECT, now=clock.now())
        service.approve(PROJECT, euros("3600"), key="order:1", now=clock.now())
    for verb, amount in ((service.pay, "3600.01"), (service.approve, "3600.01")):
        with pytest.raises(Conflict), transaction():
            verb(PROJECT, euros(amount), key="order:2", now=clock.now())


def test_nothing_is_approved_before_the_agreement(fund, clock):
    reserve(clock)
    with pytest.raises(Conflict), transaction():
        service.approve(PROJECT, euros("1"), key="order:1", now=clock.now())


def test_a_grant_with_money_left_is_not_closed(fund, clock):
    reserve(clock)
    with transaction():
        service.confirm(PROJECT, euros("7200"), now=clock.now())
        service.commit(PROJECT, now=clock.now())
    with pytest.raises(Conflict, match="neither paid nor given back"), transaction():
        service.close(PROJECT, now=clock.now())


def test_two_reservations_at_once_never_promise_the_same_euro(fund, clock, app):
    """Eight real connections ask for 3,000 of 10,000 at the same moment: three get it."""
    now, done, lock = clock.now(), [], threading.Lock()
    start = threading.Barrier(8)

    def ask(project: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    service.reserve(CALL, project, euros("3000"), now=now)
                said = "reserved"
            except Conflict:
                said = "refused"
            finally:
                db.session.remove()
            with lock:
                done.append(said)

    threads = [threading.Thread(target=ask, args=(100 + n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["refused"] * 5 + ["reserved"] * 3
    assert queries.available(CALL) == euros("1000")


def test_the_database_itself_keeps_what_was_reserved(fund, clock, database):
    reserve(clock)
    with database.connect() as other, pytest.raises(psycopg.errors.CheckViolation):
        other.execute("update matching_reservation set amount = amount + 1")
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(db.text("delete from matching_reservation"))
