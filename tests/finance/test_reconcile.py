"""The provider's balance lines against our facts: every cent has a reason, or what it touches stops."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden
from app.core.money import Money, euros
from app.finance import jobs, queries, service
from app.finance.models import Finding
from app.outbox import queries as outbox
from app.payments import queries as payments_queries
from app.payments import service as stops
from app.payments.rules import StopWhy
from app.pledges import jobs as pledge_jobs
from app.pledges import queries as gifts
from tests.make import campaigns, grants, identity, payments, pledges
from tests.make import settlement as make

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture
def paid(clock, run_jobs):
    """Two gifts of 50.00 and 30.00 that were charged, half an hour ago."""
    campaign = campaigns.live_campaign()
    made = [pledges.active_pledge(campaign, amount, email=f"r{amount}@example.org") for amount in (50, 30)]
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    payments.news()
    clock.move(minutes=30)
    return campaign, [pledges.again(each) for each in made], entity


def charge_of(pledge):
    return pledges.charges(pledge)[-1].provider_charge


def later(clock, **by):
    clock.move(**(by or {"hours": 1}))
    jobs.reconcile()
    db.session.expire_all()


def agree(app):
    db.session.expire_all()
    for offer in app.extensions["checks"]:
        for check in offer():
            assert check.holds, check


def stopped():
    db.session.expire_all()
    return {(stop.subject, stop.why) for stop in payments_queries.stops()}


def test_every_line_is_one_fact_and_back(app, clock, paid):
    campaign, given, _ = paid
    jobs.reconcile()
    payments.dashboard_refund(charge_of(given[0]), 2_000, reverse_transfer=True, refund_application_fee=True)
    payments.decide_dispute(payments.dispute(charge_of(given[1])), "lost")
    later(clock)
    assert gifts.totals(campaign.id).collected == euros("30.00"), "what nobody told us is found with the lines"
    pledge_jobs.reverse()
    later(clock)
    assert queries.open_findings() == []
    assert queries.last_run().charges == 2
    assert all(day.agrees for day in queries.days(time_now.now()))
    assert sum(day.provider.cents for day in queries.days(time_now.now())) == 3_000
    assert len([name for name in (check.name for check in queries.checks()) if "provider" in name]) == 2
    agree(app)


def test_an_unexplained_cent_is_found_mailed_and_ends_when_finance_explains_it(app, clock, paid):
    finance = identity.person(roles=["finance"])
    jobs.reconcile()
    assert queries.open_findings() == []
    payments.stray_line(-1)
    later(clock)
    [found] = queries.open_findings()
    assert (found.ours, found.theirs) == (0, -1)
    assert stopped() == {("account:platform", StopWhy.UNEXPLAINED)}
    assert [mail.template for mail in outbox.latest(5, recipient=finance.email)] == ["finance/unexplained"]
    [check] = [check for check in queries.checks() if not check.holds and "adjustment" in check.name]
    assert (check.expected, check.found) == (Money(0), Money(-1))
    result = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert result.exit_code == 1
    assert "-1 cents" in result.output
    later(clock)
    assert len(outbox.latest(5, recipient=finance.email)) == 1, "told once"
    officer = identity.person(roles=["officer"])
    with pytest.raises(Forbidden), transaction():
        service.explain(found, "A fee for the year.", by=officer, now=time_now.now())
    with transaction():
        service.explain(found, "A fee for the year, as announced.", by=finance, now=time_now.now())
    later(clock)
    assert queries.open_findings() == []
    assert stopped() == set()
    agree(app)


def test_after_three_working_days_no_money_at_all_moves_on(clock, paid):
    payments.stray_line(5)
    later(clock)
    for days, whole in ((3, False), (3, True)):
        clock.move(days=days)
        jobs.daily()
        assert (("all", StopWhy.TOO_LONG) in stopped()) is whole
    [found] = queries.open_findings()
    finance = identity.person(roles=["finance"])
    with transaction():
        service.explain(found, "A correction of March.", by=finance, now=time_now.now())
    assert stopped() == set()


def test_a_charge_that_is_not_ours_and_one_that_differs_by_a_cent(clock, paid):
    campaign, given, _ = paid
    jobs.reconcile()
    with transaction():  # a line that says another sum than our row: the mirror is what the provider tells
        db.session.execute(
            text(
                "insert into payments_line (provider_id, account, type, amount, fee, net, source, about, created_at,"
                " read_at) values ('txn_x', '', 'charge', 1, 0, 1, 'ch_x', :charge, now(), now()),"
                " ('txn_y', '', 'charge', 700, 0, 700, 'ch_unknown', 'ch_unknown', now(), now())"
            ),
            {"charge": charge_of(given[0])},
        )
    later(clock)
    found = {one.about: (one.ours, one.theirs) for one in queries.open_findings()}
    assert found == {charge_of(given[0]): (5_000, 5_001), "ch_unknown": (0, 700)}
    assert (f"campaign:{campaign.id}", StopWhy.UNEXPLAINED) in stopped()


def test_payment_orders_of_a_project_with_an_unexplained_cent_wait(clock, run_jobs):
    campaign = make.confirmed(run_jobs)
    agreement = grants.published(campaign)
    with transaction():
        stops.stop(f"campaign:{campaign.id}", StopWhy.UNEXPLAINED, "x", now=time_now.now())
    with pytest.raises(Conflict, match="not explained"):
        grants.order(agreement)
    with transaction():
        stops.lift(f"campaign:{campaign.id}", StopWhy.UNEXPLAINED, "x", "found", now=time_now.now())
    assert grants.order(agreement).amount.cents > 0


def test_a_collection_with_an_unexplained_cent_waits(clock, run_jobs):
    campaign = make.campaign()
    make.promised(campaign, ("4800",))
    make.closed(campaign, run_jobs)
    make.announced(campaign, run_jobs)
    with transaction():
        stops.stop(f"campaign:{campaign.id}", StopWhy.UNEXPLAINED, "x", now=time_now.now())
    assert make.collecting(campaign, run_jobs).collection_started_at is None
    with transaction():
        stops.lift(f"campaign:{campaign.id}", StopWhy.UNEXPLAINED, "x", "found", now=time_now.now())
    assert make.collecting(campaign, run_jobs).collected == euros("4800")


def test_lines_and_runs_never_change(clock, paid):
    jobs.reconcile()
    for sql in ("update payments_line set amount = 1", "delete from payments_line", "update finance_run set lines = 0"):
        with pytest.raises(DBAPIError):
            db.session.execute(text(sql))
        db.session.rollback()


def test_finance_sees_one_page_and_explains_on_it(clock, paid, app, sign_in):
    jobs.reconcile()
    payments.stray_line(-1)
    later(clock)
    browser = sign_in(app.test_client(), identity.person(roles=["finance"]))
    page = browser.get("/en/finance/").text
    assert "1 figure is not explained" in page
    assert "Received by the associations" in page
    [found] = queries.open_findings()
    assert browser.post(f"/en/finance/differences/{found.ref}", data={"reason": "no"}).status_code == 422
    given = {"reason": "The yearly fee, as announced."}
    assert browser.post(f"/en/finance/differences/{found.ref}", data=given).status_code == 303
    assert "Everything is explained" in browser.get("/en/finance/").text
    assert "The yearly fee" in browser.get(f"/en/finance/differences/{found.ref}").text
    assert browser.post("/en/finance/").status_code == 303
    assert db.session.get_one(Finding, found.id).explained_by is not None
