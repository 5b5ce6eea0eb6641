"""How sums, dates and typed values are written."""

from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.core.money import Money, euros, parse
from app.web import filters

EVENING = datetime(2026, 12, 9, 22, 59, tzinfo=UTC)  # 23:59 in Rome


@pytest.mark.parametrize(
    ("amount", "italian", "english"),
    [
        ("0", "0,00 €", "€0.00"),
        ("0.01", "0,01 €", "€0.01"),
        ("12.5", "12,50 €", "€12.50"),
        ("1234.50", "1.234,50 €", "€1,234.50"),
        ("1000000", "1.000.000,00 €", "€1,000,000.00"),
        ("-1234.50", "−1.234,50 €", "−€1,234.50"),
        ("-0.05", "−0,05 €", "−€0.05"),
    ],
)
def test_a_sum_is_written_in_the_readers_language_and_never_breaks(amount, italian, english):
    assert filters.money(euros(amount), "it") == italian.replace(" ", "\u00a0")
    assert filters.money(euros(amount), "en") == english


@pytest.mark.parametrize(
    ("amount", "short"),
    [("4800", "4.800\u00a0€"), ("4800.01", "4.800,01\u00a0€"), ("0", "0\u00a0€"), ("-10", "−10\u00a0€")],
)
def test_whole_euros_lose_their_cents_and_others_keep_them(amount, short):
    assert filters.money_short(euros(amount), "it") == short


def test_the_leading_sum_has_small_cents():
    assert filters.money_big(euros("3648"), "it") == '3.648<span class="cv-cents">,00</span>\u00a0€'
    assert filters.money_big(18, "it") == "18"
    assert filters.money_big("26 giorni", "it") == "26 giorni"


def test_the_leading_sum_is_markup_and_a_word_beside_it_is_not():
    assert hasattr(filters.money_big(euros("1"), "it"), "__html__")
    assert not hasattr(filters.money_big("<b>", "it"), "__html__")


@pytest.mark.parametrize(
    ("value", "italian", "english"),
    [
        (date(2026, 1, 8), "8\u00a0gennaio 2026", "8\u00a0January 2026"),
        (EVENING, "9\u00a0dicembre 2026", "9\u00a0December 2026"),
        (datetime(2026, 12, 9, 23, 30, tzinfo=UTC), "10\u00a0dicembre 2026", "10\u00a0December 2026"),
    ],
)
def test_a_day_is_the_civic_day_in_rome(value, italian, english):
    assert filters.day(value, "it") == italian
    assert filters.day(value, "en") == english


def test_a_moment_says_the_hour_in_rome_in_winter_and_summer():
    assert filters.moment(EVENING, "it") == "9\u00a0dicembre 2026, ore\u00a023:59"
    assert filters.moment(datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "en") == "1\u00a0July 2026, 12:00"


@pytest.mark.parametrize(
    ("end", "left", "words", "away"),
    [
        (datetime(2026, 12, 27, 22, 59, tzinfo=UTC), 18, "18 giorni", "fra 18 giorni"),
        (datetime(2026, 12, 9, 22, 59, tzinfo=UTC), 0, "ultimo giorno", "oggi"),
        (datetime(2026, 12, 9, 23, 1, tzinfo=UTC), 1, "1 giorno", "domani"),
        (datetime(2026, 12, 8, 12, 0, tzinfo=UTC), -1, "chiusa", "ieri"),
        (date(2026, 12, 7), -2, "chiusa", "2 giorni fa"),
    ],
)
def test_days_left_are_counted_on_the_calendar(app, end, left, words, away):
    now = datetime(2026, 12, 9, 9, 0, tzinfo=UTC)
    assert filters.days_left(end, now) == left
    with app.test_request_context("/it/"):
        app.preprocess_request()
        assert filters.days_text(end, now) == words
        assert filters.days_away(end, now) == away


@pytest.mark.parametrize(
    ("points", "italian"), [(6000, "60\u00a0%"), (1250, "12,5\u00a0%"), (5, "0,05\u00a0%"), (10000, "100\u00a0%")]
)
def test_basis_points_become_a_percentage(points, italian):
    assert filters.percent(points, "it") == italian


def test_a_hundred_percent_is_said_only_when_nothing_is_missing():
    assert filters.percent_of(euros("3648"), euros("4800"), "it") == "76\u00a0%"
    assert filters.percent_of(euros("4799.99"), euros("4800"), "it") == "99\u00a0%"
    assert filters.percent_of(euros("4800"), euros("4800"), "it") == "100\u00a0%"
    assert filters.percent_of(euros("1"), Money(0), "it") == "0\u00a0%"


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_sum_put_back_into_its_field_reads_as_the_same_sum(app, language):
    with app.test_request_context(f"/{language}/"):
        app.preprocess_request()
        for cents in (1, 50, 100, 1250, 480000, 123456789):
            assert parse(filters.typed(Money(cents)), language) == Money(cents)


@pytest.mark.parametrize(("language", "written"), [("it", "60.000,00"), ("en", "60,000.00")])
def test_a_sum_in_its_field_is_written_as_people_write_it(app, language, written):
    with app.test_request_context(f"/{language}/"):
        app.preprocess_request()
        assert filters.typed(euros("60000")) == written
        assert filters.typed(euros("1234567.80")) == ("1.234.567,80" if language == "it" else "1,234,567.80")
        assert filters.typed(euros("999.50")) == ("999,50" if language == "it" else "999.50")


def test_what_was_typed_stays_as_it_was_typed(app):
    assert filters.typed("1,5e3") == "1,5e3"
    assert filters.typed(None) == ""
    assert filters.typed(date(2026, 3, 2), "date") == "2026-03-02"
    assert filters.typed(EVENING, "datetime-local") == "2026-12-09T23:59"
    assert filters.typed_list(MultiDict([("z", "1"), ("z", "2")]), "z") == ["1", "2"]
    assert filters.typed_list({"z": [79]}, "z") == ["79"]
    assert filters.typed_list({}, "z") == []


def test_plain_text_becomes_paragraphs_and_nothing_else():
    drawn = filters.paragraphs("Uno\ndue\r\n\r\n<b>tre</b>\n\n\n")
    assert drawn == "<p>Uno<br>due</p><p>&lt;b&gt;tre&lt;/b&gt;</p>"


def test_two_figures_of_a_row_are_named_for_phones_and_one_is_not():
    rows = Markup('<tr class="x"><th scope="row">A</th><td class="cv-num">1 €</td><td class="cv-num"></td></tr>')
    heads = ["Call", ("Fund", "cv-num"), ("<Left>", "cv-num")]
    assert filters.named_sums(rows, heads) == (
        '<tr class="x"><th scope="row">A</th><td class="cv-num" data-label="Fund">1 €</td><td class="cv-num"></td></tr>'
    )
    assert filters.named_sums(rows, ["Call", ("Fund", "cv-num"), ("Left", "cv-num is-desk")]) == rows
    cut = Markup('<tr><td colspan="3">Here the fund ends</td></tr>')
    assert filters.named_sums(cut, heads) == cut


def test_a_deadline_at_midnight_is_the_day_before_and_others_say_their_hour():
    midnight, noon = datetime(2026, 11, 30, 23, 0, tzinfo=UTC), datetime(2026, 12, 18, 11, 0, tzinfo=UTC)
    assert filters.deadline(midnight, "it") == "30\u00a0novembre 2026"
    assert filters.deadline(noon, "it") == "18\u00a0dicembre 2026, ore\u00a012:00"
    assert filters.day(filters.last_day(midnight), "it") == "30\u00a0novembre 2026"
    assert filters.days_left(filters.last_day(midnight), datetime(2026, 11, 30, 9, 0, tzinfo=UTC)) == 0


def test_the_first_of_a_month_is_written_as_italians_do():
    assert filters.day(date(2027, 3, 1), "it") == "1º\u00a0marzo 2027"
    assert filters.day(date(2027, 3, 1), "en") == "1\u00a0March 2027"


def test_the_summary_of_what_is_wrong_names_the_field_where_the_sentence_does_not():
    page = Markup(
        '<a href="#f-title">Manca, scrivilo qui.</a><a href="#f-fund">Manca, scrivilo qui.</a>'
        '<a href="#f-day">Scrivi la data così: 31/12/2026.</a><a href="#f-kind">Scegli.</a><a href="#f-use">Scegli.</a>'
        '<label class="cv-label" for="f-title">Titolo</label><label class="cv-label" for="f-fund">Fondo &amp; parte '
        '<span>(facoltativo)</span></label><label class="cv-label" for="f-day">Giorno</label>'
    )
    named = filters.named_errors(page, "Manca, scrivilo qui.")
    assert '<a href="#f-title">Titolo: manca, scrivilo qui.</a>' in named
    assert '<a href="#f-fund">Fondo &amp; parte: manca, scrivilo qui.</a>' in named
    assert '<a href="#f-day">Scrivi la data così' in named, "a sentence that stands once and says what it means"
    assert '<a href="#f-use">Scegli.</a>' in named, "a choice without a label of its own keeps its sentence"
