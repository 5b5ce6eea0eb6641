"""Cards that are refused, and donors who pay again. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.core.money import ZERO, euros
from app.pledges import jobs, queries, service
from app.pledges.models import Charge, Refund
from app.pledges.rules import ChargeState, RefundState, State
from tests.make import payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def retry(campaign, entity, started_at, run_jobs):
    with transaction():
        made = service.retry(
            campaign.id, entity, started_at=started_at, pay_until=started_at + timedelta(days=14), now=time_now.now()
        )
    run_jobs()
    return made


def test_a_declined_card_is_asked_again_on_days_three_seven_and_thirteen(clock, run_jobs):
    campaign, pledge, entity = pledges.declined(payments.NO_FUNDS_LATER, clock, run_jobs)
    started_at = clock.now()
    assert pledge.state is State.ACTIVE
    assert [each.state for each in pledges.charges(pledge)] == [ChargeState.DECLINED]
    assert queries.totals(campaign.id).declined == euros("50")
    assert pledges.mails("rifiutata@example.org") == ["pledges/promised", "pledges/declined"]
    tries = []
    for day in range(1, 14):
        clock.at(started_at + timedelta(days=day))
        if retry(campaign, entity, started_at, run_jobs):
            tries.append(day)
    assert tries == [3, 7, 13]
    assert [each.n for each in pledges.charges(pledge)] == [1, 2, 3, 4]
    assert len({each.key for each in pledges.charges(pledge)}) == 4
    assert [each for each in payments.charges() if each["status"] == "succeeded"] == []
    pledges.agrees()


def test_after_a_standstill_a_declined_card_is_asked_once_and_not_once_for_each_day_missed(clock, run_jobs):
    campaign, pledge, entity = pledges.declined(payments.NO_FUNDS_LATER, clock, run_jobs)
    started_at = clock.now()
    clock.move(days=8)
    assert [retry(campaign, entity, started_at, run_jobs) for _ in range(3)] == [1, 0, 0]
    assert pledges.mails("rifiutata@example.org").count("pledges/declined") == 2
    assert [each.n for each in pledges.charges(pledge)] == [1, 2]


def test_a_card_that_the_bank_will_never_accept_is_not_asked_again(clock, run_jobs):
    campaign, pledge, entity = pledges.declined(payments.AUTHENTICATE_LATER, clock, run_jobs)
    started_at = clock.now()
    assert pledges.charges(pledge)[0].decline_code == "authentication_required"
    clock.move(days=4)
    assert retry(campaign, entity, started_at, run_jobs) == 0


def test_a_declined_donor_pays_with_another_card_on_the_hosted_page(clock, run_jobs):
    _campaign, pledge, _ = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    clock.move(days=1)
    with transaction():
        first = service.pay_again(pledge, now=time_now.now()).id
    with transaction():
        assert service.pay_again(pledge, now=time_now.now()).id == first, "a double click is one attempt"
    jobs.open_payment_page(first)
    page = db.session.get(Charge, first).checkout_id
    db.session.rollback()
    payments.type_card(page)
    jobs.reread(pledge.id)
    assert pledges.again(pledge).state is State.CHARGED
    assert [each.state for each in pledges.charges(pledge)] == [ChargeState.DECLINED, ChargeState.SUCCEEDED]
    pledges.agrees()


def test_a_payment_page_left_alone_ends_and_can_be_opened_again(clock, run_jobs):
    campaign, pledge, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    started_at = clock.now()
    with transaction():
        first = service.pay_again(pledge, now=time_now.now()).id
    jobs.open_payment_page(first)
    clock.move(days=4)
    assert retry(campaign, entity, started_at, run_jobs) == 0, "no second attempt while a page is open"
    run_jobs("pledges.sweep")
    assert db.session.get(Charge, first).state is ChargeState.CANCELLED
    with transaction():
        assert service.pay_again(pledge, now=time_now.now()).id != first


def test_an_earlier_attempt_that_charged_after_all_is_found_before_a_second_one(clock, run_jobs, sandbox):
    campaign, pledge, entity = pledges.declined(payments.NO_FUNDS_LATER, clock, run_jobs)
    started_at = clock.now()
    attempt = pledges.charges(pledge)[0]
    db.session.rollback()
    # Somebody makes the first attempt succeed behind our back: another card is put on the intent at the provider.
    import stripe

    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandbox.url})
    client.v1.payment_intents.confirm(attempt.intent_id, params={"payment_method": "pm_card_visa"})
    clock.at(started_at + timedelta(days=3))
    retry(campaign, entity, started_at, run_jobs)
    assert pledges.again(pledge).state is State.CHARGED
    assert [each.state for each in pledges.charges(pledge)] == [ChargeState.SUCCEEDED, ChargeState.CANCELLED]
    pledges.agrees()


def test_what_was_not_collected_ends_uncharged_when_the_window_does(clock, run_jobs):
    campaign, pledge, _ = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    with transaction():
        assert service.drop_unpaid(campaign.id, now=time_now.now()) == 1
    run_jobs()
    assert pledges.again(pledge).state is State.UNPAID
    assert pledge.detached_at is not None
    assert pledges.books(campaign)["promised"] == ZERO
    assert pledges.mails("rifiutata@example.org")[-1] == "pledges/unpaid"
    with pytest.raises(Conflict), transaction():
        service.pay_again(pledge, now=time_now.now())
    pledges.agrees()


def test_nothing_is_dropped_while_a_charge_is_under_way(clock, run_jobs):
    campaign, pledge, _ = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    with transaction():
        service.pay_again(pledge, now=time_now.now())
    for verb in (service.drop_unpaid, lambda campaign_id, now: service.release_all(campaign_id, "x", now=now)):
        with pytest.raises(Conflict, match="under way"), transaction():
            verb(campaign.id, now=time_now.now())
    jobs.close_pages.func(campaign_id=campaign.id)
    assert queries.in_flight(campaign.id) == 0


def test_money_that_comes_after_the_end_goes_back_whole(clock, run_jobs):
    campaign, pledge, _ = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    with transaction():
        attempt = service.pay_again(pledge, now=time_now.now()).id
    jobs.open_payment_page(attempt)
    page = db.session.get(Charge, attempt).checkout_id
    db.session.rollback()
    payments.type_card(page)
    # The news was lost and an operator ended the pledge by hand.
    db.session.execute(
        text("update pledges_pledge set state = 'unpaid', ended_at = now() where id = :id"), {"id": pledge.id}
    )
    from app.ledger import service as posting
    from app.pledges.rules.books import dropped

    posting.post(dropped(campaign.id, pledge.id, euros("50"), time_now.now()))
    db.session.commit()
    jobs.reread(pledge.id)
    run_jobs()
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.state, refund.why, refund.amount) == (RefundState.SUCCEEDED, "late", euros("50"))
    assert pledges.mails("rifiutata@example.org")[-1] == "pledges/refunded"
    assert pledges.books(campaign)["givers"] == ZERO
    pledges.agrees()
