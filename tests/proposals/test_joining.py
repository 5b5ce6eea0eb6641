"""Joining by the link in a mail: registering on the way, coming back, and every way in which it must not work."""

import re

import pytest

from app.core.db import db, transaction
from app.groups import queries as groups_queries
from app.identity import queries as people
from app.outbox import queries as outbox
from app.proposals import queries
from tests.make import calls, groups, identity, proposals


def said(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\xa0", " ")


@pytest.fixture
def invited(app):
    """A group of two that writes a proposal, and the link sent to a third address."""
    group = groups.group(people=2)
    proposal = proposals.started(group)
    token = groups.invite(group, "carla@example.org", by=groups.members(group)[0])
    return group, proposal, f"/it/proposals/join/{token}"


def test_who_has_no_account_registers_confirms_and_is_back_at_the_invitation(invited, client):
    group, proposal, link = invited
    page = client.get(link)
    assert "Per entrare serve un account con l’indirizzo carla@example.org" in said(page)
    register = re.search(r'href="([^"]*/register\?next=[^"]*)"', page.text)[1]
    assert f'value="{link}"' in client.get(register).text
    form = {
        "name": "Carla Mapelli",
        "email": "carla@example.org",
        "password": identity.PASSWORD,
        "born_on": "1988-05-17",
        "tax_code": identity.tax_code(),
        "next": link,
    }
    assert client.post("/it/register", data=form).status_code == 303
    confirm = outbox.links_of(outbox.latest(1, recipient="carla@example.org")[0])[0][1].removeprefix("http://localhost")
    answer = client.post(confirm, data={"password": identity.PASSWORD})
    assert answer.location == link
    assert client.post(link).location == f"/it/proposals/{proposal.ref}"
    carla = people.by_email("carla@example.org")
    assert groups_queries.is_member(group.id, carla.id)
    assert queries.is_participant(proposal.id, carla.id)
    assert client.get(f"/it/proposals/{proposal.ref}").status_code == 200


def test_an_address_of_another_site_is_not_gone_on_to(client, app):
    for evil in ("//evil.example/x", "https://evil.example/x", "/\\evil.example"):
        assert 'name="next" value=""' in client.get("/it/register", query_string={"next": evil}).text


def test_only_the_address_that_was_written_to_can_join(invited, client, sign_in):
    group, _, link = invited
    stranger = identity.person(email="dario@example.org")
    sign_in(client, stranger)
    assert "L’invito è per carla@example.org, tu sei dario@example.org" in said(client.get(link))
    assert client.post(link).status_code == 403
    assert not groups_queries.is_member(group.id, stranger.id)


def test_an_invitation_is_good_once_for_a_fortnight_and_until_it_is_taken_back(invited, client, sign_in, clock):
    group, proposal, link = invited
    carla = identity.person("Carla Mapelli", email="carla@example.org")
    sign_in(client, carla)
    clock.move(days=14)
    sign_in(client, carla)
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    token = groups.invite(group, "carla@example.org", by=groups.members(group)[0])
    assert client.get(link).status_code == 410, "the first letter's link is dead once a second one is sent"
    fresh = f"/it/proposals/join/{token}"
    assert client.post(fresh).status_code == 303
    assert client.post(fresh).status_code == 303, "a second click finds her inside"
    assert len(queries.members(proposal)) == 3
    assert client.get("/it/proposals/join/nothing-like-it").status_code == 404


def test_without_the_link_the_invitation_waits_in_my_groups(invited, client, sign_in):
    group, proposal, _ = invited
    carla = identity.person(email="carla@example.org")
    sign_in(client, carla)
    assert group.name in client.get("/it/groups").text
    invitation = groups_queries.invitations(group.id)[0]
    assert client.post(f"/it/proposals/accept/{invitation.ref}").status_code == 303
    assert queries.is_participant(proposal.id, carla.id)


def test_nobody_accepts_an_invitation_that_was_not_sent_to_them(invited, client, sign_in):
    group, _, _ = invited
    stranger = identity.person()
    sign_in(client, stranger)
    assert client.post(f"/it/proposals/accept/{groups_queries.invitations(group.id)[0].ref}").status_code == 404
    assert not groups_queries.is_member(group.id, stranger.id)


def test_a_person_is_in_one_group_per_call_and_the_page_says_which(invited, client, sign_in):
    _, proposal, link = invited
    carla = identity.person(email="carla@example.org")
    other = groups.group("Semi di Dergano", people=[carla, identity.person()])
    proposals.started(other, call=queries.call(proposal), title="Orto di via Livigno")
    sign_in(client, carla)
    answer = client.post(link)
    assert answer.status_code == 409
    assert "Partecipi già a «Scuola dei Quartieri 2026» con il gruppo «Semi di Dergano»" in said(answer)
    assert not groups_queries.is_member(queries.group(proposal).id, carla.id), "nothing of it stays"


def test_the_same_person_may_be_in_another_group_for_another_call(invited, client, sign_in):
    *_, link = invited
    carla = identity.person(email="carla@example.org")
    other = groups.group("Semi di Dergano", people=[carla, identity.person()])
    proposals.started(other, call=calls.open_call("Bando delle periferie"))
    sign_in(client, carla)
    assert client.post(link).status_code == 303


def test_once_sent_nobody_joins_and_nobody_leaves(app, client, sign_in):
    group = groups.group(people=2)
    first, second = groups.members(group)
    token = groups.invite(group, "carla@example.org", by=first)
    proposal = proposals.submitted(group)
    sign_in(client, identity.person(email="carla@example.org"))
    answer = client.post(f"/it/proposals/join/{token}")
    assert answer.status_code == 409
    assert "nessuno può entrare nel gruppo" in said(answer)
    sign_in(client, second)
    assert client.post(f"/it/proposals/groups/{group.ref}/leave").status_code == 409
    assert client.post(f"/it/groups/{group.ref}/invite", data={"email": "x@example.org"}).status_code == 409
    assert [person.id for person in queries.members(proposal)] == [first.id, second.id]


def test_leaving_frees_the_place_and_takes_the_signatures_back(app, client, sign_in):
    group = groups.group(people=3)
    proposal = proposals.signed(group)
    *_, third = queries.members(proposal)
    sign_in(client, third)
    assert client.post(f"/it/proposals/groups/{group.ref}/leave").status_code == 303
    db.session.refresh(proposal)
    assert len(queries.members(proposal)) == 2
    assert not queries.signatures(proposal)
    assert client.get(f"/it/proposals/{proposal.ref}").status_code == 404
    proposals.started(groups.group("Altro", people=[third]), call=queries.call(proposal))


def test_the_last_person_cannot_leave(app, client, sign_in):
    group = groups.group(people=1)
    sign_in(client, groups.members(group)[0])
    assert client.post(f"/it/proposals/groups/{group.ref}/leave").status_code == 409


def test_the_database_itself_holds_one_group_per_call(app):
    import psycopg.errors
    from sqlalchemy.exc import IntegrityError

    from app.proposals.models import Participant

    proposal = proposals.started(groups.group(people=2))
    other = proposals.started(groups.group("Altro", people=1), call=queries.call(proposal), title="Altro")
    person = queries.members(proposal)[0]
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.add(
            Participant(
                call_id=proposal.call_id,
                tax_code_hash=person.tax_code_hash,
                person_id=person.id,
                proposal_id=other.id,
            )
        )
    assert isinstance(refused.value.orig, psycopg.errors.UniqueViolation)


@pytest.mark.parametrize(
    "email", ["", "carla", "carla@", "@example.org", "a b@example.org", "carla@example.org\nBcc: x@example.org"]
)
def test_an_address_that_is_none_gets_a_sentence_and_stays_in_the_field(app, client, sign_in, email):
    proposal = proposals.started(groups.group(people=1))
    sign_in(client, queries.members(proposal)[0])
    for page in (f"/it/proposals/{proposal.ref}/invite", f"/it/groups/{queries.group(proposal).ref}/invite"):
        answer = client.post(page, data={"email": email})
        assert answer.status_code == 422
        assert 'id="f-email-error"' in answer.text
    assert not groups_queries.invitations(proposal.group_id)


def test_too_many_invitations_in_an_hour_are_refused(app, client, sign_in):
    group = groups.group(people=1)
    sign_in(client, groups.members(group)[0])
    codes = [
        client.post(f"/it/groups/{group.ref}/invite", data={"email": f"p{number}@example.org"}).status_code
        for number in range(21)
    ]
    assert codes == [303] * 20 + [429]
