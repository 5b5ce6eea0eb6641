"""The demo's gifts: made up, but the sums must be right."""

import pytest

from app.core.money import euros, total
from app.demo.donors import amounts


@pytest.mark.parametrize(("whole", "count"), [("4800", 16), ("4799.99", 16), ("1285", 9), ("3648", 36), ("10", 5)])
def test_gifts_make_the_sum_that_the_story_needs(whole, count):
    gifts = amounts(euros(whole), count, "cortile")
    assert len(gifts) == count
    assert total(gifts) == euros(whole)
    assert min(gifts) >= euros("2")
    assert amounts(euros(whole), count, "cortile") == gifts
