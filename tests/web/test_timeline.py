"""Promises day by day: steps as high as the sums, the threshold where it is."""

import re
import xml.etree.ElementTree as Xml
from datetime import date

import pytest

from app.core.money import euros
from app.web.pictures.timeline import timeline

OPENS, CLOSES = date(2026, 3, 2), date(2026, 4, 30)


@pytest.fixture(autouse=True)
def _italian(_app):
    with _app.test_request_context("/it/"):
        yield


def steps(drawn):
    assert "style=" not in drawn
    root = Xml.fromstring(str(drawn))  # noqa: S314 - our own drawing
    return root, [
        tuple(float(one.get(key).rstrip("%")) for key in ("x", "width", "y", "height"))
        for one in root.iter("rect")
        if one.get("class") == "b-don"
    ]


def test_each_step_begins_where_the_last_one_ends_and_none_is_lower():
    days = [(date(2026, 3, 2), euros("100"), 2), (date(2026, 3, 9), euros("300"), 3), (CLOSES, euros("4400"), 9)]
    root, found = steps(timeline(days, euros("4800"), OPENS, CLOSES))
    assert [round(x + wide, 1) for x, wide, _y, _h in found[:-1]] == [round(x, 1) for x, *_ in found[1:]]
    heights = [high for *_rest, high in found]
    assert heights == sorted(heights)
    assert found[0][0] == 0
    assert round(found[-1][0] + found[-1][1]) == 100
    line = next(float(one.get("y")) for one in root.iter("rect") if one.get("class") == "b-thr")
    assert abs(found[-1][2] - line) <= 2, "the whole threshold stands at the line"
    words = "".join(root.itertext())
    assert re.search(r"4\.800,00\s€ su 4\.800,00\s€", words)
    assert "30\u00a0aprile" in words


def test_no_gift_and_gifts_outside_the_days_are_still_a_picture():
    assert steps(timeline([], euros("4800"), OPENS, CLOSES))[1] == []
    strange = [(date(2026, 2, 1), euros("10"), 1), (date(2026, 6, 1), euros("90000"), 1)]
    for x, wide, y, high in steps(timeline(strange, euros("4800"), OPENS, CLOSES))[1]:
        assert x >= 0
        assert x + wide <= 100.01
        assert y >= 0
        assert high >= 0
