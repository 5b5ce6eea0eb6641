"""The pages of a group and of its body, and the office's pages, walked as people walk them."""

import re

import pytest

from app.groups import queries
from app.groups.rules import ItemKind
from tests.make import groups, identity

KINDS = [kind.value for kind in ItemKind]


def said(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\xa0", " ").replace("&#39;", "’")


def url(group, path=""):
    return f"/it/groups/{group.ref}{path}"


@pytest.fixture
def member(client, sign_in):
    """Sign one of the group's people in."""

    def enter(group, number=0):
        sign_in(client, groups.members(group)[number])
        return client

    return enter


@pytest.fixture
def officer(client, sign_in):
    """Sign an officer in."""

    def enter():
        sign_in(client, identity.person(roles=["officer"]))
        return client

    return enter


def informal(app):
    return groups.group()


def constituting(app):
    made = groups.group()
    groups.constitution(made)
    return made


def sent(app):
    made = constituting(app)
    groups.sent_entity(made)
    return made


def verified(app):
    made = constituting(app)
    groups.verified_entity(made)
    return made


@pytest.mark.parametrize("build", [constituting, sent, verified])
def test_every_page_opens_in_every_state(build, app, member, client, sign_in):
    made = build(app)
    browser = member(made)
    pages = ["", "/body", *(f"/body/{kind}" for kind in KINDS)]
    for page in pages:
        assert browser.get(url(made, page)).status_code == 200, page
    for page in ("/it/groups", "/it/groups/new", "/en/groups"):
        assert browser.get(page).status_code == 200, page
    sign_in(client, identity.person(roles=["officer"]))
    entity = queries.entity_of(made.id)
    for page in ("/it/groups/verify", f"/it/groups/verify/{entity.ref}"):
        assert client.get(page).status_code == 200, page


def test_an_informal_group_has_no_list_before_it_has_won(app, member):
    made = informal(app)
    browser = member(made)
    assert "Fino ad allora qui non c’è niente da fare" in said(browser.get(url(made, "/body")))
    assert browser.get(url(made, "/body/iban")).status_code == 404
    assert browser.post(url(made, "/body")).status_code == 409
