"""Collections keep a pace, have patience when the provider asks for it, and stop before many are troubled in vain."""

import pytest

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Forbidden
from app.outbox import queries as outbox
from app.pledges import jobs, queries, service
from app.pledges.rules import LAST, failures_jump, patience
from tests.make import campaigns, identity, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def charged():
    return sum(each["status"] == "succeeded" for each in payments.charges())


@pytest.mark.parametrize(
    ("tried", "failed", "jumps"), [(19, 19, False), (20, 11, False), (20, 12, True), (20, 0, False)]
)
def test_when_failures_jump(tried, failed, jumps):
    assert failures_jump(tried, failed) is jumps


def test_patience_doubles_up_to_a_minute():
    assert [patience(times).seconds for times in (1, 2, 3, 7, 50)] == [1, 2, 4, 64, 64]


def test_turns_are_shared_and_lie_a_tenth_of_a_second_apart(app):
    waits = []
    for _ in range(5):
        with transaction():
            waits.append(service.turn(10))
    assert waits[0] == 0
    assert all(wait is not None and 0.3 < wait <= 0.4 for wait in waits[4:])
    with transaction():
        assert service.turn(0) <= waits[4] + 0.1


def test_a_provider_that_asks_for_patience_is_asked_again_later_with_the_same_key(app, clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    payments.fault(fail_next=2, fail_status=429, path="payment_intents$")
    pledges.collected(campaign, entity, run_jobs)
    assert queries.pace().busy == 1
    assert charged() == 0
    clock.move(seconds=2)
    run_jobs("pledges.collect")
    assert charged() == 0, "the turn is still far away: real time decides"
    with transaction():
        queries.locked_pace().next_at = time_now.now().replace(year=2000)
    for _ in range(2):
        clock.move(seconds=60)
        run_jobs("pledges.collect")
        with transaction():
            queries.locked_pace().next_at = time_now.now().replace(year=2000)
    assert charged() == 1
    assert [charge.key for charge in pledges.charges(pledge)] == [f"pledge:{pledge.ref}:attempt:1"]
    assert queries.pace().busy == 0
    pledges.agrees()


def test_when_failures_jump_the_run_pauses_tells_people_and_goes_on_where_it_stopped(app, clock, run_jobs, sign_in):
    finance = identity.person(roles=["finance"])
    campaign = campaigns.live_campaign()
    cards = [payments.DECLINED_LATER] * LAST + [payments.OK]
    for number, card in enumerate(cards):
        pledges.active_pledge(campaign, 10 + number, card=card)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    run_jobs("pledges.collect")
    assert charged() == 0, "nobody else is charged"
    assert queries.pace().paused_at is not None
    assert [mail.template for mail in outbox.latest(5, recipient=finance.email)] == ["pledges/paused"]
    officer = identity.person(roles=["officer"])
    with pytest.raises(Forbidden), transaction():
        service.resume(by=officer, now=time_now.now())
    browser = sign_in(app.test_client(), finance)
    assert "has paused itself" in browser.get("/en/finance/").text
    clock.move(seconds=1)
    assert browser.post("/en/finance/collections").status_code == 303
    run_jobs()
    assert charged() == 1
    db.session.expire_all()
    assert queries.pace().paused_at is None
    jobs.collect()
    pledges.agrees()
