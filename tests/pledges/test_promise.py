"""From the form to a promise that stands. Over the provider's sandbox and a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.money import ZERO, euros
from app.outbox import queries as outbox
from app.payments import gateway
from app.pledges import jobs, queries, service
from app.pledges.rules import State
from tests.make import campaigns, identity, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")


def test_a_stored_card_makes_the_promise_stand():
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="Lucia@Example.org")
    assert pledge.state is State.ACTIVE
    assert pledge.email == "lucia@example.org"
    assert (pledge.card_brand, pledge.card_last4) == ("visa", "4242")
    found = queries.totals(campaign.id)
    assert (found.promised, found.counted, found.donors, found.collected) == (euros("50"), euros("50"), 1, ZERO)
    assert pledges.books(campaign)["promised"] == euros("50")
    assert pledges.mails("lucia@example.org") == ["pledges/promised"]
    pledges.agrees()


def test_the_words_that_were_agreed_to_are_kept_mailed_and_shown_beside_the_card():
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="a@example.org")
    assert pledge.consent_sha256 == pledges.agreed(campaign, euros("50")).sha256
    assert "non ancora un ente" in pledge.consent_text
    assert "50,00\u00a0€" in pledge.consent_text
    body = outbox.latest(1, recipient="a@example.org")[0].body
    for line in pledge.consent_text.split("\n"):
        assert line in body
    assert pledge.consent_sha256[:8] in body


def test_what_was_agreed_to_never_changes():
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign)
    for change in ("amount = 1", "consent_text = ''", "campaign_id = 0", "state = 'started'"):
        if change.startswith("state"):
            with transaction():
                service.cancel(pledge, now=time_now.now())
        with pytest.raises(IntegrityError):
            db.session.execute(text(f"update pledges_pledge set {change}"))  # noqa: S608 - constants above
        db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(text("delete from pledges_pledge"))


def test_one_form_sent_twice_is_one_pledge_and_one_page():
    campaign = campaigns.live_campaign()
    first = pledges.started(campaign, 50, form_key="same")
    again = pledges.started(campaign, 50, form_key="same")
    assert (first.id, first.checkout_id) == (again.id, again.checkout_id)


def test_a_card_that_needs_its_owner_is_stored_after_she_confirmed():
    campaign = campaigns.live_campaign()
    assert pledges.active_pledge(campaign, card=payments.AUTHENTICATE_NOW).state is State.ACTIVE
    refused = pledges.active_pledge(campaign, card=payments.AUTHENTICATE_NOW, authorise=False)
    assert refused.state is State.STARTED


def test_a_card_declined_on_the_page_stores_nothing():
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, card=payments.DECLINED_NOW)
    assert pledge.state is State.STARTED
    assert pledge.payment_method is None
    assert queries.totals(campaign.id).gifts == 0


def test_a_card_that_expires_before_the_last_possible_charge_is_refused_and_forgotten(run_jobs):
    campaign = campaigns.live_campaign()
    last = campaigns.again(campaign).last_day + timedelta(days=60)
    month = (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    early = pledges.active_pledge(campaign, email="e@example.org", exp_month=month.month, exp_year=month.year)
    assert (early.state, early.why) == (State.REFUSED, "card_expires")
    assert pledges.mails("e@example.org") == ["pledges/not_taken"]
    just = pledges.active_pledge(campaign, exp_month=last.month, exp_year=last.year)
    assert just.state is State.ACTIVE
    run_jobs("pledges.forget")
    assert pledges.again(early).detached_at is not None
    assert pledges.again(just).detached_at is None


def test_a_very_large_pledge_waits_for_an_officer_before_it_counts():
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 1_000, email="grande@example.org")
    assert pledge.state is State.HELD
    assert queries.totals(campaign.id).promised == ZERO
    assert pledges.mails("grande@example.org") == ["pledges/held"]
    officer = identity.person(roles=["officer"])
    with transaction():
        service.clear_large(pledge, by=officer, now=time_now.now())
    assert pledges.again(pledge).state is State.ACTIVE
    assert pledges.books(campaign)["promised"] == euros("1000")
    with pytest.raises(Conflict), transaction():
        service.clear_large(pledge, by=officer, now=time_now.now())
    pledges.agrees()


def test_a_refused_large_pledge_tells_its_donor_why(run_jobs):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 1_000, email="grande@example.org")
    officer = identity.person(roles=["officer"])
    with pytest.raises(Invalid), transaction():
        service.refuse_large(pledge, "  ", by=officer, now=time_now.now())
    with transaction():
        service.refuse_large(pledge, "La carta non è di chi scrive.", by=officer, now=time_now.now())
    assert pledges.again(pledge).state is State.REFUSED
    assert "La carta non è di chi scrive." in outbox.latest(1, recipient="grande@example.org")[0].body
    run_jobs("pledges.forget")
    assert pledges.again(pledge).detached_at is not None


def test_an_officer_does_not_clear_a_pledge_to_her_own_group():
    officer = identity.person(roles=["officer"])
    from tests.make import groups

    group = groups.group(people=[officer, identity.person(), identity.person()])
    campaign = campaigns.live_campaign(group)
    pledge = pledges.active_pledge(campaign, 1_000)
    with pytest.raises(Forbidden), transaction():
        service.clear_large(pledge, by=officer, now=time_now.now())


def test_an_officer_does_not_clear_what_she_promised_as_a_guest():
    officer = identity.person(roles=["officer"])
    pledge = pledges.active_pledge(campaigns.live_campaign(), 1_000, email=officer.email)
    with pytest.raises(Forbidden), transaction():
        service.clear_large(pledge, by=officer, now=time_now.now())
    assert pledges.again(pledge).state is State.HELD


def test_members_own_gifts_show_but_do_not_count():
    campaign = campaigns.live_campaign()
    member = campaigns.members(campaign)[0]
    assert not pledges.active_pledge(campaign, 100, email=member.email.upper()).counts
    assert not pledges.active_pledge(campaign, 100, by=member, email="altra@example.org").counts
    pledges.active_pledge(campaign, 30)
    found = queries.totals(campaign.id)
    assert (found.promised, found.counted, found.raised) == (euros("230"), euros("30"), euros("30"))
    assert len(queries.wall(campaign.id)) == 3
    pledges.agrees()


def test_pledges_stop_at_the_budget():
    campaign = campaigns.live_campaign(budget=2_000)
    for _ in range(2):
        pledges.active_pledge(campaign, 900)
    with pytest.raises(Invalid, match="at most"):
        pledges.started(campaign, 201)
    first, second = pledges.started(campaign, 200), pledges.started(campaign, 150)
    for pledge in (first, second):
        payments.type_card(pledge.checkout_id)
        jobs.reread(pledge.id)
    assert pledges.again(first).state is State.ACTIVE
    assert (pledges.again(second).state, second.why) == (State.REFUSED, "full")
    with pytest.raises(Invalid, match="whole budget"):
        pledges.started(campaign, 1)
    pledges.agrees()


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@example.org", "anna@example", "a b@example.org", "à@example.org"]
)
def test_an_address_that_cannot_be_written_to_is_refused(email):
    campaign = campaigns.live_campaign()
    with pytest.raises(Invalid), transaction():
        service.start(
            campaign,
            amount=euros("5"),
            email=email,
            name="",
            show_name=False,
            language="it",
            agreed=pledges.agreed(campaign, euros("5")),
            form_key="k",
            by=None,
            now=time_now.now(),
        )


def test_the_provider_down_leaves_a_promise_that_can_be_taken_up_again():
    campaign = campaigns.live_campaign()
    payments.fault(fail_next=99, fail_status=500)
    with pytest.raises(gateway.ProviderDown):
        pledges.started(campaign, 50, form_key="k")
    payments.fault(clear=True)
    pledge = pledges.started(campaign, 50, form_key="k")
    assert pledge.checkout_id
    payments.type_card(pledge.checkout_id)
    jobs.reread(pledge.id)
    assert pledges.again(pledge).state is State.ACTIVE


def test_an_answer_lost_on_the_way_opens_no_second_page():
    campaign = campaigns.live_campaign()
    payments.fault(lose_answer_next=1, path="checkout/sessions")
    pledge = pledges.started(campaign, 50)
    payments.fault(clear=True)
    assert payments.stats()["sessions"] == 1
    assert pledge.checkout_id
