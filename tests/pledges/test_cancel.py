"""What a donor does by the mailed link. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Gone
from app.core.money import ZERO, euros
from app.matching.rules import MatchPolicy
from app.pledges import queries, service
from app.pledges.rules import State
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_a_donor_cancels_freely_until_the_day_before_the_close(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="c@example.org")
    clock.at(campaign.closes_at - timedelta(hours=24, seconds=1))
    with transaction():
        service.cancel(pledge, now=time_now.now())
    with transaction():
        service.cancel(pledge, now=time_now.now())  # a double click
    assert pledges.again(pledge).state is State.CANCELLED
    assert pledges.books(campaign)["promised"] == ZERO
    assert pledges.mails("c@example.org") == ["pledges/promised", "pledges/cancelled"]
    run_jobs("pledges.forget")
    assert pledges.again(pledge).detached_at is not None
    pledges.agrees()


def test_on_the_last_day_a_donor_cancels_only_while_the_campaign_stays_at_its_threshold(clock):
    campaign = campaigns.live_campaign(budget=2_000)  # threshold 800
    small, large = pledges.active_pledge(campaign, 20), pledges.active_pledge(campaign, 800)
    clock.at(campaign.closes_at - timedelta(hours=24))
    with pytest.raises(Conflict, match="threshold"), transaction():
        service.cancel(large, now=time_now.now())
    with transaction():
        service.cancel(small, now=time_now.now())
    with pytest.raises(Conflict, match="threshold"), transaction():
        service.cancel(large, now=time_now.now())
    assert queries.totals(campaign.id).counted == euros("800")


def test_on_the_last_day_the_least_number_of_people_is_kept_too(clock):
    people = MatchPolicy(share_bp=6000, threshold_bp=4000, donors_min=2)
    campaign = campaigns.live_campaign(budget=2_000, match=people)  # threshold 800
    pledges.active_pledge(campaign, 800, card=payments.OK)
    other = pledges.active_pledge(campaign, 20, card="5555555555554444")
    clock.at(campaign.closes_at - timedelta(hours=25))
    assert queries.refuses_to_cancel(other, campaign, time_now.now()) is None
    clock.at(campaign.closes_at - timedelta(hours=1))
    with pytest.raises(Conflict, match="keeps its"), transaction():
        service.cancel(other, now=time_now.now())
    assert queries.totals(campaign.id).counted == euros("820")


def test_of_two_who_cancel_at_the_threshold_at_once_only_one_passes(clock, app):
    from concurrent.futures import ThreadPoolExecutor

    campaign = campaigns.live_campaign(budget=2_000)
    pair = [pledges.active_pledge(campaign, 20).id for _ in range(2)]
    pledges.active_pledge(campaign, 780)
    clock.at(campaign.closes_at - timedelta(hours=2))
    now = time_now.now()
    db.session.remove()

    def take_back(pledge_id):
        with app.app_context():
            try:
                with transaction():
                    service.cancel(queries.pledge(pledge_id), now=now)
                return "cancelled"
            except Conflict:
                return "refused"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(take_back, pair)) == ["cancelled", "refused"]
    assert queries.totals(campaign.id).counted == euros("800")


def test_after_the_close_nobody_cancels(clock):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    pledges.at_deadline(campaign, clock)
    with pytest.raises(Conflict, match="closed"), transaction():
        service.cancel(pledge, now=time_now.now())
    with pytest.raises(Gone):
        pledges.started(campaign)


def test_new_links_go_only_to_the_address_that_made_the_pledges():
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, email="mia@example.org")
    pledges.active_pledge(campaign, email="altra@example.org")
    with transaction():
        assert service.send_link("mia@example.org", now=time_now.now()) == 1
    assert pledges.mails("mia@example.org") == ["pledges/promised", "pledges/link"]
    assert pledges.mails("altra@example.org") == ["pledges/promised"]
    with transaction():
        assert service.send_link("nessuno@example.org", now=time_now.now()) == 0
