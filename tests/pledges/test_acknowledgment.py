"""The acknowledgment of a gift: only for money that was paid, and never a tax receipt."""

import pytest

from app.outbox import queries as outbox
from app.pledges.views import acknowledgment as paper
from tests.make import campaigns, pledges


@pytest.mark.usefixtures("sandbox")
def test_the_link_in_the_mail_opens_an_accessible_paper_that_says_what_it_is_not(client, clock, run_jobs, monkeypatch):
    campaign = campaigns.live_campaign()
    pledges.active_pledge(campaign, 50, email="dora@example.org", name="Dora")
    before = dict(outbox.links_of(outbox.latest(1, recipient="dora@example.org")[0]))
    (link,) = [url for url in before.values() if "/pledges/" in url]
    assert client.get(link.removeprefix("http://localhost") + "/acknowledgment.pdf").status_code == 404
    pledges.at_deadline(campaign, clock)
    entity = pledges.payee(campaign)
    pledges.collected(campaign, entity, run_jobs)
    (letter,) = [each for each in outbox.latest(recipient="dora@example.org") if each.template == "pledges/charged"]
    (url,) = [url for _, url in outbox.links_of(letter) if url.endswith("/acknowledgment.pdf")]
    seen = {}
    made = paper.gateway.acknowledgment_pdf

    def keep(facts, **given):
        seen.update(facts)
        return made(facts, **given)

    monkeypatch.setattr(paper.gateway, "acknowledgment_pdf", keep)
    for language in ("it", "en"):
        answer = client.get(url.removeprefix("http://localhost").replace("/it/", f"/{language}/", 1))
        assert answer.data.startswith(b"%PDF-")
        assert b"pdfuaid" in answer.data
        assert "no-store" in answer.headers["Cache-Control"]
    assert seen["amount"] == "€50.00"
    assert "not a tax receipt" in " ".join(seen["paper"])
    assert "no tax receipt is possible" in seen["tax"], "the body of this test is in no register"
