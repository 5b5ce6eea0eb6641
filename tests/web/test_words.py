"""Markdown from strangers shows as text with a little form, and never as anything else."""

import pytest

from app.web.words import markdown


def test_paragraphs_lists_and_bold_come_through():
    drawn = markdown("Uno **due**\n\n- tre\n- quattro")
    assert drawn == "<p>Uno <strong>due</strong></p>\n<ul>\n<li>tre</li>\n<li>quattro</li>\n</ul>\n"


def test_a_writers_headings_stand_below_the_pages_own():
    assert markdown("# Titolo\n\n### Sotto") == "<h3>Titolo</h3>\n<h4>Sotto</h4>\n"


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/x.png)",
        '<a href="https://example.org" onclick="x">y</a>',
        "<style>*{display:none}</style>",
        "[x](data:text/html;base64,AAAA)",
    ],
)
def test_nothing_that_runs_or_loads_comes_through(evil):
    drawn = str(markdown(evil)).lower()
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "<style" not in drawn
    assert 'href="javascript' not in drawn
    assert 'href="data' not in drawn
    assert "<a onclick" not in drawn


def test_links_say_that_a_stranger_wrote_them():
    assert 'rel="nofollow noopener ugc"' in markdown("[qui](https://example.org)")
