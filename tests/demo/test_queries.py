"""Who can sign in to the demo, as the page of the accounts tells it."""

from app.demo import queries
from tests.make import identity


def test_only_accounts_that_exist_are_told(app):
    assert queries.demo_accounts() == []
    identity.person(email="ufficio@cofonda.example")
    assert [(one.role, one.name) for one in queries.demo_accounts()] == [("officer", "Marta Colombo")]
