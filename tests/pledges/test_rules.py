"""Moves, fees, cards, declines and the words of the consent: pure, as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import Conflict
from app.core.money import ZERO, Money, euros
from app.core.moves import move
from app.pledges.rules import (
    FINAL,
    MOVES,
    OPEN,
    Act,
    Advice,
    State,
    advice,
    checkout_expires,
    fee,
    refuse_amount,
    refuse_cancel,
    refuse_card,
    retry_due,
)
from app.pledges.rules.consent import Terms, consent, day, euro

NOW = datetime(2026, 11, 21, 17, 42, tzinfo=UTC)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_only_the_moves_of_the_table_are_possible(state, act):
    if (state, act) in MOVES:
        assert move(MOVES, state, act) in State
    else:
        with pytest.raises(Conflict):
            move(MOVES, state, act)


def test_what_is_over_stays_over_but_for_a_refund():
    for state, act in MOVES:
        assert state in OPEN or (state, act) == (State.CHARGED, Act.REFUND)
    assert frozenset(State) == OPEN | FINAL


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("50", "1.00"), ("10", "0.40"), ("25", "0.63"), ("0.02", "0.01"), ("0.01", "0"), ("4830", "72.70")],
)
def test_the_fee_is_the_terms_estimate_rounded_up_and_never_the_whole_gift(amount, expected):
    assert fee(euros(amount), 150, euros("0.25")) == euros(expected)


@pytest.mark.parametrize(
    ("month", "year", "last", "taken"),
    [
        (2, 2027, date(2027, 2, 7), True),
        (2, 2027, date(2027, 2, 28), True),
        (1, 2027, date(2027, 2, 1), False),
        (12, 2026, date(2027, 2, 7), False),
        (2, 2028, date(2028, 2, 29), True),
    ],
)
def test_a_card_must_live_until_the_last_possible_charge(month, year, last, taken):
    assert (refuse_card(month, year, last) is None) is taken


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("insufficient_funds", "try_again_later", Advice.RETRY),
        ("generic_decline", None, Advice.RETRY),
        (None, None, Advice.RETRY),
        ("generic_decline", "do_not_try_again", Advice.CARD),
        ("lost_card", None, Advice.CARD),
        ("expired_card", None, Advice.CARD),
        ("incorrect_cvc", "confirm_card_data", Advice.CARD),
        ("authentication_required", "do_not_try_again", Advice.PERSON),
    ],
)
def test_a_decline_says_what_may_be_tried_next(code, said, expected):
    assert advice(code, said) is expected


@pytest.mark.parametrize(("days", "due"), [(0, None), (2, None), (3, 3), (6, 3), (7, 7), (12, 7), (13, 13), (40, 13)])
def test_new_attempts_fall_on_days_three_seven_and_thirteen(days, due):
    assert retry_due(NOW, NOW + timedelta(days=days)) == (None if due is None else NOW + timedelta(days=due))


@pytest.mark.parametrize(
    ("amount", "room", "words"),
    [
        ("0.99", "100", "smallest"),
        ("1", "100", None),
        ("100", "100", None),
        ("100.01", "100", "at most"),
        ("5", "0", "covered"),
    ],
)
def test_an_amount_fits_between_the_smallest_gift_and_the_room_left(amount, room, words):
    said = refuse_amount(euros(amount), euros("1"), euros(room))
    assert (said is None) is (words is None)
    assert words is None or words in str(said)


@pytest.mark.parametrize(
    ("hours_left", "left", "donors_left", "counts", "allowed"),
    [
        (48, "50", 3, True, True),
        (24.1, "0", 0, True, True),
        (24, "4800", 3, True, True),
        (1, "4800", 3, True, True),
        (1, "4799.99", 3, True, False),
        (1, "50", 3, True, False),
        (1, "4800", 2, True, False),
        (1, "50", 2, False, True),
        (0, "8980", 9, True, False),
    ],
)
def test_cancelling_is_free_until_the_last_day_and_then_only_above_the_threshold(
    hours_left, left, donors_left, counts, allowed
):
    said = refuse_cancel(
        state=State.ACTIVE,
        counts=counts,
        left=euros(left),
        threshold=euros("4800"),
        donors_left=donors_left,
        donors_min=3,
        free_until=NOW - timedelta(hours=24),
        closes_at=NOW,
        now=NOW - timedelta(hours=hours_left),
    )
    assert (said is None) is allowed


def test_the_hosted_page_ends_before_the_campaign_within_what_the_provider_allows():
    assert checkout_expires(NOW, NOW + timedelta(days=30)) == NOW + timedelta(hours=23)
    assert checkout_expires(NOW, NOW + timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert checkout_expires(NOW, NOW + timedelta(minutes=5)) == NOW + timedelta(minutes=31)


# --- the words --------------------------------------------------------------------------------------------------------

FACTS = {
    "amount": euros("50"),
    "project": "Officina di ringhiera",
    "group": "Officina di ringhiera",
    "constituted": False,
    "threshold": euros("4800"),
    "city": euros("75"),
    "replaces": ZERO,
    "counts": True,
    "last_charge_on": date(2027, 2, 7),
    "free_until_on": date(2026, 12, 8),
    "notice_days": 3,
}


def words(language="it", **changes):
    return consent(Terms(**{**FACTS, **changes}), language)


def test_the_consent_names_everything_that_it_must():
    said = words().text.replace("\u00a0", " ")
    for piece in (
        "50,00 €",
        "non ancora un ente",
        "4.800,00 €",
        "75,00 €",
        "il 7 febbraio 2027",
        "tre giorni prima",
        "per te è zero",
        "fino all’8 dicembre 2026",
        "almeno 18 anni",
        "autorizzo",
    ):
        assert piece in said
    english = words("en").text
    for piece in ("€50.00", "not yet a legal body", "€4,800.00", "€75.00", "7 February 2027", "18 or older"):
        assert piece in english


@pytest.mark.parametrize(
    ("changes", "there", "not_there"),
    [
        ({"constituted": True}, "il Comune ha verificato l’ente", "non ancora un ente"),
        ({"counts": False, "city": ZERO}, "non conta per la soglia", "ne aggiunge"),
        ({"city": ZERO}, "Se si arriva alla soglia, i tuoi 50,00 € si aggiungono", "già raggiunta"),
        ({"city": ZERO, "reached": True}, "già raggiunta: i tuoi 50,00 € si aggiungono, la parte", "ne aggiunge"),
        ({"reached": True}, "La soglia è già raggiunta: ai tuoi 50,00 € il Comune ne aggiunge 75,00 €", "Se si arriva"),
        (
            {"replaces": euros("50"), "city": ZERO, "reached": True},
            "già raggiunta: i tuoi 50,00 € prendono il posto di soldi del Comune",
            "non cambia",
        ),
        (  # 3,648 of 4,800 stand and this gift goes far past the threshold: it is not reached before it
            {"amount": euros("3000"), "replaces": euros("120"), "city": ZERO},
            "Se si arriva alla soglia, 120,00 € dei tuoi 3.000,00 € prendono il posto di soldi del Comune",
            "già raggiunta",
        ),
        ({"group": "Vicini di via Davanzati"}, "del gruppo Vicini di via Davanzati", "@"),
        ({"now": True}, "Paghi oggi", "Oggi non paghi"),
    ],
)
def test_the_consent_says_what_is_true_of_this_gift(changes, there, not_there):
    said = words(**changes).text.replace("\u00a0", " ")
    assert there in said
    assert not_there not in said


def test_another_word_is_another_hash():
    assert words().sha256 == words().sha256
    assert len({words().sha256, words(amount=euros("51")).sha256, words("en").sha256, words(counts=False).sha256}) == 4


def test_it_fits_beside_the_providers_button():
    long = words(project="P" * 120, group="G" * 120, amount=Money(10_000_000), threshold=Money(10_000_000_000))
    assert len(long.text) <= 1_200


@pytest.mark.parametrize(
    ("on", "ahead", "said"),
    [
        (date(2027, 2, 7), "il", "il 7 febbraio 2027"),
        (date(2027, 2, 8), "il", "l’8 febbraio 2027"),
        (date(2027, 2, 11), "al", "all’11 febbraio 2027"),
        (date(2027, 2, 1), "il", "il 1º febbraio 2027"),
        (date(2027, 2, 18), "al", "al 18 febbraio 2027"),
    ],
)
def test_a_day_takes_the_article_that_it_asks_for(on, ahead, said):
    assert day(on, "it", ahead=ahead) == said


def test_sums_are_written_as_each_language_does():
    assert euro(Money(123_456), "it") == "1.234,56\u00a0€"
    assert euro(Money(123_456), "en") == "€1,234.56"
