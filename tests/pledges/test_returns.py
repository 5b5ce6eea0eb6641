"""Money that goes back: asked by an officer, done in the dashboard, taken by a bank; each cent in its place."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.money import ZERO, Money, euros
from app.payments import queries as stops
from app.pledges import queries, service
from app.pledges.rules import DisputeState, Origin, RefundState, Reversal, State
from tests.make import campaigns, identity, payments, pledges

pytestmark = pytest.mark.usefixtures("provider")
WHY = "Given twice by mistake, says the donor."


@pytest.fixture
def paid(clock, run_jobs):
    """A gift of 50.00 that was charged, with its body."""
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="dona@example.org")
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    payments.news()
    return campaign, pledges.again(pledge), entity


def asked(pledge, amount, officer):
    with transaction():
        return service.ask_refund(pledge, euros(amount), WHY, by=officer, now=time_now.now())


def approved(refund, officer):
    with transaction():
        return service.approve_refund(refund, by=officer, now=time_now.now())


def told(client, run_jobs):
    assert set(payments.deliver(client)) <= {200}
    run_jobs()


def charge_of(pledge):
    return pledges.charges(pledge)[-1].provider_charge


@pytest.fixture
def bounced(clock, client, run_jobs):
    """A gift of 50.00 that was given back, and the donor's bank would not take it."""
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, card="4000000000005126", email="chiusa@example.org")
    entity = pledges.payee(campaign)
    pledges.at_deadline(campaign, clock)
    pledges.collected(campaign, entity, run_jobs)
    approved(asked(pledge, "50.00", identity.person(roles=["officer"])), identity.person(roles=["officer"]))
    run_jobs("pledges.refund")
    told(client, run_jobs)
    return campaign, pledge


def test_an_officer_asks_another_decides_and_a_part_goes_back(paid, run_jobs):
    campaign, pledge, _ = paid
    first, second = identity.person(roles=["officer"]), identity.person(roles=["officer"])
    refund = asked(pledge, "20.00", first)
    run_jobs("pledges.refund")
    assert queries.totals(campaign.id).collected == euros("50.00"), "one hand moves nothing"
    with pytest.raises(Forbidden, match="another officer"):
        approved(refund, first)
    approved(refund, second)
    run_jobs("pledges.refund")
    assert pledges.again(pledge).state is State.CHARGED
    assert queries.totals(campaign.id).collected == euros("30.00")
    books = pledges.books(campaign)
    assert (books["givers"], books["received"], books["fees"], books["platform"]) == (
        -euros("30.00"), euros("50.00") - euros("1.00") - euros("20.00") + euros("0.40"), euros("1.00"),
        -euros("0.40"),
    )  # fmt: skip
    assert pledges.mails("dona@example.org")[-1] == "pledges/refunded"
    pledges.agrees()
    rest = approved(asked(pledge, "30.00", second), first)
    run_jobs("pledges.refund")
    assert pledges.again(pledge).state is State.REFUNDED
    assert pledges.books(campaign)["received"] == ZERO
    assert rest.state is RefundState.SUCCEEDED
    pledges.agrees()


def test_what_cannot_be_asked(paid, run_jobs):
    _, pledge, _ = paid
    officer, other = identity.person(roles=["officer"]), identity.person(roles=["officer"])
    for amount in ("0.00", "50.01"):
        with pytest.raises(Invalid):
            asked(pledge, amount, officer)
    with pytest.raises(Forbidden):
        asked(pledge, "1.00", identity.person(roles=["finance"]))
    first, second = asked(pledge, "30.00", officer), asked(pledge, "30.00", officer)
    approved(first, other)
    with pytest.raises(Conflict, match="less than this"):
        approved(second, other)
    with transaction():
        service.turn_down_refund(second, by=other, now=time_now.now())
    run_jobs("pledges.refund")
    assert queries.left_of(pledges.charges(pledge)[-1]) == euros("20.00")


@pytest.mark.parametrize("reversing", [True, False])
def test_a_refund_made_in_the_dashboard_is_found_and_posted(paid, client, run_jobs, reversing):
    campaign, pledge, _ = paid
    payments.dashboard_refund(charge_of(pledge), 2_000, reverse_transfer=reversing, refund_application_fee=reversing)
    for _ in range(2):
        told(client, run_jobs)
    [row] = queries.refunds(pledge.id)
    assert (row.origin, row.state, row.amount) == (Origin.PROVIDER, RefundState.SUCCEEDED, euros("20.00"))
    assert row.owed == (ZERO if reversing else euros("19.60")), "without a reversal the body keeps what it must give"
    books = pledges.books(campaign)
    assert books["receivable"] == row.owed
    assert books["platform"] == (-euros("0.40") if reversing else -euros("20.00"))
    assert queries.totals(campaign.id).collected == euros("30.00")
    assert pledges.mails("dona@example.org").count("pledges/refunded") == 1
    pledges.agrees()


def test_a_body_whose_account_is_empty_owes_what_the_donor_gets(paid, run_jobs):
    campaign, pledge, entity = paid
    payments.pay_out(entity.stripe_account)
    approved(asked(pledge, "50.00", identity.person(roles=["officer"])), identity.person(roles=["officer"]))
    for _ in range(2):
        run_jobs("pledges.refund")
    books = pledges.books(campaign)
    assert (books["givers"], books["received"], books["receivable"], books["platform"]) == (
        ZERO, ZERO, euros("49.00"), -euros("50.00")
    )  # fmt: skip
    assert pledges.again(pledge).state is State.REFUNDED
    pledges.agrees()


def test_a_dispute_takes_the_gift_out_and_winning_it_turns_every_entry_round(paid, client, run_jobs):
    campaign, pledge, _ = paid
    dispute = payments.dispute(charge_of(pledge))
    told(client, run_jobs)
    assert queries.totals(campaign.id).collected == ZERO
    assert [stop.subject for stop in stops.stops()] == [f"campaign:{campaign.id}"]
    books = pledges.books(campaign)
    assert (books["givers"], books["platform"], books["fees"]) == (ZERO, -euros("70.00"), euros("21.00"))
    pledges.agrees()
    with pytest.raises(Conflict, match="disputes"):
        asked(pledge, "1.00", identity.person(roles=["officer"]))
    payments.decide_dispute(dispute, "won")
    told(client, run_jobs)
    assert queries.totals(campaign.id).collected == euros("50.00")
    assert stops.stops() == []
    books = pledges.books(campaign)
    assert (books["givers"], books["platform"], books["received"]) == (
        -euros("50.00"), -euros("20.00"), euros("49.00")
    )  # fmt: skip
    assert pledges.mails("dona@example.org")[-2:] == ["pledges/dispute"] * 2
    pledges.agrees()


@pytest.mark.parametrize("empty", [False, True])
def test_a_lost_dispute_is_taken_back_from_the_body_or_owed_by_it(paid, client, run_jobs, empty):
    campaign, pledge, entity = paid
    if empty:
        payments.pay_out(entity.stripe_account)
    payments.decide_dispute(payments.dispute(charge_of(pledge)), "lost")
    told(client, run_jobs)
    for _ in range(2):
        run_jobs("pledges.reverse")
    [row] = queries.disputes(pledge.id)
    assert (row.state, row.reversal) == (DisputeState.LOST, Reversal.SHORT if empty else Reversal.DONE)
    books = pledges.books(campaign)
    assert (books["givers"], books["received"]) == (ZERO, ZERO)
    assert books["receivable"] == (euros("49.00") if empty else ZERO)
    assert books["platform"] == (-euros("70.00") if empty else -euros("21.00"))
    assert pledges.again(pledge).state is State.REFUNDED
    pledges.agrees()


def test_a_refund_that_the_bank_gives_back_waits_at_the_platform(bounced):
    campaign, pledge = bounced
    [row] = queries.refunds(pledge.id)
    assert row.state is RefundState.BOUNCED
    books = pledges.books(campaign)
    assert (books["unclaimed"], books["givers"]) == (-euros("50.00"), ZERO)
    assert pledges.mails("chiusa@example.org")[-1] == "pledges/bounced"
    for check in queries.checks():
        assert check.holds, check


def test_a_dispute_larger_than_what_is_left_stops_payments_and_is_told_all_the_same(paid, client, run_jobs):
    campaign, pledge, _ = paid
    payments.dashboard_refund(charge_of(pledge), 2_000, reverse_transfer=True, refund_application_fee=True)
    told(client, run_jobs)
    dispute = payments.dispute(charge_of(pledge), 5_000)
    told(client, run_jobs)
    [row] = queries.disputes(pledge.id)
    assert (row.amount, row.beyond) == (euros("30.00"), euros("20.00"))
    assert [stop.subject for stop in stops.stops()] == [f"campaign:{campaign.id}"]
    assert pledges.mails("dona@example.org")[-1] == "pledges/dispute"
    assert queries.totals(campaign.id).collected == ZERO
    before = pledges.books(campaign)
    assert (before["givers"], before["unclaimed"]) == (ZERO, euros("20.00"))
    payments.decide_dispute(dispute, "lost")
    told(client, run_jobs)
    run_jobs("pledges.reverse")
    [row] = queries.disputes(pledge.id)
    assert (row.state, row.reversal, row.taken_back) == (DisputeState.LOST, Reversal.DONE, euros("30.00"))
    assert pledges.again(pledge).state is State.REFUNDED
    pledges.agrees()


def test_a_dispute_of_a_gift_whose_refund_came_back_takes_what_waited_for_its_donor(bounced, client, run_jobs):
    campaign, pledge = bounced
    dispute = payments.dispute(charge_of(pledge), 5_000)
    told(client, run_jobs)
    assert pledges.books(campaign)["unclaimed"] == ZERO
    assert len(stops.stops()) == 1
    payments.decide_dispute(dispute, "won")
    told(client, run_jobs)
    assert pledges.books(campaign)["unclaimed"] == -euros("50.00"), "it waits for its donor again"
    assert stops.stops() == []
    for check in queries.checks():
        assert check.holds, check


def test_news_of_money_back_in_any_order_and_twice_has_one_effect(paid, client, run_jobs):
    campaign, pledge, _ = paid
    payments.dashboard_refund(charge_of(pledge), 1_000, reverse_transfer=True, refund_application_fee=True)
    payments.dashboard_refund(charge_of(pledge), 500)
    payments.decide_dispute(payments.dispute(charge_of(pledge)), "lost")
    news = payments.news()
    for order in (news[::-1], news):
        payments.deliver(client, *order)
        run_jobs()
        run_jobs("pledges.reverse")
    assert len(queries.refunds(pledge.id)) == 2
    assert queries.totals(campaign.id).collected == ZERO
    assert pledges.again(pledge).state is State.REFUNDED
    pledges.agrees()


SQL = {
    "one person asks and decides": "update pledges_refund set state = 'intent', decided_by = asked_by,"
    " decided_at = now() where id = :refund",
    "an officer's refund without a second hand": "update pledges_refund set state = 'intent' where id = :refund",
    "another sum": "update pledges_refund set amount = 1 where id = :refund",
    "a refund deleted": "delete from pledges_refund where id = :refund",
    "a state skipped": "update pledges_refund set state = 'succeeded', decided_by = :other, decided_at = now(),"
    " settled_at = now() where id = :refund",
    "a dispute and a refund above the charge": "insert into pledges_dispute (charge_id, provider_id, state, reason,"
    " amount, fee, opened_at, reversal, key) values (:charge, 'dp_x', 'open', 'x', 5001, 0, now(), 'none', 'dp_x')",
}


def test_the_database_refuses(paid):
    _, pledge, _ = paid
    refund = asked(pledge, "10.00", identity.person(roles=["officer"]))
    given = {"refund": refund.id, "other": identity.person(roles=["officer"]).id, "charge": refund.charge_id}
    for sql in SQL.values():
        with pytest.raises(IntegrityError):
            db.session.execute(text(sql), given)
        db.session.rollback()


def test_many_parts_at_once_never_exceed_the_gift(paid, database):
    """Faults: many partial refunds, concurrently."""
    import threading

    _, pledge, _ = paid
    charge = pledges.charges(pledge)[-1].id
    db.session.rollback()
    made, refused = [], []

    def one(number):
        with database.connect() as connection:
            try:
                connection.execute(
                    "insert into pledges_refund (ref, charge_id, amount, key, state, why, created_at, origin)"
                    " values (%s, %s, 700, %s, 'intent', 'x', now(), 'rule')",
                    (f"r{number}", charge, f"r{number}"),
                )
                made.append(number)
            except Exception:
                refused.append(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (7, 3)
    assert queries.left_of(queries.charge(charge)) == Money(100)


def test_two_officers_send_a_part_back_on_the_page(paid, app, sign_in, run_jobs):
    campaign, pledge, _ = paid
    page = f"/en/pledges/returns/{campaign.slug}"
    one, two = (sign_in(app.test_client(), identity.person(roles=["officer"])) for _ in range(2))
    assert "dona@example.org" in one.get(f"{page}?q=dona").text
    refused = one.post(f"{page}/{pledge.ref}", data={"amount": "60.00", "why": WHY})
    assert refused.status_code == 422
    assert "between one cent and" in refused.text
    assert one.post(f"{page}/{pledge.ref}", data={"amount": "20.00", "why": WHY}).status_code == 303
    [refund] = queries.refunds(pledge.id)
    decision = {"decision": "approve", "refund": refund.ref}
    assert "another officer decides" in one.get(f"{page}/{pledge.ref}").text
    assert one.post(f"{page}/{pledge.ref}/decision", data=decision).status_code == 403
    assert "Decide on a refund" in two.get("/en/desk").text
    assert two.post(f"{page}/{pledge.ref}/decision", data=decision).status_code == 303
    run_jobs("pledges.refund")
    shown = two.get(f"{page}/{pledge.ref}").text
    assert "Sent back" in shown
    assert WHY in shown
    with transaction():
        token = service.new_link(pledges.again(pledge), now=time_now.now())
    assert "Given back" in one.get(f"/en/pledges/{token}").text
