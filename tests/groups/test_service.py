"""Groups and their bodies through the real verbs: the constitution's time, the seven items, and who is payable when."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import clock as time
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.core.together import together
from app.groups import queries, service
from app.groups.rules import EntityState, ItemKind, ItemState, Outcome
from app.outbox import queries as outbox
from tests.make import groups, identity, territory


def do(verb, *things, by, **more):
    """One action."""
    with transaction():
        return verb(*things, by=by, now=time.now(), **more)


def mails(person, template):
    return [each for each in outbox.latest(100, recipient=person.email) if each.template == template]


def to_check(officer):
    return [line.what for line in together(queries.todo(officer.id, frozenset({"officer"}), time.now()))]


def first(group):
    return groups.members(group)[0]


@pytest.fixture
def officer(app):
    return identity.person(roles=["officer"])


# --- people -----------------------------------------------------------------------------------------------------------


def test_four_citizens_form_a_group_in_dergano(app):
    made = groups.group(people=4)
    assert queries.zone_of(made).name == "Dergano"
    assert [queries.is_member(made.id, person.id) for person in groups.members(made)] == [True] * 4
    assert made.slug == "officina-di-ringhiera"
    assert groups.group().slug == "officina-di-ringhiera-2"


@pytest.mark.parametrize("name", ["", " ", "x", "x" * 121])
def test_a_group_has_a_name(app, name):
    person, zone = identity.person(), territory.zone(79)
    with pytest.raises(Invalid):
        do(service.form, name, zone, by=person)


def test_only_members_invite_and_nobody_twice(app):
    made = groups.group(people=2)
    one, two = groups.members(made)
    with pytest.raises(Missing):
        do(service.invite, made, "x@example.org", by=identity.person(), language="it")
    with pytest.raises(Invalid):
        do(service.invite, made, two.email.upper(), by=one, language="it")
    groups.invite(made, "x@example.org", by=one)
    groups.invite(made, "X@example.org", by=two)
    assert [each.email for each in queries.invitations(made.id)] == ["x@example.org"]


def test_frozen_people_stay_as_they_are_and_the_database_says_so_too(app):
    made = groups.group(people=2)
    one, two = groups.members(made)
    do(service.freeze, made, by=None)
    for verb, more in (
        (service.leave, {}),
        (service.invite, {"email": "x@example.org", "language": "it"}),
        (service.describe, {"name": "Altro", "about": ""}),
    ):
        with pytest.raises(Conflict):
            do(verb, made, by=two, **more)
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text("update groups_member set left_at = now() where person_id = :id"), {"id": one.id})
    assert refused.value.orig.diag.constraint_name == "groups_member_frozen"
    do(service.thaw, made, by=None)
    do(service.leave, made, by=two)
    assert [person.id for person in queries.members(made.id)] == [one.id]


# --- time to form the body --------------------------------------------------------------------------------------------


def test_the_time_opens_once_with_a_letter_to_everybody(app):
    made = groups.group(people=3)
    one = groups.constitution(made)
    assert groups.constitution(made).id == one.id
    assert one.ends_at == time.now() + timedelta(days=30)
    for person in groups.members(made):
        assert len(mails(person, "groups/constitution_opened")) == 1
    assert {item.state for item in queries.items(queries.entity_of(made.id).id).values()} == {ItemState.MISSING}
    with pytest.raises(Conflict):
        groups.constitution(made, subject="campaign:2")


def test_reminders_go_out_once_each_on_their_days(app, clock, run_jobs):
    made = groups.group(people=2)
    groups.constitution(made)
    seen = []
    for _ in range(31 * 2):
        run_jobs("groups.remind")
        run_jobs("groups.remind")
        seen.append(len(mails(first(made), "groups/reminder")))
        clock.move(hours=12)
    days = [next(i for i, count in enumerate(seen) if count == wanted) // 2 for wanted in (1, 2, 3)]
    assert days == [16, 23, 29], "14, 7 and 1 days before the end; the first letter was the one 30 days before"
    assert seen[-1] == 3


def test_a_worker_that_slept_sends_one_reminder_and_not_all_of_them(app, clock, run_jobs):
    made = groups.group(people=1)
    groups.constitution(made)
    clock.move(days=25)
    run_jobs("groups.remind")
    assert len(mails(first(made), "groups/reminder")) == 1
    assert "Mancano 5 giorni" in mails(first(made), "groups/reminder")[0].subject


def test_one_extension_by_an_officer_with_a_reason(app, clock, officer, run_jobs):
    made = groups.group(people=1)
    constitution = groups.constitution(made)
    clock.move(days=28)
    bad = ((17, "Lo studio notarile è chiuso.", "days"), (0, "Lo studio è chiuso.", "days"), (5, "boh", "reason"))
    for days, reason, field in bad:
        with pytest.raises(Invalid) as refused:
            do(service.extend, constitution, days, reason, by=officer)
        assert list(refused.value.errors) == [field]
    do(service.extend, constitution, 16, "L’Agenzia delle Entrate ha dato appuntamento tardi.", by=officer)
    assert constitution.ends_at - constitution.due_at == timedelta(days=16)
    with pytest.raises(Conflict):
        do(service.extend, constitution, 1, "Ancora un giorno, per favore.", by=officer)
    assert "Agenzia delle Entrate" in mails(first(made), "groups/extended")[0].body
    run_jobs("groups.remind")
    assert mails(first(made), "groups/reminder") == [], "18 days are left"
    clock.move(days=5)
    run_jobs("groups.remind")
    assert len(mails(first(made), "groups/reminder")) == 1
    assert "prorogare" not in mails(first(made), "groups/reminder")[0].body, "there is no second extension to promise"


def test_a_group_that_lets_the_time_pass(app, clock, officer):
    made = groups.group(people=2)
    constitution = groups.constitution(made)
    entity = groups.sent_entity(made)
    assert to_check(officer) == ["Check the papers of a new body: %(waiting)d"]
    clock.at(constitution.ends_at - timedelta(seconds=1))
    with pytest.raises(Conflict), transaction():
        service.lapse(constitution, now=time.now())
    clock.at(constitution.ends_at)
    for _ in range(2):
        with transaction():
            service.lapse(constitution, now=time.now())
    assert constitution.outcome is Outcome.LAPSED
    assert len(mails(first(made), "groups/lapsed")) == 1
    with pytest.raises(Conflict):
        do(service.send_iban, entity, iban=groups.IBAN, by=first(made))
    assert to_check(officer) == [], "nothing of theirs waits for an officer any more"
    for kind in ItemKind:
        with pytest.raises(Conflict, match="The time to form this body is over"):
            do(service.accept_item, entity, kind, by=officer)
    with pytest.raises(Conflict):
        do(service.verify, entity, by=officer)
    with pytest.raises(Conflict):
        do(service.extend, constitution, 5, "Troppo tardi per questo.", by=officer)


# --- the seven items --------------------------------------------------------------------------------------------------


def test_the_way_from_missing_to_verified_and_payable(app, officer):
    made = groups.group()
    groups.constitution(made)
    entity = groups.sent_entity(made)
    assert not queries.is_payable(entity.id)
    with pytest.raises(Conflict):
        do(service.verify, entity, by=officer)
    for kind in ItemKind:
        do(service.accept_item, entity, kind, by=officer)
    assert queries.verified_entity(made.id) is None
    do(service.verify, entity, by=officer)
    do(service.verify, entity, by=officer)
    assert queries.verified_entity(made.id).id == entity.id
    assert queries.is_payable(entity.id)
    assert queries.constitution_of(made.id).outcome is Outcome.VERIFIED
    assert (entity.verified_by, entity.verified_at) == (officer.id, time.now())
    assert all(len(mails(person, "groups/verified")) == 1 for person in groups.members(made))


def test_an_item_sent_back_says_why_and_is_sent_again(app, officer):
    made = groups.group()
    entity = groups.sent_entity(made)
    with pytest.raises(Invalid):
        do(service.return_item, entity, ItemKind.DEED, "no", by=officer)
    do(service.return_item, entity, ItemKind.DEED, "Manca la firma di Paola.", by=officer)
    item = queries.items(entity.id)[ItemKind.DEED]
    assert (item.state, item.reason, item.checked_by) == (ItemState.RETURNED, "Manca la firma di Paola.", officer.id)
    assert "Manca la firma di Paola." in mails(first(made), "groups/item_returned")[0].body
    with pytest.raises(Conflict):
        do(service.accept_item, entity, ItemKind.DEED, by=officer)
    do(service.send_document, entity, ItemKind.DEED, data=groups.PDF, filename="a.pdf", by=first(made))
    do(service.accept_item, entity, ItemKind.DEED, by=officer)


@pytest.mark.parametrize("form", ["aps", "odv", "cooperative", "foundation", "", "spa"])
def test_forms_that_four_people_cannot_take(app, form):
    made = groups.group()
    groups.constitution(made)
    entity = queries.entity_of(made.id)
    with pytest.raises(Invalid) as refused:
        do(service.send_name, entity, name="Officina", form=form, by=first(made))
    assert list(refused.value.errors) == ["form"]
    assert queries.items(entity.id)[ItemKind.NAME].state is ItemState.MISSING


def test_an_officer_of_the_group_checks_nothing_of_it(app):
    inside = identity.person(roles=["officer"])
    made = groups.group(people=[inside, identity.person()])
    entity = groups.sent_entity(made)
    for verb, more in (
        (service.accept_item, (ItemKind.IBAN,)),
        (service.return_item, (ItemKind.IBAN, "Non va bene così.")),
        (service.verify, ()),
    ):
        with pytest.raises(Forbidden):
            do(verb, entity, *more, by=inside)


def test_strangers_send_nothing(app):
    entity, stranger = groups.sent_entity(groups.group()), identity.person()
    for verb, more in (
        (service.send_iban, {"iban": groups.IBAN}),
        (service.send_name, {"name": "Mio", "form": "association"}),
        (service.send_representative, {"person_ref": stranger.ref}),
        (service.ask_account, {}),
    ):
        with pytest.raises(Missing):
            do(verb, entity, by=stranger, **more)


def test_the_representative_is_one_of_the_group(app):
    made = groups.group()
    entity = groups.sent_entity(made)
    with pytest.raises(Invalid):
        do(service.send_representative, entity, person_ref=identity.person().ref, by=first(made))


def test_a_new_iban_after_the_verification_stops_payments_until_it_is_verified_again(app, officer):
    made = groups.group()
    groups.constitution(made)
    entity = groups.verified_entity(made, officer=officer)
    do(service.send_iban, entity, iban=groups.IBAN, by=first(made))
    assert queries.is_payable(entity.id), "the same IBAN changes nothing"
    bban = "L1234512345123456789012"
    do(service.send_iban, entity, iban=f"IT{_check(bban)}{bban}", by=first(made))
    assert entity.state is EntityState.DRAFT
    assert not queries.is_payable(entity.id)
    with pytest.raises(Conflict):
        do(service.verify, entity, by=officer)
    do(service.accept_item, entity, ItemKind.IBAN, by=officer)
    do(service.verify, entity, by=officer)
    assert queries.is_payable(entity.id)


def _check(bban):
    digits = "".join(str(int(sign, 36)) for sign in bban + "IT00")
    return f"{98 - int(digits) % 97:02d}"


def test_an_account_that_the_provider_stops_stops_payments_and_comes_back(app, officer):
    made = groups.group()
    entity = groups.verified_entity(made, officer=officer)
    with transaction():
        service.account_read(entity, ready=False, needs=("representative.id",), now=time.now())
    assert entity.state is EntityState.VERIFIED
    assert not queries.is_payable(entity.id)
    with transaction():
        service.account_read(entity, ready=True, needs=(), now=time.now())
    assert queries.is_payable(entity.id)


def test_two_groups_cannot_have_the_same_verified_body(app, officer):
    code = groups.body_code(77)
    groups.verified_entity(groups.group(), tax_code=code)
    other = groups.group("Altro")
    with pytest.raises(Invalid) as refused:
        groups.sent_entity(other, tax_code=code)
    assert "tax_code" in refused.value.errors


def test_an_organisation_registers_at_any_time_and_in_any_form(app, officer):
    made = groups.group("Fondazione Dergano", people=1, kind="constituted")
    entity = groups.sent_entity(made)
    do(service.send_name, entity, name="Fondazione Dergano", form="foundation", by=first(made))
    for kind in ItemKind:
        do(service.accept_item, entity, kind, by=officer)
    do(service.verify, entity, by=officer)
    assert queries.is_payable(entity.id)


# --- what the database refuses by itself ------------------------------------------------------------------------------


def refused_by(constraint, statement, **values):
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement), values)
    assert refused.value.orig.diag.constraint_name == constraint


VERIFY = "update groups_legal_entity set state = 'verified', verified_at = now(), verified_by = :who where id = :id"


def test_the_database_verifies_no_body_whose_items_are_not_accepted(app, officer):
    made = groups.group()
    entity = groups.sent_entity(made)
    refused_by("groups_entity_items_accepted", VERIFY, id=entity.id, who=officer.id)
    for kind in ItemKind:
        do(service.accept_item, entity, kind, by=officer)
    refused_by("groups_entity_verified_by_another", VERIFY, id=entity.id, who=first(made).id)
    with transaction():
        service.account_read(entity, ready=False, needs=(), now=time.now())
    refused_by("groups_entity_account_ready", VERIFY, id=entity.id, who=officer.id)


def test_the_database_keeps_a_verified_body_as_it_was_verified(app):
    entity = groups.verified_entity(groups.group())
    refused_by(
        "groups_entity_verified_unchanged",
        "update groups_legal_entity set iban = 'DE89370400440532013000' where id = :id",
        id=entity.id,
    )
    refused_by(
        "groups_verified_items_stay_accepted",
        "update groups_item set state = 'sent' where entity_id = :id and kind = 'iban'",
        id=entity.id,
    )
    refused_by(
        "groups_verified_items_stay_accepted",
        "delete from groups_item where entity_id = :id and kind = 'iban'",
        id=entity.id,
    )


# --- the desk ---------------------------------------------------------------------------------------------------------


def todo(person, *roles):
    return [(each.what, each.state) for each in together(queries.todo(person.id, frozenset(roles), time.now()))]


def test_the_desk_says_to_each_what_is_next(app, clock, officer):
    made = groups.group(people=2)
    one = first(made)
    assert todo(one) == []
    groups.constitution(made)
    assert todo(one) == [("Form the association. Things missing: %(missing)d", "now")]
    entity = groups.sent_entity(made)
    assert todo(one) == [("The office is checking the association’s papers", "wait")]
    assert todo(officer, "officer") == [("Check the papers of a new body: %(waiting)d", "now")]
    do(service.return_item, entity, ItemKind.IBAN, "Non è intestato all’ente.", by=officer)
    assert todo(one) == [("Mend what the office sent back: %(returned)d", "now")]
    clock.move(days=31)
    assert todo(one)[0][1] == "late"
    do(service.send_iban, entity, iban=groups.IBAN, by=one)
    for kind in ItemKind:
        do(service.accept_item, entity, kind, by=officer)
    assert todo(officer, "officer") == [("Verify the association: every item is accepted", "now")]
    do(service.verify, entity, by=officer)
    assert todo(one) == todo(officer, "officer") == []


def test_the_desk_shows_an_invitation_to_whom_it_was_sent(app):
    made, guest = groups.group(people=1), identity.person()
    groups.invite(made, guest.email, by=first(made))
    assert todo(guest) == [("Answer the invitation", "now")]
