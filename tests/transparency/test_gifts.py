"""What one gift paid, to the cent, and one letter for each gift and milestone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calls.rules import TrancheKind
from app.core.db import db, transaction
from app.core.money import Money, euros, plain, total
from app.outbox import queries as outbox
from app.outbox import service as letters
from app.pledges import queries as pledges
from app.pledges.models import Pledge
from app.transparency import queries, service
from app.transparency.rules import attribute
from tests.make import grants as make
from tests.make import settlement as closing

Run = Callable[..., int]


def sums(words: str) -> list[Money]:
    return [euros(word) for word in words.split()]


def said(amounts) -> str:
    return " ".join(plain(amount) for amount in amounts)


@pytest.mark.parametrize(
    ("gifts", "city", "receipts", "beside", "first_paid", "left"),
    [
        # the reference: 50 and the city's 75 of 4,800 and 7,200, everything spent
        ("50 4750", "7200", "6000 4000 2000", "75.00 7125.00", "62.50 41.67 20.83", "0.00 0.00"),
        # half of it spent so far
        ("50 4750", "7200", "6000", "75.00 7125.00", "62.50", "62.50 5937.50"),
        # receipts beyond what there is: the group paid the rest
        ("50 50", "100", "150 150", "50.00 50.00", "50.00 50.00", "0.00 0.00"),
        # three equal gifts and one cent too many
        ("10 10 10", "0.01", "30.01", "0.01 0.00 0.00", "10.01", "0.00 0.00 0.00"),
        # no money of the city
        ("10 20", "0", "15", "0.00 0.00", "5.00", "5.00 10.00"),
        # nothing accepted yet
        ("10 20", "45", "", "15.00 30.00", "", "25.00 50.00"),
        # one cent to share
        ("1 1", "0", "0.01", "0.00 0.00", "0.01", "0.99 1.00"),
    ],
)
def test_a_table_of_euros(gifts, city, receipts, beside, first_paid, left):
    parts = attribute(sums(gifts), euros(city), sums(receipts))
    assert said(part.city for part in parts) == beside
    assert said(parts[0].paid) == first_paid
    assert said(part.left for part in parts) == left


def test_a_gift_that_does_not_count_carries_none_of_the_citys_money():
    member, donor = attribute(sums("100 50"), euros("75"), sums("225"), [False, True])
    assert (plain(member.city), plain(donor.city)) == ("0.00", "75.00")
    assert (plain(member.spent), plain(donor.spent)) == ("100.00", "125.00")


def test_without_gifts_there_is_nothing_to_tell():
    assert attribute([], euros("75"), sums("10")) == []


cents = st.integers(1, 5_000_00).map(Money)


@settings(max_examples=150, deadline=None)
@given(st.lists(cents, min_size=1, max_size=12), st.integers(0, 9_000_00).map(Money), st.lists(cents, max_size=9))
def test_all_parts_together_are_the_receipts_and_nobody_pays_more_than_there_is(gifts, city, receipts):
    parts = attribute(gifts, city, receipts)
    assert total(part.city for part in parts) == city
    assert total(part.spent for part in parts) == min(total(receipts), total(gifts) + city)
    assert all(part.left.cents >= 0 and min((paid.cents for paid in part.paid), default=0) >= 0 for part in parts)
    if total(receipts) <= total(gifts) + city:
        for n, receipt in enumerate(receipts):
            assert total(part.paid[n] for part in parts) == receipt


# --- letters ----------------------------------------------------------------------------------------------------------


def kinds(address: str) -> list[str]:
    return [each.template for each in reversed(outbox.latest(recipient=address)) if "transparency" in each.template]


def gift_of(amount: str) -> Pledge:
    return db.session.query(Pledge).filter(Pledge.amount == euros(amount)).one()


@pytest.mark.usefixtures("sandbox")
def test_each_donor_has_one_letter_for_each_milestone(run_jobs: Run, clock) -> None:
    campaign = closing.confirmed(run_jobs, ["50", "4750"])
    mine = gift_of("50")
    assert queries.gift_story(mine).city == euros("75")
    run_jobs("transparency.tell_milestones")
    assert kinds(mine.email) == ["transparency/match"]
    agreement = make.published(campaign)
    make.paid(agreement)
    run_jobs("transparency.tell_milestones")
    story = queries.gift_story(mine)
    assert (story.city_paid, story.spent, story.closed) == (euros("37.50"), euros("0"), False)
    make.accepted(agreement, ["6600", "3300", "1100"])
    run_jobs("transparency.tell_milestones")
    make.closed(agreement)
    make.paid(agreement, TrancheKind.BALANCE)
    for _ in range(2):
        run_jobs("transparency.tell_milestones")
    assert kinds(mine.email) == [f"transparency/{kind}" for kind in ("match", "advance", "expenses", "accounts")]
    story = queries.gift_story(mine)
    assert story.closed
    assert story.spent + story.left == story.together
    assert total(each.spent for each in queries.stories(campaign).values()) == euros("11000")
    text = letters.text_of(outbox.latest(1, recipient=mine.email)[0])
    assert "11.000,00" in text
    assert "64,58" in text.replace("\xa0", " ")
    assert len(kinds(gift_of("4750").email)) == 4


@pytest.mark.usefixtures("sandbox")
def test_a_run_that_stops_half_way_goes_on_without_doubles(run_jobs: Run, clock, monkeypatch) -> None:
    campaign = closing.confirmed(run_jobs, ["1000", "1300", "2500"])
    monkeypatch.setattr(service, "BATCH", 2)
    with transaction():
        service.notice(now=clock.now())
    (milestone,) = queries.unwritten()
    with transaction():
        assert service.tell_next(milestone, now=clock.now())
    run_jobs("transparency.tell_milestones")
    run_jobs("transparency.tell_milestones")
    told = [kinds(each.email) for each in db.session.query(Pledge).filter(Pledge.campaign_id == campaign.id)]
    assert told == [["transparency/match"]] * 3
    assert pledges.totals(campaign.id).gifts == 3
