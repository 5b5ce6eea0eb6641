"""Names, addresses, passwords, ages, tax codes, and where one may be sent after sign-in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.identity import rules
from tests.make.identity import tax_code


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada   Alberti ", "Ada Alberti"),
        ("Noe\u0300 D’Amico", "Noè D’Amico"),
        ("Nguyễn Thị Minh", "Nguyễn Thị Minh"),
        ("李小龙", "李小龙"),
        ("Иван Петров", "Иван Петров"),
    ],
)
def test_a_name_is_kept_in_one_form(typed, kept):
    assert rules.clean_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "A", "x" * 81, "Ada\u202eitrebla", "Ada\u200bAlberti", "Ada\x00", "<b>Ada</b>", "Аda Alberti", "Ada|x"],
)
def test_a_name_with_hidden_signs_markup_or_mixed_alphabets_is_refused(typed):
    with pytest.raises(ValueError, match=r"Write (the|a|your)"):
        rules.clean_name(typed)


def test_an_address_is_kept_in_lower_case():
    assert rules.clean_email("  Ada.Alberti+x@Example.ORG ") == "ada.alberti+x@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@exa mple.org",
        "ada@example.org\r\nBcc: x@example.org",
        "ada..b@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a" * 260 + ".org",
        "ada@example.org>",
        '"ada b"@example.org',
        "àda@example.org",
        "ada@-example.org",
    ],
)
def test_a_wrong_address_is_refused_with_how_to_write_it(typed):
    with pytest.raises(ValueError, match=r"name@example\.org"):
        rules.clean_email(typed)


@pytest.mark.parametrize(
    ("born_on", "today", "age"),
    [
        (date(2008, 3, 2), date(2026, 3, 1), 17),
        (date(2008, 3, 2), date(2026, 3, 2), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_eighteen_is_reached_on_the_birthday(born_on, today, age):
    assert rules.age_on(today, born_on) == age
    assert (rules.refuse_birth(born_on, today) is None) == (age >= 18)


@pytest.mark.parametrize("born_on", [date(2027, 1, 1), date(1890, 1, 1)])
def test_an_impossible_birth_is_asked_again(born_on):
    assert rules.refuse_birth(born_on, date(2026, 3, 2)) == "Check the year of birth."


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1990-12-31", date(1990, 12, 31)),
        ("31/12/1990", date(1990, 12, 31)),
        (" 1.2.1990 ", date(1990, 2, 1)),
        ("31/02/1990", None),
        ("12/31/1990", None),
        ("90-12-31", None),
        ("١٩٩٠-١٢-٣١", None),
        ("ieri", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_two_ways_of_writing(typed, day):
    assert rules.read_day(typed) == day


def test_a_tax_code_states_the_birth():
    assert rules.born_by_tax_code("RSSMRA80A01F205X") == (80, 1, 1)
    assert rules.born_by_tax_code("RSSMRA80A41F205B") == (80, 1, 1)
    assert rules.tax_code_fits("RSSMRA80A41F205B", date(1980, 1, 1))
    assert rules.tax_code_fits("RSSMRA08A41F205B", date(1908, 1, 1))
    assert not rules.tax_code_fits("RSSMRA80A41F205B", date(1980, 1, 2))
    assert not rules.tax_code_fits("RSSMRA80A41F205B", date(1981, 1, 1))


def test_letters_in_place_of_digits_count_as_digits():
    plain = tax_code(date(1980, 1, 1), number=7)
    swapped = plain[:6] + "UL" + plain[8] + "LM" + plain[11:]
    assert rules.born_by_tax_code(swapped) == rules.born_by_tax_code(plain) == (80, 1, 1)


@pytest.mark.parametrize(
    "password",
    [
        "lanterna-ruvida-ottantasei",
        "xK9$mQz!vL2p",
        "zoccolo tramonto Ghisa 4",
        "ogni mattina il 9 porta gatti",
        "жираф под дождём",
        "🦒🚲🍐🪗🧦🔔🎈🪁🍩🐙🧵🪴",
    ],
)
def test_long_and_unexpected_passwords_pass(password):
    assert rules.refuse_password(password, name="Ada Alberti", email="ada@example.org") is None


@pytest.mark.parametrize(
    "password",
    [
        "corta",
        "12345678901",
        "123456789012",
        "password1234",
        "Password2024!",
        "P4ssw0rd!P4ssw0rd!",
        "qwertyuiop12",
        "milanomilano",
        "Juventus1897!",
        "ciaociaociao",
        "aaaaaaaaaaaa",
        "abcdefghijklmnop",
        "adaalberti1990",
        "AlbertiAda!!",
        "cofonda2026cofonda",
        "example.org12",
        "iloveyou2023",
        "correcthorsebatterystaple",
        "gennaio2026!",
        "x" * 129,
    ],
)
def test_short_common_and_own_words_are_refused(password):
    assert rules.refuse_password(password, name="Ada Alberti", email="ada@example.org") is not None


@pytest.mark.parametrize("target", ["/it/desk", "/it/proposals/prp_x?part=1"])
def test_a_path_of_ours_is_gone_on_to(target):
    assert rules.safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%0d%0aSet-Cookie".replace("%0d%0a", "\r\n"),
        "/\t/evil.example",
        "javascript:alert(1)",
        "it/desk",
        " /it/desk",
    ],
)
def test_no_other_place_is_gone_on_to(target):
    assert rules.safe_next(target) is None


def test_a_session_lives_between_its_limits():
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def alive(hours, idle=0.0, ended=None):
        now = start + timedelta(hours=hours)
        return rules.session_alive(
            now=now, seen_at=now - timedelta(hours=idle), expires_at=start + rules.SESSION_LIFE, ended_at=ended
        )

    assert alive(1)
    assert alive(24 * 7 - 0.01)
    assert not alive(24 * 7)
    assert alive(20, idle=11.9)
    assert not alive(20, idle=12)
    assert not alive(1, ended=start)


def test_browsers_are_told_apart_by_name():
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    safari = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Mobile/15E148 Safari/604.1"
    )
    assert rules.browser_name(firefox) == "Firefox, Linux"
    assert rules.browser_name(safari) == "Safari, iPhone"
    assert rules.browser_name("curl/8") == ""
