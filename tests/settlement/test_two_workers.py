"""Two workers close and collect the same campaign at the same moment: real threads, real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.core.db import db
from app.core.jobs import tasks
from app.core.money import euros
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.pledges import queries as pledges
from app.settlement import jobs, queries
from app.settlement.rules import State
from tests.make import payments
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def both(app: Any, work: Callable[[], None], workers: int = 2) -> None:
    """Run the same work in several threads that start together, each with its own connection."""
    gate, wrong = threading.Barrier(workers), []

    def one() -> None:
        with app.app_context():
            try:
                gate.wait(10)
                work()
            except Exception as failure:
                wrong.append(failure)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def run_collect() -> None:
    """What the worker does for the job."""
    tasks.tasks["pledges.collect"].func()


def holds() -> None:
    for check in [*queries.checks(), *ledger.checks(), *matching.checks(), *pledges.checks()]:
        assert check.holds, check


def test_two_workers_at_once_close_a_campaign_once_and_charge_each_card_once(app: Any, run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("1200",) * 4)
    closing.at(queries.deadline(campaign))
    db.session.commit()
    both(app, jobs.advance_all)
    closing.at(closing.clock().now() + timedelta(minutes=10))
    both(app, jobs.advance_all)
    assert db.session.execute(text("select count(*) from settlement_close")).scalar_one() == 1
    closing.announced(campaign, run_jobs)
    told = "select count(*) from outbox_message where template = 'pledges/charge_notice'"
    assert db.session.execute(text(told)).scalar_one() == 4
    charge_from = closing.case(campaign).charge_from
    assert charge_from is not None
    closing.at(charge_from)
    db.session.commit()
    both(app, jobs.advance_all)
    both(app, run_collect, workers=3)
    both(app, jobs.advance_all)
    case = closing.case(campaign)
    assert (case.state, case.match) == (State.CONFIRMED, euros("7200"))
    assert len(payments.charges()) == 4
    assert closing.charged_at_provider() == euros("4800") == pledges.totals(campaign.id).collected
    holds()


def test_two_workers_at_once_release_a_campaign_once(app: Any, run_jobs: Run) -> None:
    campaign = closing.campaign()
    before = matching.available(campaign.call_id)
    closing.promised(campaign, ("4799.99",))
    closing.after_deadline(campaign, run_jobs)
    closing.at(closing.clock().now() + timedelta(minutes=10))
    db.session.commit()
    both(app, jobs.advance_all, workers=4)
    assert closing.case(campaign).state is State.RELEASED
    assert matching.available(campaign.call_id) == before + euros("7200")
    told = "select count(*) from outbox_message where template = 'pledges/released'"
    assert db.session.execute(text(told)).scalar_one() == 1
    holds()


@pytest.mark.parametrize("step", [0, 1, 3])
def test_a_worker_that_dies_between_any_two_steps_is_followed_by_one_that_finishes(
    app: Any, run_jobs: Run, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Every commit of the way is a place to die: the next worker goes on from there."""
    from app.core import db as core

    campaign = closing.campaign()
    closing.promised(campaign, ("2400", "2400"))
    closing.at(queries.deadline(campaign))
    real, left = core.db.session.commit, [step]

    def dying() -> None:
        real()
        left[0] -= 1
        if left[0] == -1:
            raise KeyboardInterrupt

    monkeypatch.setattr(core.db.session, "commit", dying)
    for _ in range(2):
        try:
            jobs.advance_all()
        except KeyboardInterrupt:
            db.session.rollback()
        closing.at(closing.clock().now() + timedelta(minutes=10))
    monkeypatch.undo()
    run_jobs("settlement.sweep")
    run_jobs("settlement.sweep")
    assert closing.case(campaign).state is State.CONSTITUTING
    closing.announced(campaign, run_jobs)
    assert closing.collecting(campaign, run_jobs).state is State.CONFIRMED
    assert len(payments.charges()) == 2
    holds()
