"""From the promise to the money, over the provider's sandbox and a real database."""

from app.core.money import ZERO, euros
from app.ledger import queries as ledger
from app.outbox import queries as outbox
from app.pledges import queries
from app.pledges.rules import State
from tests.make import campaigns, pledges


def test_a_stored_card_makes_the_promise_stand(sandbox):
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 50, email="Lucia@Example.org")
    assert pledge.state is State.ACTIVE
    assert pledge.email == "lucia@example.org"
    assert (pledge.card_brand, pledge.card_last4) == ("visa", "4242")
    assert ledger.balance("promises", f"campaign:{campaign.id}", "promised") == euros("50")
    found = queries.totals(campaign.id)
    assert (found.promised, found.counted, found.donors, found.collected) == (euros("50"), euros("50"), 1, ZERO)
    assert [mail.template for mail in outbox.latest(9, recipient="lucia@example.org")] == ["pledges/promised"]
