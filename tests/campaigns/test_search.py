"""The search forgives accents, word forms, parts and typing errors; the list goes on by keyset; counts are kept."""

import itertools
from datetime import timedelta

import pytest

from app.campaigns import queries
from app.campaigns.models import Campaign, Tally, Word
from app.campaigns.queries import Filters, Order
from app.campaigns.rules import Stage, State, sought
from app.core.db import db, transaction
from tests.make import campaigns


@pytest.fixture
def three(app):
    return {
        "officina": campaigns.live_campaign(title="Officina di ringhiera", theme="fare"),
        "biblioteca": campaigns.live_campaign(title="La biblioteca più vicina", theme="cultura"),
        "orto": campaigns.live_campaign(title="Orto in cortile", theme="verde"),
    }


def titles(order=Order.ENDING, **wish):
    return [each.title for each in found(order=order, **wish).campaigns]


def found(order=Order.ENDING, after="", limit=24, **wish):
    return queries.find(Filters(**wish), order, after=after, limit=limit)


def test_words_are_found_by_form_accent_part_and_with_a_typing_error(three):
    library, workshop, garden = (three[name].title for name in ("biblioteca", "officina", "orto"))
    for words, first in (
        ("biblioteca", library),
        ("BIBLIOTECHE", library),
        ("perché la bibliotèca", library),
        ("biblio", library),
        ("bibioteca", library),
        ("bilbioteca vicina", library),
        ("rinhgiera", workshop),
        ("orto", garden),
    ):
        assert titles(words=words)[:1] == [first], words
    assert found(words="bibioteca").corrected == "biblioteca"
    assert found(words="biblioteca").corrected == ""
    assert found(words="biblio").corrected == "", "a part of a word is no error"
    for words in ("zzzzqqq", "biblioteca zzzzqqq", "%%", "'", "& | !", "il", "\\", "live.1", "<b>"):
        assert titles(words=words) == [], words
    for after in ("x", "live.1", "live.-1.2", "best.x.y", "closed.x.1", "row.x"):
        for order in Order:
            assert len(titles(after=after, order=order)) == 3, "a mark that nobody made breaks nothing"
        assert len(titles(after=after, words="orto")) == 1


def test_words_and_filters_narrow_together(three):
    summary = "portineria"
    assert len(titles(words=summary)) == 3
    assert titles(words=summary, themes=["verde"]) == ["Orto in cortile"]
    assert titles(words=summary, themes=["verde"], stages=[Stage.MAKING]) == []
    assert titles(words=summary, zones=["nowhere"]) == []
    call = next(iter(three.values())).call_id
    assert len(titles(words=summary, calls=[call])) == len(titles(calls=[call])) >= 1
    assert titles(words=summary, order=Order.TITLE) == sorted(titles(words=summary))
    assert queries.count(Filters(words=summary)) == (3, False)
    assert queries.count(Filters(words="portinreia")) == (3, False)
    assert queries.count(Filters(words=summary, themes=["verde"])) == (1, False)


def test_a_word_of_the_title_comes_before_one_of_the_summary(three):
    campaigns.live_campaign(title="Portineria aperta")
    assert titles(words="portineria")[0] == "Portineria aperta"


def test_pages_follow_by_keyset_without_gap_or_repeat_and_cost_the_same(three, count_sql):
    for number in range(4):
        campaigns.live_campaign(title=f"Altro {number}")
    with transaction():
        for number, row in enumerate(db.session.scalars(db.select(Campaign).order_by(Campaign.id))):
            if number % 3 == 0:
                row.state, row.closed_at = State.CLOSED, row.closes_at
    whole = titles(limit=50)
    assert len(whole) == 7
    for wish, order in itertools.product(({}, {"words": "portineria"}), Order):
        seen, after, costs = [], "", set()
        while True:
            with count_sql() as asked:
                page = found(order=order, after=after, limit=2, **wish)
            costs.add(len(asked))
            seen += [each.title for each in page.campaigns]
            after = page.after
            if not after:
                break
        assert sorted(seen) == sorted(whole)
        assert seen == titles(order=order, limit=50, **wish)
        assert max(costs) <= 2
    states = [each.state for each in found(limit=50).campaigns]
    assert states == sorted(states, key=lambda state: state is State.CLOSED), "open ones come first"


def test_only_public_words_are_learnt(app):
    hidden = campaigns.asked(title="Segretissimo")
    assert titles(words="segretissimo") == []
    assert db.session.get(Word, "segretissimo") is None
    assert hidden.zone_id not in queries.facets().zones


def test_the_tally_follows_every_move_and_is_proved(three):
    assert queries.facets().open_now == 3
    assert queries.count(Filters(themes=["verde"])) == (1, False)
    with transaction():
        three["orto"].state, three["orto"].closed_at = State.CLOSED, three["orto"].closes_at + timedelta(minutes=1)
    kept = queries.facets()
    assert (kept.open_now, kept.themes, sum(every for every, _ in kept.zones.values())) == (
        2,
        {"fare": 1, "cultura": 1, "verde": 1},
        3,
    )
    assert sum(kept.calls.values()) == 3
    for asked, many in (
        (Filters(), 3),
        (Filters(stages=[Stage.OPEN]), 2),
        (Filters(stages=[Stage.MAKING]), 1),
        (Filters(themes=["verde"], stages=[Stage.OPEN]), 0),
        (Filters(themes=["verde", "fare"]), 2),
        (Filters(zones=["dergano"], themes=["fare"]), 1),
        (Filters(calls=list(kept.calls)), 3),
    ):
        assert queries.count(asked) == (many, False)
    assert all(check.holds for check in queries.checks())
    with transaction():
        db.session.execute(db.update(Tally).values(count=Tally.count + 1))
    assert not all(check.holds for check in queries.checks())


def test_small_words_with_accents_say_nothing():
    assert sought("Perché più orti, è già così?") == ["orti"]
    assert len(sought("a b c d e f g h i l m n")) == 8
