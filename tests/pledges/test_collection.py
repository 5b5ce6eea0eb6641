"""Promises become money: once each, also when everything breaks. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.money import ZERO, euros
from app.groups import queries as groups
from app.payments import gateway
from app.pledges import jobs, queries, service
from app.pledges.models import Charge
from app.pledges.rules import ChargeState, Mode, State
from app.pledges.service.collecting import attempt
from tests.make import campaigns, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_nobody_is_charged_for_a_body_that_is_not_verified(clock):
    from tests.make import groups as make_groups

    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    draft = make_groups.sent_entity(groups.group(campaign.group_id))
    with pytest.raises(IntegrityError, match="verified"), transaction():
        service.open_charges(campaign.id, draft, pay_until=clock.now(), now=time_now.now())
    columns = "ref, pledge_id, entity_id, n, key, mode, state, account, amount, fee, pay_until, created_at"
    values = (
        f"'x', {pledge.id}, {draft.id}, 1, 'x', 'stored', 'intent', '{draft.stripe_account}', 5000, 1, now(), now()"
    )
    with pytest.raises(IntegrityError, match="verified"):
        db.session.execute(text(f"insert into pledges_charge ({columns}) values ({values})"))  # noqa: S608 - ours
    db.session.rollback()
    assert db.session.scalars(select(Charge)).all() == []


def test_a_charge_goes_only_to_the_body_of_the_campaigns_own_group():
    campaign, other = campaigns.live_campaign(), campaigns.live_campaign(title="Orto")
    pledges.active_pledge(campaign)
    foreign = pledges.payee(other)
    with pytest.raises(IntegrityError, match="not the body"), transaction():
        service.open_charges(campaign.id, foreign, pay_until=time_now.now(), now=time_now.now())


def test_promises_become_gifts_at_the_close(clock, run_jobs):
    campaign = campaigns.live_campaign()
    kept = [pledges.active_pledge(campaign, amount, email=f"g{amount}@example.org") for amount in (10, 25, 50)]
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    for pledge in kept:
        assert pledges.again(pledge).state is State.CHARGED
        assert pledge.detached_at is not None
    found = queries.totals(campaign.id)
    assert (found.collected, found.promised, found.waiting) == (euros("85"), euros("85"), ZERO)
    assert pledges.books(campaign)["kept"] == euros("85")
    assert pledges.books(campaign)["givers"] == -euros("85")
    # 1.5 % and 25 cents each, rounded up: 0.40, 0.63, 1.00
    assert pledges.books(campaign)["fees"] == euros("2.03")
    assert {each["destination"] for each in payments.charges()} == {entity.stripe_account}
    assert pledges.mails("g50@example.org") == ["pledges/promised", "pledges/charged"]
    pledges.agrees()


def test_opening_the_charges_again_charges_nobody_again(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    for _ in range(3):
        pledges.collected(campaign, entity, run_jobs)
        run_jobs("pledges.collect")
    assert len(payments.charges()) == 1
    pledges.agrees()


def test_the_database_allows_one_living_attempt_for_each_pledge(clock):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    now = time_now.now()
    with transaction():
        service.open_charges(campaign.id, entity, pay_until=now, now=now)
    again, row = campaigns.again(campaign), queries.pledge(pledge.id)
    with pytest.raises(IntegrityError, match="one_live"), transaction():
        attempt(row, again, entity, Mode.STORED, now, now)


CRASHES = ["after the claim", "after the create", "after its id is kept", "after the confirm"]


@pytest.mark.parametrize("moment", CRASHES)
def test_a_worker_killed_anywhere_charges_each_pledge_once(moment, clock, run_jobs, monkeypatch):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    with transaction():
        service.open_charges(campaign.id, entity, pay_until=clock.now() + timedelta(days=14), now=time_now.now())

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        if moment == "after the claim":
            patched.setattr(jobs, "charge_one", die)
        elif moment == "after the create":
            patched.setattr(service, "sent", die)
        elif moment == "after its id is kept":
            patched.setattr(gateway, "confirm_intent", die)
        else:
            patched.setattr(service, "apply_intent", die)
        with pytest.raises(Killed):
            run_jobs("pledges.collect")
    db.session.rollback()
    assert queries.in_flight(campaign.id) == 1
    run_jobs("pledges.collect")
    assert pledges.again(pledge).state is State.ACTIVE, "the lease holds: nobody else takes it yet"
    clock.move(seconds=31)
    run_jobs("pledges.collect")
    assert pledges.again(pledge).state is State.CHARGED
    assert len(payments.charges()) == 1
    assert queries.in_flight(campaign.id) == 0
    pledges.agrees()


@pytest.mark.parametrize("path", ["payment_intents$", "confirm$"])
@pytest.mark.parametrize("how", ["drop", "500"])
def test_an_answer_lost_while_charging_is_unknown_never_charged_twice(path, how, clock, run_jobs, app):
    campaign = campaigns.live_campaign()
    kept = [pledges.active_pledge(campaign, 10) for _ in range(3)]
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    payments.fault(lose_answer_next=4, lose_answer_how=how, path=path)
    pledges.collected(campaign, entity, run_jobs)
    payments.fault(clear=True)
    for _ in range(6):
        clock.move(seconds=31)
        run_jobs("pledges.collect")
    assert [pledges.again(pledge).state for pledge in kept] == [State.CHARGED] * 3
    assert len(payments.charges()) == 3
    pledges.agrees()


def test_two_workers_at_once_charge_each_pledge_once(clock, app):
    from concurrent.futures import ThreadPoolExecutor

    campaign = campaigns.live_campaign()
    for _ in range(6):
        pledges.active_pledge(campaign, 10)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    with transaction():
        service.open_charges(campaign.id, entity, pay_until=clock.now() + timedelta(days=14), now=time_now.now())
    campaign_id = campaign.id
    db.session.remove()

    def work(_):
        jobs.collect.func()

    with ThreadPoolExecutor(3) as crew:
        list(crew.map(work, range(3)))
    assert queries.totals(campaign_id).collected == euros("60")
    assert len(payments.charges()) == 6
    pledges.agrees()


def test_a_provider_that_is_down_pauses_the_collection(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    payments.fault(fail_next=999, fail_status=503, methods="POST GET")
    pledges.collected(campaign, entity, run_jobs)
    payments.fault(clear=True)
    assert pledges.again(pledge).state is State.ACTIVE
    clock.move(minutes=1)
    run_jobs("pledges.collect")
    assert pledges.again(pledge).state is State.CHARGED
    pledges.agrees()


def test_an_account_that_the_provider_closed_stops_nobody_for_ever(clock, run_jobs):
    campaign = campaigns.live_campaign()
    kept = [pledges.active_pledge(campaign, amount) for amount in (10, 20)]
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    payments.disable(entity.stripe_account)
    pledges.collected(campaign, entity, run_jobs)
    assert queries.in_flight(campaign.id) == 2
    clock.move(minutes=2)
    payments.onboard(entity.stripe_account)
    run_jobs("pledges.collect")
    assert [pledges.again(pledge).state for pledge in kept] == [State.CHARGED] * 2
    assert len(payments.charges()) == 2
    pledges.agrees()


def test_attempts_that_the_provider_never_makes_end_and_leave_the_promise(clock, run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 10)
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    payments.disable(entity.stripe_account)
    pledges.collected(campaign, entity, run_jobs)
    for _ in range(8):
        clock.move(minutes=10)
        run_jobs("pledges.collect")
    assert pledges.again(pledge).state is State.ACTIVE
    assert [each.state for each in pledges.charges(pledge)] == [ChargeState.CANCELLED]
    assert queries.in_flight(campaign.id) == 0
    pledges.agrees()
