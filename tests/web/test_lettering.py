"""Words in pictures: wrapped, never wider than their room, drawn with our own letters."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.web import gateway, lettering
from app.web.head import linked_json
from app.web.pictures import cards

ROOM = 528


@pytest.fixture(autouse=True)
def _page(_app):
    with _app.test_request_context("/it/"):
        yield


def test_letters_that_we_lack_are_left_out_and_the_rest_stays():
    assert lettering.plain("Orto 🌱 felice") == "Orto felice"
    assert lettering.plain("شارع الربيع") == ""
    assert lettering.plain("Perché l’Ü & <b>Ž</b> «€»") == "Perché l’Ü & <b>Ž</b> «€»"
    assert lettering.plain("\u202eabc\u200b\x00 d") == "abc d"
    assert lettering.plain("!!!") == ""


@given(st.text(alphabet=st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"]), max_size=240))
def test_no_line_is_wider_than_its_room_and_no_sign_is_lost(words):
    shown = lettering.plain(words)
    size, found = lettering.fit(shown or "x", (58, 40, 22), ROOM, 212)
    assert all(lettering.width(line, size) <= ROOM for line in found)
    assert len(found) * lettering.leading(size) <= 212
    if not found[-1].endswith("…"):
        assert "".join(found).replace(" ", "") == "".join((shown or "x").split())


def test_a_word_of_two_hundred_signs_is_parted():
    size, found = lettering.fit("W" * 200, cards.TITLES, ROOM, 212)
    assert "".join(found) == "W" * 200
    assert max(lettering.width(line, size) for line in found) <= ROOM


def test_the_words_are_really_drawn_with_our_letters_and_no_others():
    def dark(words):
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 100" width="600" height="100">'
            f'<rect width="600" height="100" fill="#fff"/>{cards.text(words, 10, 70, 60)}</svg>'
        )
        with Image.open(io.BytesIO(gateway.png(svg, colour="#0066CC"))) as picture:
            grey = picture.convert("L")
        left, _top, right, _bottom = grey.point(lambda light: 255 if light < 128 else 0).getbbox() or (0, 0, 0, 0)
        return right - left

    assert dark(" ") == 0
    for words in ("Officina", "Perché l’€"):
        assert abs(dark(words) - lettering.width(words, 60)) < 8


@pytest.mark.parametrize("words", ["</script><script>alert(1)</script>", "]]>&<!--", "\u2028\u2029", '"quoted"'])
def test_facts_for_machines_cannot_be_closed_by_a_word(words):
    written = str(linked_json({"name": words}))
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written)["name"] == words
