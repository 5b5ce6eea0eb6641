"""What the provider tells, in any order, and what it never told. Over the provider's sandbox and a real database."""

import pytest
from sqlalchemy import text

from app.core.db import db, transaction
from app.core.money import euros
from app.payments import gateway
from app.pledges import queries, service
from app.pledges.rules import State
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_news_in_any_order_and_number_has_one_effect(client, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.started(campaign, 50, email="n@example.org")
    payments.type_card(pledge.checkout_id)
    messages = payments.news()
    for message in [*reversed(messages), *messages, *messages]:
        assert payments.deliver(client, message) == [200]
        run_jobs()
    assert pledges.again(pledge).state is State.ACTIVE
    assert pledges.mails("n@example.org") == ["pledges/promised"]
    assert pledges.books(campaign)["promised"] == euros("50")
    pledges.agrees()


def test_news_that_comes_before_our_row_knows_the_page_is_understood(client, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.started(campaign, 50)
    page = pledge.checkout_id
    payments.type_card(page)
    db.session.execute(text("update pledges_pledge set checkout_id = null, customer_id = null"))
    db.session.commit()
    payments.deliver(client)
    run_jobs()
    assert (pledges.again(pledge).state, pledge.checkout_id) == (State.ACTIVE, page)


def test_what_no_news_told_is_found_by_the_sweep(clock, run_jobs):
    campaign = campaigns.live_campaign()
    told, left = pledges.started(campaign, 50), pledges.started(campaign, 60)
    payments.type_card(told.checkout_id)
    clock.move(minutes=3)
    run_jobs("pledges.sweep")
    assert pledges.again(told).state is State.ACTIVE
    assert pledges.again(left).state is State.STARTED
    clock.move(days=1)
    run_jobs("pledges.sweep")
    assert pledges.again(left).state is State.EXPIRED
    pledges.agrees()


def test_a_row_whose_page_was_never_opened_expires(clock, run_jobs):
    campaign = campaigns.live_campaign()
    payments.fault(fail_next=99, fail_status=500)
    with pytest.raises(gateway.ProviderDown):
        pledges.started(campaign, 50, form_key="lost")
    payments.fault(clear=True)
    clock.move(hours=2)
    run_jobs("pledges.sweep")
    assert queries.by_form_key("lost").state is State.EXPIRED


def test_news_about_nothing_of_ours_is_kept_aside(client, run_jobs):
    from tests.payments.test_gateway import event, signed

    body = event()
    assert client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signed(body)}).status_code == 200
    run_jobs()
    row = db.session.execute(text("select applied_at, tries, problem from payments_event")).one()
    assert (row.applied_at, row.tries, row.problem) == (None, 1, "nothing of ours")


def test_what_stays_unapplied_is_tried_later_and_later_and_holds_nothing_up(clock, client, run_jobs):
    from tests.payments.test_gateway import event, signed

    body = event()
    client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signed(body)})
    tries = []
    for _ in range(12):
        run_jobs("pledges.sweep")
        tries.append(db.session.execute(text("select tries from payments_event")).scalar_one())
        clock.move(minutes=1)
    assert tries == sorted(tries)
    assert tries[0] == 1
    assert 3 <= tries[-1] <= 5
    db.session.execute(text("update payments_event set tries = 20"))
    db.session.commit()
    clock.move(days=30)
    run_jobs("pledges.sweep")
    assert db.session.execute(text("select tries from payments_event")).scalar_one() == 20


def test_the_news_that_a_card_was_forgotten_is_ours(clock, client, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50)
    with transaction():
        service.cancel(pledge, now=clock.now())
    run_jobs("pledges.forget")
    payments.deliver(client)
    run_jobs()
    waiting = db.session.execute(text("select type from payments_event where applied_at is null")).scalars().all()
    told = "select count(*) from payments_event where type = 'payment_method.detached'"
    assert (db.session.execute(text(told)).scalar_one(), waiting) == (1, [])
