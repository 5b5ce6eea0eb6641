"""Ratio, fixed and tiered matches from the promise to the money really collected, with the provider's sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core.db import db
from app.core.errors import Invalid
from app.core.money import ZERO, euros, total
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.matching.rules import MatchPolicy, Mode, Overfunding, Tier, Window
from app.outbox import queries as outbox
from app.pledges import queries as pledges
from app.pledges import service as pledge_verbs
from app.settlement import queries
from app.settlement.rules import Outcome, State, Why
from tests.make import campaigns, payments
from tests.make import pledges as make
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")
FIXED = MatchPolicy(mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000)
STEPS = (Tier(2500, 1000), Tier(4000, 2500), Tier(6000, 4000))
TIERED = MatchPolicy(mode=Mode.TIERED, tiers=STEPS, share_bp=4000, threshold_bp=2500)
MASTERCARD, DEBIT = "5555555555554444", "4000056655665556"


def ratio(now: datetime, **more: Any) -> MatchPolicy:
    """One to one; twice in the day that begins tomorrow."""
    window = Window(now + timedelta(days=1), now + timedelta(days=2), 20_000)
    fields = {"ratio_bp": 10_000, "windows": (window,), "share_bp": 5000, "threshold_bp": 2500, **more}
    return MatchPolicy(mode=Mode.RATIO, **fields)


def holds() -> None:
    for check in [*queries.checks(), *ledger.checks(), *matching.checks(), *pledges.checks()]:
        assert check.holds, check


def settled(campaign: Any, run_jobs: Run) -> Any:
    """Close, notice, charges, grace window."""
    assert closing.closed(campaign, run_jobs).outcome is Outcome.WON
    closing.announced(campaign, run_jobs)
    case = closing.collecting(campaign, run_jobs)
    return case if case.state is not State.COLLECTING else closing.after_grace(campaign, run_jobs)


def test_each_euro_brings_one_and_two_in_the_window_as_each_donor_was_told(run_jobs: Run, clock: Any) -> None:
    now = clock.now()
    campaign = closing.campaign(match=ratio(now))
    told = []
    for hours, amount in ((1, "1500.55"), (30, "1000.33"), (60, "600")):
        closing.at(now + timedelta(hours=hours))
        pledge = make.active_pledge(campaign, euros(amount))
        told.append(pledge_verbs.city_part(pledge, campaigns.again(campaign)))
    assert told == [euros("1500.55"), euros("2000.66"), euros("600")]
    case = settled(campaign, run_jobs)
    assert (case.state, case.match, case.why) == (State.CONFIRMED, total(told), Why.WHOLE)
    assert case.arithmetic["windowed"] == [[10_000, 210_055, 210_055], [20_000, 100_033, 200_066]]
    assert matching.books_of_project(campaign.proposal_id).confirmed == euros("4101.21")
    holds()


def test_a_card_refused_costs_only_what_its_own_gift_would_have_brought(run_jobs: Run, clock: Any) -> None:
    campaign = closing.campaign(match=ratio(clock.now()))
    closing.promised(campaign, ("3000",))
    closing.promised(campaign, ("100",), card=payments.DECLINED_LATER)
    case = settled(campaign, run_jobs)
    assert (case.state, case.match) == (State.CONFIRMED, euros("3000"))
    assert matching.books_of_project(campaign.proposal_id).reserved == ZERO
    holds()


def test_just_below_the_threshold_a_ratio_follows_the_gifts_that_came(run_jobs: Run, clock: Any) -> None:
    campaign = closing.campaign(match=ratio(clock.now()))
    closing.promised(campaign, ("2900",))
    closing.promised(campaign, ("100",), card=payments.DECLINED_LATER)
    case = settled(campaign, run_jobs)
    assert (case.state, case.match, case.why) == (State.CONFIRMED, euros("2900"), Why.SHRUNK)
    holds()


def test_gifts_on_one_card_are_one_persons_and_the_cap_per_donor_holds_them(run_jobs: Run, clock: Any) -> None:
    campaign = closing.campaign(match=ratio(clock.now(), windows=(), donor_cap=euros("2000")))
    closing.promised(campaign, ("1500", "1500"))  # two addresses, the sandbox's one Visa
    closing.promised(campaign, ("500",), card=MASTERCARD)
    gave = pledges.crowd(campaign.id, campaigns_policy(campaign))
    assert (gave.counted, gave.followed, gave.donors) == (euros("3500"), euros("2500"), 2)
    case = settled(campaign, run_jobs)
    assert case.match == euros("2500")
    holds()


def campaigns_policy(campaign: Any) -> MatchPolicy:
    return queries.terms_of(campaigns.again(campaign)).match


@pytest.mark.parametrize(
    ("policy", "amounts", "match"),
    [
        (FIXED, ("6000",), "3000"),
        (FIXED, ("9000.01",), "2999.99"),
        (TIERED, ("3000",), "1200"),
        (TIERED, ("4799.99",), "1200"),
        (TIERED, ("4800",), "3000"),
    ],
)
def test_fixed_sums_and_steps_are_confirmed_to_the_cent(
    policy: MatchPolicy, amounts: tuple[str, ...], match: str, run_jobs: Run
) -> None:
    campaign = closing.campaign(match=policy)
    before = matching.available(campaign.call_id) + campaign.ceiling
    closing.promised(campaign, amounts)
    case = settled(campaign, run_jobs)
    assert (case.state, case.match) == (State.CONFIRMED, euros(match))
    assert matching.available(campaign.call_id) == before - euros(match)
    holds()


def test_a_step_lost_by_a_refused_card_falls_back_to_the_one_below(run_jobs: Run) -> None:
    campaign = closing.campaign(match=TIERED)
    closing.promised(campaign, ("4700",))
    closing.promised(campaign, ("100",), card=payments.DECLINED_LATER)
    case = settled(campaign, run_jobs)
    assert (case.state, case.match, case.why) == (State.CONFIRMED, euros("1200"), Why.WHOLE)
    holds()


def test_one_cent_below_the_threshold_no_mode_pays(run_jobs: Run) -> None:
    campaign = closing.campaign(match=FIXED)
    before = matching.available(campaign.call_id)
    closing.promised(campaign, ("5999.99",))
    assert closing.closed(campaign, run_jobs).outcome is Outcome.LOST
    assert matching.available(campaign.call_id) == before + euros("3000")
    holds()


def test_enough_money_of_too_few_people_is_lost_and_everybody_is_told_why(run_jobs: Run) -> None:
    people = MatchPolicy(share_bp=6000, threshold_bp=4000, donors_min=3)
    campaign = closing.campaign(match=people)
    closing.promised(campaign, ("4000", "800"))  # one card
    closing.promised(campaign, ("100",), card=MASTERCARD)
    close = closing.closed(campaign, run_jobs)
    case = closing.case(campaign)
    assert (close.outcome, close.people, close.people_min, close.counted) == (Outcome.LOST, 2, 3, euros("4900"))
    assert (case.state, case.why) == (State.RELEASED, Why.TOO_FEW)
    assert payments.charges() == []
    templates = {each.template for each in outbox.latest(50)}
    assert {"settlement/too_few", "pledges/released"} <= templates
    holds()


def test_a_third_person_wins_it(run_jobs: Run) -> None:
    campaign = closing.campaign(match=MatchPolicy(share_bp=6000, threshold_bp=4000, donors_min=3))
    closing.promised(campaign, ("4000", "799.98"))
    closing.promised(campaign, ("1",), card=MASTERCARD)
    closing.promised(campaign, ("1",), card=DEBIT)
    assert settled(campaign, run_jobs).match == euros("7198.02")
    holds()


def test_where_the_terms_keep_the_citys_part_free_gifts_stop_before_it(run_jobs: Run) -> None:
    policy = MatchPolicy(
        mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000, overfunding=Overfunding.CAP
    )
    campaign = closing.campaign(match=policy)
    closing.promised(campaign, ("8000",))
    assert pledge_verbs.room(campaigns.again(campaign)) == euros("1000")
    with pytest.raises(Invalid):
        make.active_pledge(campaign, euros("1000.01"))
    db.session.rollback()
    closing.promised(campaign, ("1000",))
    assert pledge_verbs.room(campaigns.again(campaign)) == ZERO
    assert settled(campaign, run_jobs).match == euros("3000")
    holds()


def test_where_the_terms_keep_the_match_more_gifts_leave_it_whole(run_jobs: Run) -> None:
    policy = MatchPolicy(
        mode=Mode.FIXED, fixed=euros("3000"), share_bp=5000, threshold_bp=5000, overfunding=Overfunding.KEEP
    )
    campaign = closing.campaign(match=policy)
    closing.promised(campaign, ("11000",))
    case = settled(campaign, run_jobs)
    assert (case.collected, case.match) == (euros("11000"), euros("3000"))
    holds()
