"""Anyone may fill the gap. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Gone, Invalid
from app.core.money import ZERO, euros
from app.pledges import jobs, queries, service
from app.pledges.models import Charge
from app.pledges.rules import ChargeState, State
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def gap_gift(campaign, entity, amount, clock, **given):
    from app.pledges.rules.consent import consent
    from app.pledges.views.words import for_gap

    until = clock.now() + timedelta(days=14)
    sum_ = pledges.money(amount)
    words = consent(for_gap(campaign, sum_, payee=entity.name, until=until.date()), "it")
    with transaction():
        return service.agree_gap(
            campaign,
            entity,
            amount=sum_,
            email=given.get("email", "colma@example.org"),
            name="",
            show_name=False,
            language="it",
            agreed=words,
            form_key=given.get("form_key", f"gap-{amount}"),
            pay_until=until,
            by=None,
            now=time_now.now(),
        ).id


def test_anyone_fills_the_gap_and_pays_at_once(clock, run_jobs):
    campaign, _pledge, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs, amount=900)
    charge_id = gap_gift(campaign, entity, 60, clock)
    assert gap_gift(campaign, entity, 60, clock) == charge_id, "the same form is one gift"
    jobs.open_payment_page(charge_id)
    charge = db.session.get(Charge, charge_id)
    page, gift = charge.checkout_id, charge.pledge_id
    db.session.rollback()
    payments.type_card(page)
    jobs.reread(gift)
    assert queries.pledge(gift).state is State.CHARGED
    assert pledges.mails("colma@example.org") == ["pledges/charged"]
    found = queries.totals(campaign.id)
    assert (found.collected, found.promised, found.waiting) == (euros("60"), euros("900"), euros("900"))
    pledges.agrees()


def test_while_somebody_pays_what_is_missing_nobody_else_can_pay_it_too(clock, run_jobs):
    campaign, _pledge, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs, amount=900)
    gap = queries.totals(campaign.id).gap(campaign.threshold)
    first = gap_gift(campaign, entity, gap - euros("40"), clock, form_key="one")
    with pytest.raises(Invalid):
        gap_gift(campaign, entity, euros("41"), clock, form_key="two", email="altra@example.org")
    gap_gift(campaign, entity, euros("40"), clock, form_key="three", email="altra@example.org")
    with pytest.raises(Conflict, match="Somebody is giving what is missing at this moment"):
        gap_gift(campaign, entity, euros("1"), clock, form_key="four", email="terza@example.org")
    jobs.open_payment_page(first)
    gift = db.session.get(Charge, first).pledge_id
    db.session.rollback()
    clock.move(minutes=32)
    payments.same_time()
    jobs.reread(gift)
    assert queries.pledge(gift).state is not State.STARTED
    gap_gift(campaign, entity, gap - euros("40"), clock, form_key="five", email="terza@example.org")


def test_a_gap_gift_whose_page_was_never_opened_gives_its_place_free(clock, run_jobs):
    campaign, _pledge, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs, amount=900)
    charge_id = gap_gift(campaign, entity, 60, clock)
    assert queries.at_the_till(campaign.id)[0] == euros("60")
    clock.move(minutes=30)
    run_jobs("pledges.sweep")
    assert queries.at_the_till(campaign.id)[0] == euros("60"), "its donor may still be on the way"
    clock.move(minutes=31)
    run_jobs("pledges.sweep")
    assert queries.at_the_till(campaign.id)[0] == ZERO
    charge = db.session.get(Charge, charge_id)
    assert (charge.state, queries.pledge(charge.pledge_id).state) == (ChargeState.CANCELLED, State.EXPIRED)


def test_a_gap_gift_is_no_larger_than_the_gap_and_not_a_members(clock, run_jobs):
    campaign, _, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    with pytest.raises(Invalid, match="at most"):
        gap_gift(campaign, entity, 4_801, clock)
    with pytest.raises(Invalid, match="members"):
        gap_gift(campaign, entity, 10, clock, email=campaigns.members(campaign)[0].email)
    late = clock.move(days=15)
    words = pledges.agreed(campaign, euros("10"))
    with pytest.raises(Gone), transaction():
        service.agree_gap(
            campaign,
            entity,
            amount=euros("10"),
            email="x@example.org",
            name="",
            show_name=False,
            language="it",
            agreed=words,
            form_key="late",
            pay_until=late,
            by=None,
            now=late,
        )


def test_a_gap_gift_that_was_not_paid_leaves_nothing(clock, run_jobs):
    campaign, _, entity = pledges.declined(payments.DECLINED_LATER, clock, run_jobs)
    charge_id = gap_gift(campaign, entity, 60, clock)
    jobs.open_payment_page(charge_id)
    jobs.close_pages.func(campaign_id=campaign.id)
    charge = db.session.get(Charge, charge_id)
    assert charge.state is ChargeState.CANCELLED
    assert queries.pledge(charge.pledge_id).state is State.EXPIRED
    pledges.agrees()
