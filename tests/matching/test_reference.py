"""Published schemes in euros: at the stated figure, one cent below it and one cent above."""

from datetime import UTC, datetime

import pytest

from app.core.money import ZERO, Money, euros, total
from app.matching.rules import (
    SCHEMES,
    Claim,
    Funding,
    Gift,
    MatchPolicy,
    Mode,
    Order,
    Overfunding,
    Verdict,
    Window,
    ceiling,
    crowd,
    first_come,
    match_due,
    most_gifts,
    share_out,
    threshold,
    verdict,
)

CENT = Money(1)
MILAN_1, MILAN_2, MILAN_3, MILAN_4 = (SCHEMES[f"milan-{year}"].policy for year in (2015, 2020, 2022, 2024))
BERGAMO, BARCELONA, CRT = (SCHEMES[name].policy for name in ("bergamo", "barcelona", "crt"))
GENT_25, GENT_50, GENT_75 = (SCHEMES[f"gent-{share}"].policy for share in (25, 50, 75))
# The sum is what scoring gave, up to the stated most; all the rest of the target must be there.
LONDON, LONDON_2016, GOTEO = (SCHEMES[name].policy for name in ("london", "london-2016", "goteo"))
META = MatchPolicy(mode=Mode.RATIO, ratio_bp=10_000, threshold_bp=1, share_bp=10_000, overfunding=Overfunding.KEEP)


@pytest.mark.parametrize(
    ("policy", "budget", "needs", "city", "cent_above"),
    [
        pytest.param(MILAN_1, "100000", "50000", "50000", "49999.99", id="Milan 2015, half and half at its cap"),
        pytest.param(MILAN_1, "140000", "70000", "50000", "50000", id="Milan 2015, the cap binds"),
        pytest.param(MILAN_2, "100000", "40000", "60000", "59999.99", id="Milan 2020, the largest budget"),
        pytest.param(MILAN_2, "70000", "28000", "42000", "41999.99", id="Milan 2020, seventy thousand"),
        pytest.param(MILAN_3, "80000", "32000", "48000", "47999.99", id="Milan 2022, the largest budget"),
        pytest.param(MILAN_3, "20000", "8000", "12000", "11999.99", id="Milan 2022, the smallest budget"),
        pytest.param(MILAN_4, "100000", "50000", "50000", "49999.99", id="Milan 2024, the largest budget"),
        pytest.param(MILAN_4, "20000", "10000", "10000", "9999.99", id="Milan 2024, the smallest budget"),
        pytest.param(BERGAMO, "20000", "12000", "8000", "7999.99", id="Bergamo, at its cap"),
        pytest.param(BERGAMO, "30000", "18000", "8000", "8000", id="Bergamo, the cap binds"),
        pytest.param(GENT_25, "10000", "7500", "2500", "2499.99", id="Gent, a quarter"),
        pytest.param(GENT_50, "8000", "4000", "4000", "3999.99", id="Gent, half"),
        pytest.param(GENT_50, "20000", "15000", "5000", "4999.99", id="Gent, the cap binds: the rest is more"),
        pytest.param(GENT_75, "6000", "1500", "4500", "4499.99", id="Gent, exceptionally three quarters"),
        pytest.param(CRT, "10000", "5000", "5000", "4999.99", id="CRT, doubled at half of the target"),
        pytest.param(LONDON, "120000", "70000", "50000", "49999.99", id="London, its largest pledge"),
        pytest.param(LONDON_2016, "40000", "20000", "20000", "19999.99", id="London 2016, its largest pledge"),
    ],
)
def test_a_published_scheme_pays_at_its_threshold_and_not_a_cent_below(
    policy: MatchPolicy, budget: str, needs: str, city: str, cent_above: str
) -> None:
    whole, needed = euros(budget), euros(needs)
    assert threshold(whole, policy) == needed
    assert ceiling(whole, policy) == euros(city)
    assert match_due(needed - CENT, whole, ZERO, policy) == ZERO
    assert match_due(needed, whole, ZERO, policy) == euros(city)
    assert match_due(needed + CENT, whole, ZERO, policy) == euros(cent_above)


@pytest.mark.parametrize(
    ("gifts", "city"), [("3999.99", "3999.99"), ("4000", "4000"), ("4000.01", "4000"), ("0.79", "0"), ("0.80", "0.80")]
)
def test_barcelona_adds_one_euro_for_each_up_to_four_thousand(gifts: str, city: str) -> None:
    assert match_due(euros(gifts), euros("8000"), ZERO, BARCELONA) == euros(city)


def test_barcelonas_pool_pays_twenty_four_projects_at_their_cap_and_no_cent_of_a_twenty_fifth() -> None:
    claims = [Claim(str(n), euros("4000"), n) for n in range(25)]
    given = share_out(euros("96000"), claims, Order.RANKING)
    assert [key for key, amount in given.items() if amount == euros("4000")] == [str(n) for n in range(24)]
    assert total(given.values()) == euros("96000")
    a_cent_short = share_out(euros("95999.99"), claims, Order.RANKING)
    assert total(a_cent_short.values()) == euros("92000")


def test_gents_year_pays_eleven_projects_at_their_cap() -> None:
    claims = [Claim(str(n), euros("5000"), n) for n in range(12)]
    assert total(share_out(euros("55000"), claims, Order.RANKING).values()) == euros("55000")
    assert total(share_out(euros("55000.01"), claims, Order.RANKING).values()) == euros("55000")
    assert total(share_out(euros("54999.99"), claims, Order.RANKING).values()) == euros("50000")


def test_meta_matches_in_real_time_until_its_seventy_thousand_are_gone() -> None:
    asks = [("hall", euros("30000")), ("boat", euros("39999.99")), ("hall", euros("0.02")), ("boat", euros("5"))]
    limits = {"hall": euros("50000"), "boat": euros("50000")}
    given = first_come(euros("70000"), asks, limits)
    assert given == [euros("30000"), euros("39999.99"), euros("0.01"), ZERO]
    assert match_due(euros("30000"), euros("90000"), ZERO, META) == euros("30000")


@pytest.mark.parametrize(
    ("first", "both", "verdict_"),
    [
        ("5999.99", "10000", Verdict.LOST),  # the second round does not mend the first
        ("6000", "6000", Verdict.WON),
        ("6000.01", "10000", Verdict.WON),
    ],
)
def test_goteos_first_round_decides_on_the_minimum(first: str, both: str, verdict_: Verdict) -> None:
    minimum, optimum = euros("6000"), euros("10000")
    assert verdict(euros(both), minimum, GOTEO, first_round=euros(first)) is verdict_
    assert most_gifts(minimum, optimum - minimum, GOTEO) == optimum


@pytest.mark.parametrize(("raised", "kept"), [("5999.99", Verdict.KEPT), ("6000", Verdict.WON)])
def test_where_the_terms_say_so_a_group_keeps_what_it_raised(raised: str, kept: Verdict) -> None:
    policy = MatchPolicy(share_bp=10_000, threshold_bp=10_000, funding=Funding.KEEP_IT)
    assert verdict(euros(raised), euros("6000"), policy) is kept


def test_match_impulsa_changes_the_ratio_for_a_day_to_the_second() -> None:
    opens, ends = datetime(2021, 11, 10, tzinfo=UTC), datetime(2021, 11, 11, tzinfo=UTC)
    policy = MatchPolicy(
        mode=Mode.RATIO, ratio_bp=10_000, windows=(Window(opens, ends, 20_000),), threshold_bp=1, share_bp=10_000
    )
    moments = [opens.replace(day=9, hour=23, minute=59, second=59), opens, ends.replace(day=10, hour=23), ends]
    gave = crowd([Gift(euros("10.01"), at) for at in moments], policy)
    assert gave.weighted == euros("10.01") + euros("20.02") + euros("20.02") + euros("10.01")
