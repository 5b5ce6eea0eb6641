"""One project on one page: whoever may act on it finds the way from there."""

from app.groups import queries as groups
from app.proposals import queries as proposals
from tests.make import campaigns, identity, settlement


def test_the_group_goes_on_from_its_project_to_its_next_page(client, app, sign_in, sandbox, run_jobs):
    campaign = settlement.campaign()
    ref, group = proposals.proposal(campaign.proposal_id).ref, groups.group(campaign.group_id)
    first = groups.members(group.id)[0]
    page, news = f"/it/desk/projects/{ref}", f"/it/projects/prepare/{campaign.ref}/news"
    own = sign_in(client, first)
    assert news in own.get(page).text
    assert own.get(news).status_code == 200
    assert f"/it/groups/{group.ref}/body" not in own.get(page).text
    settlement.promised(campaign, ("4000", "800"))
    settlement.closed(campaign, run_jobs)
    own = sign_in(app.test_client(), first)  # two months later
    steps = f"/it/groups/{group.ref}/body"
    assert steps in own.get(page).text
    assert own.get(steps).status_code == 200
    officer = sign_in(app.test_client(), identity.person(roles=["officer"]))
    assert news not in officer.get(page).text


def test_a_group_that_prepares_its_page_goes_there_from_its_project(client, sign_in):
    campaign = campaigns.prepared()
    ref = proposals.proposal(campaign.proposal_id).ref
    own = sign_in(client, groups.members(campaign.group_id)[0])
    assert f"/it/projects/prepare/{campaign.ref}" in own.get(f"/it/desk/projects/{ref}").text
