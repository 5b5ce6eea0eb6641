"""Free text for others to read: it says something, and it fits."""

import pytest

from app.core import words
from app.core.errors import Invalid, Refusal

MISSING = Refusal("Write why.")


def test_a_reason_is_trimmed():
    assert words.reason("  Manca la firma.  ", MISSING) == "Manca la firma."


@pytest.mark.parametrize("text", ["", "   ", "no", "\n\n nove ch. \n"])
def test_a_reason_that_says_nothing_is_missing(text):
    with pytest.raises(Invalid) as refused:
        words.reason(text, MISSING, field="why")
    assert refused.value.errors == {"why": MISSING}


def test_nothing_is_no_mistake_where_no_reason_is_needed():
    assert words.reason(" ", MISSING, least=0) == ""


def test_a_reason_fits_to_the_last_character_and_not_one_more():
    assert words.reason("x" * words.MOST, MISSING) == "x" * words.MOST
    with pytest.raises(Invalid, match="at most 3000 characters"):
        words.reason("x" * (words.MOST + 1), MISSING, least=0)
