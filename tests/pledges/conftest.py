"""The provider of this room's tests: every request they made must have been one that Stripe takes."""

import pytest

from tests.make import payments


@pytest.fixture
def provider(sandbox):
    yield sandbox
    found = payments.stats()["nonconforming"]
    assert found["count"] == 0, found
