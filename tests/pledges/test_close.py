"""What counts at the close, and a campaign that fails. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest

from app.campaigns import service as campaigns_service
from app.core import clock as time_now
from app.core.db import transaction
from app.core.money import ZERO
from app.pledges import jobs, queries, service
from app.pledges.rules import State
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_a_card_stored_before_the_close_counts_even_when_the_news_is_late(clock):
    campaign = campaigns.live_campaign()
    closes_at = campaign.closes_at
    clock.at(closes_at - timedelta(hours=1))
    in_time, open_page = pledges.started(campaign, 50), pledges.started(campaign, 60)
    clock.at(closes_at - timedelta(seconds=30))
    late = pledges.started(campaign, 70)
    payments.type_card(in_time.checkout_id)
    clock.at(closes_at + timedelta(seconds=5))
    payments.type_card(late.checkout_id)
    for each in queries.open_checkouts(campaign.id):
        jobs.expire_page(each.id)
    assert pledges.again(in_time).state is State.ACTIVE
    assert pledges.again(open_page).state is State.EXPIRED
    assert (pledges.again(late).state, late.why) == (State.EXPIRED, "late")
    assert queries.open_checkouts(campaign.id) == []
    pledges.agrees()


def test_after_the_decision_no_promise_stands_any_more(clock):
    campaign = campaigns.live_campaign()
    pledge = pledges.started(campaign, 50)
    payments.type_card(pledge.checkout_id)
    pledges.at_deadline(campaign, clock)
    with transaction():
        campaigns_service.close(campaign, now=time_now.now())
    jobs.reread(pledge.id)
    assert pledges.again(pledge).state is State.EXPIRED


def test_a_campaign_that_fails_charges_nobody_and_forgets_every_card(clock, run_jobs):
    campaign = campaigns.live_campaign()
    kept = [pledges.active_pledge(campaign, 20, email=f"d{n}@example.org") for n in range(3)]
    pledges.at_deadline(campaign, clock)
    with transaction():
        campaigns_service.close(campaign, now=time_now.now())
        service.release_all(campaign.id, "below_threshold", now=time_now.now())
    run_jobs()
    for n, pledge in enumerate(kept):
        assert (pledges.again(pledge).state, pledge.why) == (State.CANCELLED, "below_threshold")
        assert pledge.detached_at is not None
        assert pledges.mails(f"d{n}@example.org")[-1] == "pledges/released"
    assert pledges.books(campaign)["promised"] == ZERO
    assert payments.charges() == []
    pledges.agrees()
