"""Pictures are pure functions: well-formed, the same for the same input, and their widths are the euros."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.money import ZERO, Money, euros, total
from app.web.pictures import bars, covers, drawing, marks, tiles
from app.web.pictures.rosa import MILAN, Place, rosa
from app.web.pictures.sankey import sankey

HEX = re.compile(r"#[0-9A-Fa-f]{6}")


@pytest.fixture(autouse=True)
def _italian(app):
    with app.test_request_context("/it/"):
        app.preprocess_request()
        yield


def read(svg) -> ET.Element:
    text = str(svg)
    assert "style=" not in text
    return ET.fromstring(f"<x>{text}</x>")  # noqa: S314 - our own drawing


def bands(svg, cls: str) -> list[tuple[float, float]]:
    """Left edge and width, in percent, of the bar's parts of one class."""
    found = []
    for rect in read(svg).iter("rect"):
        if rect.get("class") == cls and "%" in rect.get("width", ""):
            found.append((float(rect.get("x", "0%").rstrip("%")), float(rect.get("width", "").rstrip("%"))))
    return found


@pytest.mark.parametrize("theme", covers.THEMES)
def test_a_cover_is_well_formed_small_and_always_the_same(theme):
    drawn = covers.cover(theme, 45.5, 9.18, "officina-di-ringhiera")
    assert read(drawn)[0].get("viewBox") == "0 0 640 400"
    assert drawn == covers.cover(theme, 45.5, 9.18, "officina-di-ringhiera")
    assert 400 < len(drawn) < 5000
    assert read(covers.cover_file(theme, 45.5, 9.18, "x"))[0].tag.endswith("svg")


@pytest.mark.parametrize("theme", covers.THEMES)
def test_a_name_changes_the_shapes_but_never_the_colours(theme):
    allowed = {colour.upper() for colour in (*covers.PALETTES[theme], covers.DISCS[theme])}
    allowed |= {"#FFC53D", "#BBD8F5", "#14202E"}
    drawings = {str(covers.cover(theme, 45.5, 9.18, f"nome-{k}")) for k in range(12)}
    assert len(drawings) > 1
    for drawn in drawings:
        assert {colour.upper() for colour in HEX.findall(drawn)} <= allowed


@pytest.mark.parametrize(
    ("lat", "lon", "where"),
    [(45.50, 9.18, "north"), (45.42, 9.19, "south"), (45.46, 9.25, "east"), (45.46, 9.10, "west")],
)
def test_the_disc_lies_where_the_neighbourhood_lies(lat, lon, where):
    disc = read(covers.cover("fare", lat, lon, "x"))[0].find("circle")
    x, y = float(disc.get("cx")), float(disc.get("cy"))
    assert {"north": y < 100, "south": y > 280, "east": x > 500, "west": x < 140}[where]


def test_an_unknown_theme_still_has_a_cover():
    assert read(covers.cover("nothing", None, None, "x"))


def test_the_reference_campaign_has_its_widths():
    bar = bars.money_bar(euros("3648"), euros("4800"), euros("12000"))
    assert bands(bar, "b-don") == [(0, 30.4)]
    assert bands(bar, "b-city") == [(40, 60)]
    assert [rect.get("x") for rect in read(bar).iter("rect") if rect.get("class") == "b-thr"] == ["40%"]
    words = read(bar)[0].find("title").text
    assert "3.648,00" in words
    assert "4.800,00" in words
    assert "7.200,00" in words


@pytest.mark.parametrize(
    ("raised", "match", "gifts", "hatched", "solid"),
    [
        ("0", None, 0, (40, 60), None),
        ("4799.99", None, 40, (40, 60), None),
        ("4800", None, 40, (40, 60), None),
        ("6000", None, 50, (50, 50), None),
        ("12000", None, 100, None, None),
        ("4780", "7170", 39.83, None, (39.83, 59.75)),
        ("6000", "6000", 50, None, (50, 50)),
    ],
)
def test_the_citys_part_is_hatched_until_confirmed_and_shrinks_with_the_gifts(raised, match, gifts, hatched, solid):
    bar = bars.money_bar(euros(raised), euros("4800"), euros("12000"), match=euros(match) if match else None)
    assert bands(bar, "b-don") == ([(0, gifts)] if gifts else [])
    assert bands(bar, "b-city") == ([hatched] if hatched else [])
    assert bands(bar, "b-blue") == ([solid] if solid else [])


@given(raised=st.integers(0, 1_500_000), confirmed=st.booleans())
def test_brick_and_blue_never_touch(raised, confirmed):
    sums = (Money(raised), euros("4800"), euros("12000"))
    match = Money(max(0, min(720_000, 1_200_000 - raised))) if confirmed else None
    bar = bars.money_bar(*sums, match=match)
    gifts, city = bands(bar, "b-don"), bands(bar, "b-blue") + bands(bar, "b-city")
    if gifts and city and gifts[0][0] + gifts[0][1] >= city[0][0] - 0.01:
        at = [rect.get("x") for rect in read(bar).iter("rect") if rect.get("class") == "b-cut"]
        assert at == [f"{gifts[0][1]:g}%"]


def test_the_label_changes_side_when_the_threshold_is_far_right():
    near = read(bars.money_bar(euros("1"), euros("4800"), euros("12000"))).find("svg/text")
    far = read(bars.money_bar(euros("1"), euros("8400"), euros("12000"))).find("svg/text")
    assert near.get("text-anchor") is None
    assert far.get("text-anchor") == "end"


def test_a_small_gift_of_the_reader_is_still_six_pixels_wide():
    bar = bars.money_bar(euros("3698"), euros("4800"), euros("12000"), mine=euros("50"))
    slices = [rect.get("width") for rect in read(bar).iter("rect") if rect.get("class") == "b-mine"]
    assert slices == ["6"]


def test_money_that_went_back_leads_out_of_the_bar():
    bar = bars.money_bar(
        euros("4800"), euros("4800"), euros("12000"), match=euros("6200"), returned=euros("1000"), spent=euros("11000")
    )
    assert bands(bar, "b-blue") == [(40, 51.67)]
    assert bands(bar, "b-city") == [(91.67, 8.33)]
    assert bands(bar, "b-ink") == [(0, 91.67)]
    assert "1.000,00" in read(bar)[0].find("title").text


@pytest.mark.parametrize(
    ("weights", "stones"),
    [
        ([4600, 2900, 3000, 720, 684, 96], [38, 24, 25, 6, 6, 1]),
        ([1, 1, 1], [34, 33, 33]),
        ([1], [100]),
        ([0, 5], [0, 100]),
        ([], []),
        ([0, 0], [0, 0]),
    ],
)
def test_a_hundred_stones_are_shared_by_the_largest_remainder(weights, stones):
    assert tiles.hundred(weights) == stones


@given(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=12).filter(sum))
def test_the_stones_always_add_up_to_a_hundred(weights):
    counts = tiles.hundred(weights)
    assert sum(counts) == 100
    assert all(abs(count - 100 * weight / sum(weights)) < 1 for count, weight in zip(counts, weights, strict=True))


def test_the_paving_never_uses_a_payers_colour():
    drawn = tiles.paving([euros(str(k + 1)) for k in range(12)])
    classes = {rect.get("class") for rect in read(drawn).iter("rect")}
    assert len(list(read(drawn).iter("rect"))) == 100
    assert classes <= {f"t{k}" for k in range(1, 9)}


def test_there_is_one_disc_for_each_gift_and_an_empty_one_for_the_reader():
    drawn = tiles.discs([euros("25"), euros("100"), euros("4")])
    radii = [(c.get("class"), float(c.get("r"))) for c in read(drawn).iter("circle")]
    assert radii == [("w-gift", 14.5), ("w-gift", 25.0), ("w-gift", 8.2), ("w-you", 16.8)]
    assert len(list(read(tiles.discs([], empty=False)).iter("circle"))) == 0


def test_discs_stay_inside_their_picture():
    drawn = read(tiles.discs([euros("2500"), *[euros("10")] * 300]))
    width, height = (float(part) for part in drawn[0].get("viewBox").split()[2:])
    for circle in drawn.iter("circle"):
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r + 0.2
        assert r - 0.2 <= y <= height - r + 0.2


def milan() -> list[Place]:
    boroughs = {zone: number for number, zones in MILAN.items() for zone in zones}
    return [Place(zone, f"Zona {zone}", f"zona-{zone}", number, 45.46, 9.19) for zone, number in boroughs.items()]


def test_the_rosa_has_one_cell_for_each_of_the_88_neighbourhoods():
    drawn = read(rosa(milan(), {79: 3, 13: 1}, [79]))
    assert len(list(drawn.iter("path"))) == 87
    tones = [shape.get("class") for shape in drawn.iter() if shape.tag in ("path", "circle")]
    assert tones.count("z3") == 1
    assert tones.count("z1") == 1
    assert tones.count("z0") == 86
    assert tones.count("z-open") == 1


def test_each_cell_of_the_rosa_is_a_link_that_says_its_name():
    drawn = read(rosa(milan(), {79: 3}, [79], href="/it/projects?zone="))
    links = {link.get("href"): link.get("aria-label") for link in drawn.iter("a")}
    assert len(links) == 88
    assert links["/it/projects?zone=zona-79"] == "Zona 79: 3 progetti, raccolta aperta"
    assert drawn[0].get("role") == "group"


def test_the_rosa_that_says_you_are_here_shows_one_place_only():
    drawn = read(rosa(milan(), {79: 3, 13: 2}, [13], focus=79))
    assert [s.get("class") for s in drawn.iter() if s.get("class") in ("z-focus", "z-open", "z3", "z2")] == ["z-focus"]
    assert drawn[0].get("role") == "img"


@given(st.lists(st.integers(2, 14), min_size=3, max_size=10))
def test_any_city_gets_a_cell_for_each_of_its_zones(sizes):
    places, number = [], 0
    for borough, size in enumerate(sizes, start=1):
        for k in range(size):
            number += 1
            places.append(Place(number, f"Z{number}", f"z{number}", borough, 44 + borough / 50 + k / 900, 11 + k / 70))
    drawn = read(rosa(places, {}, href="/x?z="))
    assert {link.get("href") for link in drawn.iter("a")} == {f"/x?z=z{k}" for k in range(1, number + 1)}


LINES = [("Proiettore", "4310"), ("Lavori", "2900"), ("Serate", "2480"), ("Altro", "1310")]


def test_the_journey_says_every_figure_and_its_two_drawings_are_well_formed():
    drawn = sankey(
        euros("4800"),
        96,
        euros("7200"),
        [("anticipo", euros("3600")), ("saldo", euros("2600"))],
        returned=euros("1000"),
        lines=[(name, euros(amount)) for name, amount in LINES],
    )
    both = read(drawn)
    words = "".join(both.itertext())
    for figure in ("4.800,00", "7.200,00", "3.600,00", "2.600,00", "1.000,00", "11.000,00", "4.310,00"):
        assert figure in words
    assert "ancora da pagare" not in words
    assert "ancora da rendicontare" not in words
    assert [svg.get("aria-hidden") for svg in both.iter("svg")] == [None, "true"]


def test_the_journey_shows_what_is_not_yet_paid_and_not_yet_accounted_for():
    words = "".join(read(sankey(euros("4780"), 1, euros("7170"), [("anticipo", euros("3585"))])).itertext())
    assert "da 1 donatore" in words
    assert "3.585,00\u00a0€ancora da pagare" in words
    assert "8.365,00\u00a0€ancora da rendicontare" in words


def test_a_journey_that_has_not_begun_is_still_a_picture():
    drawn = read(sankey(ZERO, 0, euros("7200"), []))
    assert "7.200,00" in "".join(drawn.itertext())
    assert read(sankey(ZERO, 0, ZERO, []))


def test_parts_of_a_shared_bar_follow_each_other_and_are_parted_by_white():
    drawn = bars.share_bar([(euros("84600"), "don"), (euros("126900"), "city")], "x")
    assert bands(drawn, "b-don") == [(0, 40)]
    assert bands(drawn, "b-blue") == [(40, 60)]
    assert sum(1 for rect in read(drawn).iter("rect") if rect.get("class") == "b-cut") == 1
    fund = bars.share_bar([(euros(str(sum_)), "city") for sum_ in (9000, 7200)], "x", whole=euros("45000"))
    edges = bands(fund, "b-blue")
    assert edges == [(0, 20), (20, 16)]
    assert all(left[0] + left[1] == right[0] for left, right in pairwise(edges))
    assert total([]) == ZERO


def test_marks_are_well_formed():
    for drawn in (marks.mark(), marks.mark(True), marks.hatch_defs(), *(marks.step_mark(k) for k in range(1, 5))):
        assert read(drawn)
    for theme in (None, *covers.THEMES):
        colours = {colour.upper() for colour in HEX.findall(str(marks.empty_shape(theme)))}
        assert not colours & {drawing.COTTO, drawing.BLUE.upper(), drawing.INK}
    assert bars.key_mark("don") != bars.key_mark("city")
    assert bands(bars.score_bar(87.5), "b-ink") == [(0, 87.5)]
    assert bands(bars.score_bar(120), "b-ink") == [(0, 100)]
