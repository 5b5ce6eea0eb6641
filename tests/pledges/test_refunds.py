"""Gifts that go back. Over the provider's sandbox and a real database."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.money import ZERO, euros
from app.pledges import queries, service
from app.pledges.rules import State
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_every_gift_goes_back_when_too_little_was_collected(clock, run_jobs):
    campaign = campaigns.live_campaign()
    kept = [pledges.active_pledge(campaign, amount, email=f"r{amount}@example.org") for amount in (10, 25)]
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    for _ in range(2):
        with transaction():
            service.refund_all(campaign.id, "not_collected", now=time_now.now())
        run_jobs()
        run_jobs("pledges.refund")
    assert [pledges.again(pledge).state for pledge in kept] == [State.REFUNDED] * 2
    assert pledges.mails("r25@example.org")[-1] == "pledges/refunded"
    now = pledges.books(campaign)
    assert (now["givers"], now["received"], now["fees"], now["platform"]) == (
        ZERO,
        ZERO,
        euros("1.03"),
        -euros("1.03"),
    )
    assert queries.totals(campaign.id).collected == ZERO
    assert sum(each["amount_refunded"] for each in payments.charges()) == 3_500
    pledges.agrees()


def test_refunds_never_exceed_the_charge(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50)
    pledges.collected(campaign, pledges.payee(campaign), run_jobs)
    charge = pledges.charges(pledge)[0].id
    insert = (
        "insert into pledges_refund (ref, charge_id, amount, key, state, why, created_at)"
        " values (:ref, :charge, :amount, :ref, 'intent', 'x', now())"
    )
    db.session.execute(text(insert), {"ref": "a", "charge": charge, "amount": 3_000})
    with pytest.raises(IntegrityError, match="exceed"):
        db.session.execute(text(insert), {"ref": "b", "charge": charge, "amount": 2_001})
    db.session.rollback()


def test_a_refund_whose_answer_was_lost_is_sent_once(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50)
    pledges.collected(campaign, pledges.payee(campaign), run_jobs)
    payments.fault(lose_answer_next=4, path="refunds")
    with transaction():
        service.refund_all(campaign.id, "not_collected", now=time_now.now())
    run_jobs()
    payments.fault(clear=True)
    for _ in range(3):
        clock.move(seconds=31)
        run_jobs("pledges.refund")
    assert pledges.again(pledge).state is State.REFUNDED
    assert sum(each["amount_refunded"] for each in payments.charges()) == 5_000
    pledges.agrees()
