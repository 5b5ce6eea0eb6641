"""A sitting keeps what was found, looks at each page once, and the report says what and where."""

from __future__ import annotations

from tests.ui import phone, report
from tests.ui.court import Court
from tests.ui.findings import BARS, Finding, Sheet
from tests.ui.test_defects import page


def test_the_report_says_what_was_found_and_where(tmp_path):
    said: list[str] = []
    court = Court(tmp_path, said.append)
    whole = Sheet("http://localhost/it/whole", page(), endpoint="web.home")
    broken = Sheet("http://localhost/it/broken", page('<ul><p id="a">x</p></ul><p id="a">y</p>'), endpoint="web.page")
    court.hear([whole, broken, whole, Finding("links", "/it/whole", "http://localhost/it/gone answers 404")], "two")
    assert len(court.named) == 2, "a page that was seen is not kept twice"
    court.read()
    judges = {each.judge for each in court.findings}
    assert {"house", "links", "markup"} <= judges
    path = report.write(tmp_path, findings=court.findings, looks=[], marks=[], reading=[("web", 80.0)], shown=3,
                        routes=2, all_routes=2, unreached=[], left_out=["lighthouse"], minutes=1, when="today",
                        commit="abc")  # fmt: skip
    written = path.read_text()
    assert "http://localhost/it/gone answers 404" in written
    assert "not asked" in written
    told = report.summary(court.findings)
    assert "house: /it/broken [visitor, filled]: the id a stands more than once" in told
    assert f"{'axe':<12} holds" in told
    assert set(BARS) == {line.split()[0] for line in told.splitlines()[-len(BARS) :]}


def test_a_page_under_a_bar_of_the_phone_is_named():
    low = phone.Marks("http://localhost/it/", {"accessibility": 100, "seo": 92, "performance": 97}, ["meta: no words"])
    assert [each.what for each in phone.held_against(low)] == [
        "seo 92, 100 is wanted (meta: no words)",
        "performance 97, 98 is wanted (meta: no words)",
    ]
