"""The pages of a proposal, walked as people walk them."""

import re

import pytest

from app.core.db import db
from app.proposals import queries
from tests.make import groups, identity, proposals

LIVE_PAGES = (
    "",
    "/idea",
    "/place",
    "/story",
    "/budget",
    "/milestones",
    "/impact",
    "/people",
    "/review",
    "/sign",
    "/withdraw",
    "/download",
)


def url(proposal, path=""):
    return f"/it/proposals/{proposal.ref}{path}"


@pytest.fixture
def member(client, sign_in):
    """Sign a proposal's first person in."""

    def enter(proposal, number=0):
        sign_in(client, queries.members(proposal)[number])
        return client

    return enter


def said(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\xa0", " ")


@pytest.mark.parametrize(
    "build", [proposals.started, proposals.written, proposals.signed, proposals.submitted, proposals.admissible]
)
def test_every_page_opens_in_every_state(build, member):
    proposal = build()
    browser = member(proposal)
    for page in LIVE_PAGES:
        answer = browser.get(url(proposal, page), follow_redirects=True)
        assert answer.status_code == 200, page


def test_who_is_not_of_the_group_finds_nothing(member, client, sign_in):
    proposal = proposals.signed()
    stranger = identity.person(roles=["evaluator"])
    other = proposals.started(groups.group("Altro gruppo"), call=queries.call(proposal))
    for person in (stranger, queries.members(other)[0]):
        sign_in(client, person)
        for page in LIVE_PAGES:
            assert client.get(url(proposal, page)).status_code == 404, page
        for page in ("/idea", "/invite", "/picture/remove", "/sign", "/sign/code", "/submit", "/withdraw"):
            assert client.post(url(proposal, page), data={"sure": "yes"}).status_code == 404, page
        assert client.get(f"/it/proposals/dossier/{proposal.ref}").status_code == 403
        assert client.post(f"/it/proposals/groups/{queries.group(proposal).ref}/leave").status_code == 404
    db.session.refresh(proposal)
    assert proposal.state == "signing"


def test_a_visitor_is_asked_to_sign_in(client):
    proposal = proposals.started()
    answer = client.get(url(proposal))
    assert answer.status_code == 303
    assert "/sign-in?next=" in answer.location
