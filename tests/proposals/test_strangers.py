"""Every address of groups and proposals, tried by people who have no business there: the map itself names them."""

from app.core.db import db
from app.groups import queries as groups_queries
from app.proposals import queries
from tests.make import groups, identity, proposals


def addresses(app, **values):
    """(endpoint, method, address) of every page of the two rooms that names a thing."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        room = rule.endpoint.partition(".")[0]
        if room not in ("groups", "proposals") or "ref" not in rule.arguments:
            continue
        staff = app.view_functions[rule.endpoint].gate.startswith("role:")
        thing = values["entity"] if staff and room == "groups" else values[room]
        if rule.endpoint == "proposals.leave":
            thing = values["groups"]
        given = {"lang": "it", "ref": thing, "kind": "iban", "part": "idea", "invitation": "inv_x"}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(
                rule.endpoint,
                {name: given[name] for name in rule.arguments},
                method=next(iter(rule.methods - {"HEAD", "OPTIONS"})),
            )
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield rule.endpoint, method, address, staff


def test_a_stranger_a_member_of_another_group_and_the_wrong_roles_get_nothing(app, client, sign_in):
    group = groups.group(people=2)
    proposal = proposals.submitted(group)
    groups.constitution(group)
    entity = groups.sent_entity(group)
    db.session.commit()
    found = list(addresses(app, groups=group.ref, proposals=proposal.ref, entity=entity.ref))
    assert len(found) > 30
    other = proposals.started(groups.group("Altri", people=1), call=queries.call(proposal), title="Altra proposta")
    strangers = [
        (queries.members(other)[0], 403),
        (identity.person(roles=["evaluator", "finance", "administrator"]), 403),
        (identity.person(roles=["officer"]), None),
    ]
    for person, on_staff_pages in strangers:
        sign_in(client, person)
        for endpoint, method, address, staff in found:
            if staff and on_staff_pages is None:
                continue
            status = client.open(address, method=method, data={"sure": "yes", "act": "accept"}).status_code
            assert status == (on_staff_pages if staff else 404), f"{endpoint} {method} {address}"
    visitor = app.test_client()
    for endpoint, method, address, _ in found:
        assert visitor.open(address, method=method).status_code in (303, 403), f"{endpoint} {method}"
    db.session.refresh(proposal)
    assert proposal.state == "submitted"
    assert groups_queries.members_count(group.id) == 2
    assert not groups_queries.is_payable(entity.id)
