"""From the deadline to the last cent, with cards really charged at the provider's sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.campaigns.rules import State as CampaignState
from app.core.clock import LOCAL
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.core.money import ZERO, euros
from app.groups import queries as groups
from app.groups import service as group_verbs
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.outbox import queries as outbox
from app.pledges import jobs as pledge_jobs
from app.pledges import queries as pledges
from app.pledges import service as pledge_verbs
from app.pledges.rules import State as PledgeState
from app.settlement import queries, service
from app.settlement.rules import Outcome, State, Why, days_after
from tests.make import campaigns, identity, payments
from tests.make import pledges as make
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def holds() -> None:
    for check in [*queries.checks(), *ledger.checks(), *matching.checks(), *pledges.checks()]:
        assert check.holds, check


def test_one_cent_below_the_threshold_nobody_pays_and_everything_goes_back(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4000", "799.99"))
    before = matching.available(campaign.call_id)
    close = closing.closed(campaign, run_jobs)
    case = closing.case(campaign)
    assert (close.outcome, close.counted, close.threshold) == (Outcome.LOST, euros("4799.99"), euros("4800"))
    assert (case.state, case.why, case.match) == (State.RELEASED, Why.BELOW_THRESHOLD, None)
    assert matching.available(campaign.call_id) == before + euros("7200")
    assert payments.charges() == []
    assert pledges.promised(campaign.id) == ZERO
    run_jobs("pledges.forget")
    db.session.expire_all()
    gone = db.session.execute(text("select count(*), count(detached_at) from pledges_pledge")).one()
    assert gone == (2, 2)
    told = [each for each in outbox.latest(50) if each.template == "pledges/released"]
    assert len(told) == 2
    assert campaigns.again(campaign).state is CampaignState.CLOSED
    assert groups.group(campaign.group_id).frozen_at is None, "people may come, go and propose again"
    holds()


def test_promises_of_4830_with_one_refused_card_bring_a_match_of_7170(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, closing.REACHED)
    closing.promised(campaign, ("50",), card=payments.DECLINED_LATER)
    close = closing.closed(campaign, run_jobs)
    assert (close.outcome, close.promised, close.donors) == (Outcome.WON, euros("4830"), 3)
    assert closing.case(campaign).state is State.CONSTITUTING
    assert payments.charges() == []
    assert closing.announced(campaign, run_jobs).state is State.NOTIFIED
    assert payments.charges() == []
    assert closing.collecting(campaign, run_jobs).state is State.COLLECTING
    assert closing.charged_at_provider() == euros("4780")
    case = closing.after_grace(campaign, run_jobs)
    assert (case.state, case.why) == (State.CONFIRMED, Why.SHRUNK)
    assert (case.collected, case.match) == (euros("4780"), euros("7170"))
    books = matching.books_of_project(campaign.proposal_id)
    assert (books.reserved, books.confirmed) == (ZERO, euros("7170"))
    holds()


def test_gifts_of_6000_bring_6000_and_1200_go_back_to_the_fund_at_once(run_jobs: Run) -> None:
    campaign = closing.campaign()
    before = matching.available(campaign.call_id)
    closing.promised(campaign, ("6000",))
    closing.closed(campaign, run_jobs)
    closing.announced(campaign, run_jobs)
    case = closing.collecting(campaign, run_jobs)
    assert (case.state, case.match) == (State.CONFIRMED, euros("6000"))
    assert matching.available(campaign.call_id) == before + euros("1200")
    holds()


def test_collected_below_ninety_five_percent_every_gift_goes_back(run_jobs: Run) -> None:
    campaign = closing.campaign()
    before = matching.available(campaign.call_id)
    closing.promised(campaign, ("4559.99",))
    closing.promised(campaign, ("240.01",), card=payments.DECLINED_LATER)
    closing.closed(campaign, run_jobs)
    closing.announced(campaign, run_jobs)
    closing.collecting(campaign, run_jobs)
    assert closing.charged_at_provider() == euros("4559.99")
    case = closing.after_grace(campaign, run_jobs)
    assert (case.state, case.why, case.collected) == (State.RELEASED, Why.NOT_COLLECTED, euros("4559.99"))
    run_jobs("pledges.refund")
    assert closing.charged_at_provider() == ZERO
    assert matching.available(campaign.call_id) == before + euros("7200")
    assert ledger.balance("cash", f"campaign:{campaign.id}", "givers") == ZERO
    holds()


def test_at_ninety_five_percent_to_the_cent_the_match_is_kept(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4560",))
    closing.promised(campaign, ("240",), card=payments.DECLINED_LATER)
    closing.closed(campaign, run_jobs)
    closing.announced(campaign, run_jobs)
    closing.collecting(campaign, run_jobs)
    case = closing.after_grace(campaign, run_jobs)
    assert (case.state, case.match) == (State.CONFIRMED, euros("6840"))
    holds()


def test_a_group_that_lets_the_time_pass_frees_its_donors_and_the_fund(run_jobs: Run) -> None:
    campaign = closing.campaign()
    before = matching.available(campaign.call_id)
    closing.promised(campaign, (*closing.REACHED, "20"))
    closing.closed(campaign, run_jobs)
    constitution = groups.constitution_of(campaign.group_id)
    assert constitution is not None
    assert constitution.ends_at == days_after(queries.deadline(campaign), 30, LOCAL)
    closing.at(constitution.ends_at - timedelta(seconds=1))
    run_jobs("settlement.sweep")
    assert closing.case(campaign).state is State.CONSTITUTING
    closing.at(closing.clock().now() + timedelta(seconds=1))
    run_jobs("settlement.sweep")
    case = closing.case(campaign)
    assert (case.state, case.why) == (State.RELEASED, Why.NOT_CONSTITUTED)
    assert payments.charges() == []
    assert matching.available(campaign.call_id) == before + euros("7200")
    assert len([each for each in outbox.latest(50) if each.template == "pledges/released"]) == 3
    assert groups.group(campaign.group_id).frozen_at is None
    holds()


def test_an_extension_moves_the_end_and_the_last_charge_day_does_not_move(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, (*closing.REACHED, "20"))
    closing.closed(campaign, run_jobs)
    constitution = groups.constitution_of(campaign.group_id)
    assert constitution is not None
    officer, why = identity.person(roles=["officer"]), "Il notaio ha spostato l’appuntamento."
    with transaction():
        group_verbs.extend(constitution, 16, why, by=officer, now=closing.clock().now())
    closing.at(days_after(queries.deadline(campaign), 31, LOCAL))
    run_jobs("settlement.sweep")
    assert closing.case(campaign).state is State.CONSTITUTING
    closing.announced(campaign, run_jobs)
    case = closing.collecting(campaign, run_jobs)
    assert case.state is State.CONFIRMED
    assert case.last_charge_at == days_after(queries.deadline(campaign), 60, LOCAL)
    holds()


def test_after_the_last_charge_day_of_the_consent_no_card_is_charged(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, (*closing.REACHED, "20"))
    closing.closed(campaign, run_jobs)
    assert closing.announced(campaign, run_jobs).state is State.NOTIFIED
    closing.at(closing.case(campaign).last_charge_at + timedelta(seconds=1))  # the worker was away all the time
    run_jobs("settlement.sweep")
    case = closing.case(campaign)
    assert (case.state, case.why) == (State.RELEASED, Why.TOO_LATE_TO_CHARGE)
    assert payments.charges() == []
    holds()


def test_a_card_stored_before_the_deadline_counts_even_if_nobody_told_us(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4750",))
    closing.at(queries.deadline(campaign) - timedelta(hours=2))
    silent = make.started(campaign, euros("50"))
    closing.at(queries.deadline(campaign) - timedelta(seconds=1))
    payments.type_card(silent.checkout_id or "")
    close = closing.closed(campaign, run_jobs)
    assert (close.outcome, close.counted) == (Outcome.WON, euros("4800"))


def test_a_card_stored_after_the_deadline_does_not_count(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4750",))
    closing.at(queries.deadline(campaign) - timedelta(minutes=10))  # such a page lives until after the deadline
    late = make.started(campaign, euros("50"))
    closing.at(queries.deadline(campaign) + timedelta(seconds=1))
    payments.type_card(late.checkout_id or "")
    close = closing.closed(campaign, run_jobs)
    assert (close.outcome, close.counted) == (Outcome.LOST, euros("4750"))
    assert make.again(late).state is PledgeState.EXPIRED


def test_an_open_page_is_expired_at_the_deadline_and_takes_no_card_any_more(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.at(queries.deadline(campaign) - timedelta(minutes=10))
    open_page = make.started(campaign, euros("50"))
    closing.after_deadline(campaign, run_jobs)
    assert closing.case(campaign).sessions_expired_at is not None
    assert make.again(open_page).state is PledgeState.EXPIRED


def test_a_large_promise_nobody_checked_does_not_count(run_jobs: Run) -> None:
    campaign = closing.campaign(large_pledge=euros("4000"))
    closing.promised(campaign, ("3800",))
    large = make.active_pledge(campaign, euros("4000"))
    assert large.state is PledgeState.HELD
    close = closing.closed(campaign, run_jobs)
    assert (close.outcome, close.counted) == (Outcome.LOST, euros("3800"))
    assert make.again(large).state in (PledgeState.EXPIRED, PledgeState.CANCELLED)


def test_the_decision_waits_ten_minutes(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.after_deadline(campaign, run_jobs)
    closing.at(queries.deadline(campaign) + timedelta(minutes=9, seconds=59))
    run_jobs("settlement.sweep")
    assert queries.close_of(campaign.id) is None
    with pytest.raises(Conflict), transaction():
        service.close(campaign.id, now=closing.clock().now())


def test_every_step_taken_twice_changes_nothing(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, (*closing.REACHED, "20"))
    first = closing.closed(campaign, run_jobs).sha256
    now = closing.clock().now()
    for _ in range(2):
        with transaction():
            service.begin(campaign.id, now=now)
            assert service.close(campaign.id, now=now).sha256 == first
            service.seek_entity(campaign.id, now=now)
    closing.announced(campaign, run_jobs)
    closing.collecting(campaign, run_jobs)
    journals = ledger.counts()["journals"]
    for _ in range(2):
        with transaction():
            service.collect(campaign.id, now=now)
            service.conclude(campaign.id, now=now)
        run_jobs("settlement.sweep")
    assert ledger.counts()["journals"] == journals
    assert len(payments.charges()) == 3
    holds()


def test_a_provider_that_does_not_answer_holds_up_one_campaign_only(run_jobs: Run) -> None:
    quiet, waits = closing.campaign(title="Senza pagine"), closing.campaign(title="Con una pagina")
    closing.at(queries.deadline(campaigns.again(waits)) - timedelta(minutes=10))
    make.started(campaigns.again(waits), euros("50"))
    payments.fault(fail_rate=1.0, methods="POST GET")
    try:
        closing.clock().at(max(queries.deadline(campaigns.again(one)) for one in (quiet, waits)))
        run_jobs("settlement.sweep")
    finally:
        payments.fault(clear=True)
    assert closing.case(quiet).sessions_expired_at is not None
    assert closing.case(waits).sessions_expired_at is None
    closing.at(closing.clock().now() + timedelta(minutes=10))
    run_jobs("settlement.sweep")
    assert queries.close_of(waits.id) is not None
    assert queries.close_of(quiet.id) is not None


def test_the_record_of_a_close_cannot_be_changed(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.closed(campaign, run_jobs)
    for attack in ("update settlement_close set outcome = 'won'", "delete from settlement_close"):
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(text(attack))
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text("update settlement_case set why = 'whole'"))


def test_a_dry_run_says_the_outcome_and_writes_nothing(app: Any) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, (*closing.REACHED, "20"))
    closing.at(queries.deadline(campaign))
    before = ledger.counts()
    said = app.test_cli_runner().invoke(args=["settlement", "close", "--dry-run"])
    assert f"{campaign.slug}: due, counted 4800.00 of 4800.00, collected 0.00 -> won, match 7200.00" in said.output
    assert queries.case(campaign.id) is None
    assert ledger.counts() == before


def test_anyone_fills_the_gap_and_the_match_is_whole_again(run_jobs: Run) -> None:
    campaign = closing.campaign()
    closing.promised(campaign, ("4750",))
    closing.promised(campaign, ("50",), card=payments.DECLINED_LATER)
    closing.closed(campaign, run_jobs)
    closing.announced(campaign, run_jobs)
    case = closing.collecting(campaign, run_jobs)
    assert (case.state, pledges.totals(campaign.id).gap(campaign.threshold)) == (State.COLLECTING, euros("50"))
    assert case.grace_until is not None
    entity = groups.verified_entity(campaign.group_id)
    assert entity is not None
    with transaction():
        charge = pledge_verbs.agree_gap(
            campaigns.again(campaign), entity, amount=euros("50"), email="vicina@example.org", name="", show_name=False,
            language="it", agreed=make.agreed(campaign, euros("50"), now=True), form_key="gap-1",
            pay_until=case.grace_until, by=None, now=closing.clock().now(),
        )  # fmt: skip
    charge_id, pledge_id = charge.id, charge.pledge_id
    pledge_jobs.open_payment_page(charge_id)
    payments.type_card(pledges.charge(charge_id).checkout_id or "")
    pledge_jobs.reread(pledge_id)
    assert closing.case(campaign).state is State.COLLECTING
    case = closing.after_grace(campaign, run_jobs)
    assert (case.state, case.why, case.match) == (State.CONFIRMED, Why.WHOLE, euros("7200"))
    assert closing.charged_at_provider() == euros("4800") == case.collected
    holds()
