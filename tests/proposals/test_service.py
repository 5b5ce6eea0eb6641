"""From the first word to the decision, through the real verbs; and what the database refuses by itself."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.calls import queries as calls_queries
from app.calls.rules import ProposerKind
from app.core import clock as time
from app.core.crypto import sha256_hex
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.core.money import euros
from app.core.together import together
from app.groups import queries as groups_queries
from app.groups import service as groups_service
from app.journal import queries as journal
from app.outbox import queries as outbox
from app.proposals import queries, service
from app.proposals.models import Commitment, Proposal
from app.proposals.rules import Part, State, commitment_text, part_mark
from tests.make import calls, groups, identity, proposals


def first(proposal):
    return queries.members(proposal)[0]


def act(verb, proposal, **more):
    """One action of the proposal's first person."""
    by = more.pop("by", None) or first(proposal)
    with transaction():
        return verb(proposal, by=by, now=time.now(), **more)


def mails(person, template=None):
    found = outbox.latest(50, recipient=person.email)
    return [each for each in found if template is None or each.template == template]


# --- writing and signing ----------------------------------------------------------------------------------------------


def test_the_story_from_four_people_to_a_reference_number(app):
    group = groups.group(people=4)
    proposal = proposals.submitted(group, with_picture=True)
    assert proposal.state is State.SUBMITTED
    assert proposal.reference == "SDQ-2026-0001"
    assert proposal.total == euros("12000")
    assert proposal.submitted_at == time.now()
    db.session.refresh(group)
    assert group.frozen_at == time.now()
    for person in queries.members(proposal):
        assert "SDQ-2026-0001" in mails(person, "proposals/submitted")[0].subject
    acts = [entry.what for entry in journal.history(f"proposal:{proposal.id}")]
    assert acts[0] == "proposals.start"
    assert acts[-1] == "proposals.submit"
    assert acts.count("proposals.sign") == 4


def test_signing_opens_when_the_text_is_complete_and_closes_when_it_no_longer_is(app):
    proposal = proposals.written()
    assert proposal.state is State.SIGNING
    act(service.save_impact, proposal, impact="")
    assert proposal.state is State.DRAFT
    with pytest.raises(Conflict):
        act(service.ask_code, proposal)
    for person in queries.members(proposal):
        assert len(mails(person, "proposals/to_sign")) == 1


def test_a_signature_holds_words_their_hash_and_the_hash_of_the_text(app):
    proposal = proposals.written()
    person = first(proposal)
    proposals.sign(proposal, person)
    standing = queries.standing(proposal)
    mark = standing.signatures[person.id]
    assert mark.text == commitment_text(standing.undertaking(person))
    assert mark.text_sha256 == sha256_hex(mark.text)
    assert mark.proposal_sha256 == standing.fingerprint == proposal.text_sha256
    assert (mark.text_version, mark.name, mark.signed_at) == ("2026-1", person.name, time.now())
    with pytest.raises(Conflict):
        act(service.ask_code, proposal)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: act(
            service.save_impact, p, impact="Altro: quattrocento oggetti riparati ogni anno e trenta persone."
        ),
        lambda p: act(service.save_budget, p, total=euros("11999"), lines=[("Tutto", euros("11999"))]),
        lambda p: act(service.save_story, p, story=proposals.STORY + "\nE la festa."),
        lambda p: act(service.save_people, p, name="Officina", about="Siamo vicini di casa da dieci anni."),
        lambda p: (
            proposals.groups.invite(queries.group(p), "z@example.org", by=first(p))
            and act(service.save_idea, p, title="Altro nome", summary=p.summary, theme=p.theme)
        ),
    ],
)
def test_any_change_takes_all_signatures_back_and_asks_all_to_sign_again(app, change):
    proposal = proposals.signed()
    change(proposal)
    assert not queries.signatures(proposal)
    for person in queries.members(proposal):
        assert len(mails(person, "proposals/sign_again")) == 1
    with pytest.raises(Conflict):
        act(service.submit, proposal)
    kept = db.session.scalars(db.select(Commitment).where(Commitment.proposal_id == proposal.id)).all()
    assert len(kept) == 2
    assert all(each.voided_at == time.now() for each in kept)
    for person in queries.members(proposal):
        proposals.sign(proposal, person)
    act(service.submit, proposal)
    assert proposal.state is State.SUBMITTED


def test_saving_the_same_words_again_keeps_the_signatures(app):
    proposal = proposals.signed()
    act(service.save_story, proposal, story=proposal.story)
    act(service.save_budget, proposal, total=proposal.total, lines=proposals.LINES)
    assert len(queries.signatures(proposal)) == 2


def test_a_member_who_joins_late_takes_the_signatures_back_and_signs_too(app):
    proposal = proposals.signed(groups.group(people=2))
    newcomer = identity.person()
    token = groups.invite(queries.group(proposal), newcomer.email, by=first(proposal))
    with transaction():
        service.join(token, by=newcomer, now=time.now())
    assert not queries.signatures(proposal)
    for person in queries.members(proposal):
        proposals.sign(proposal, person)
    act(service.submit, proposal, by=newcomer)
    assert proposal.state is State.SUBMITTED


def test_wrong_old_and_foreign_codes_do_not_sign(app, clock):
    proposal = proposals.written()
    person, other = queries.members(proposal)[:2]
    act(service.ask_code, proposal)
    code = identity.code_in(mails(person)[0])
    seen = queries.standing(proposal).fingerprint
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for bad in (wrong, "", "abcdef", "１２３４５６"):
        with pytest.raises(Invalid):
            act(service.sign, proposal, code=bad, seen=seen)
    with pytest.raises(Invalid):
        act(service.sign, proposal, code=code, seen=seen, by=other)
    with pytest.raises(Conflict):
        act(service.sign, proposal, code=code, seen="0" * 64)
    clock.move(minutes=15)
    with pytest.raises(Invalid):
        act(service.sign, proposal, code=code, seen=seen)
    assert not queries.signatures(proposal)


def test_a_code_is_good_for_the_text_it_was_asked_for_and_no_other(app):
    proposal = proposals.written()
    person = first(proposal)
    act(service.ask_code, proposal)
    code = identity.code_in(mails(person, "identity/code")[0])
    act(service.save_impact, proposal, impact="Altro: quattrocento oggetti riparati ogni anno e trenta persone.")
    with pytest.raises(Invalid):
        act(service.sign, proposal, code=code, seen=queries.standing(proposal).fingerprint)


def test_a_code_signs_once(app):
    proposal = proposals.written()
    act(service.ask_code, proposal)
    code, seen = identity.code_in(mails(first(proposal))[0]), queries.standing(proposal).fingerprint
    act(service.sign, proposal, code=code, seen=seen)
    with pytest.raises(Conflict):
        act(service.sign, proposal, code=code, seen=seen)
    assert len(queries.signatures(proposal)) == 1


def test_two_people_on_one_part_lose_nothing(app):
    proposal = proposals.written()
    mine, theirs = queries.members(proposal)[:2]
    seen = part_mark(queries.draft(proposal), Part.IMPACT)
    act(service.save_impact, proposal, impact="Da lei: quattrocento oggetti riparati ogni anno.", by=theirs, seen=seen)
    with pytest.raises(Conflict) as refused:
        act(service.save_impact, proposal, impact="Da me: cinquecento oggetti riparati ogni anno.", by=mine, seen=seen)
    assert refused.value.params["name"] == theirs.name
    act(service.save_story, proposal, story=proposals.STORY, seen=part_mark(queries.draft(proposal), Part.STORY))


# --- sending ----------------------------------------------------------------------------------------------------------


def test_it_is_sent_until_the_last_second_and_not_at_the_deadline(app, clock):
    call = calls.open_call()
    early = proposals.signed(groups.group(), call=call)
    late = proposals.signed(groups.group("Tardi"), call=call, title="Tardi")
    end = queries.closes_at(early)
    clock.at(end - timedelta(microseconds=1))
    act(service.submit, early)
    clock.at(end)
    with pytest.raises(Conflict) as refused:
        act(service.submit, late)
    assert refused.value.message.startswith("The call closed on")
    assert late.state is State.SIGNING
    assert late.reference is None
    act(service.save_impact, late, impact="Anche dopo la chiusura la bozza si può ancora correggere e scaricare.")
    with pytest.raises(Conflict):
        act(service.ask_code, late)


def test_it_is_not_sent_before_everybody_has_signed(app):
    proposal = proposals.written()
    *most, last = queries.members(proposal)
    for person in most:
        proposals.sign(proposal, person)
    with pytest.raises(Conflict) as refused:
        act(service.submit, proposal)
    assert refused.value.params["names"] == last.name


def test_sent_twice_it_keeps_its_one_reference(app):
    proposal = proposals.signed()
    act(service.submit, proposal)
    act(service.submit, proposal, by=queries.members(proposal)[1])
    assert proposal.reference == "SDQ-2026-0001"
    assert len(mails(first(proposal), "proposals/submitted")) == 1
    other = proposals.submitted(groups.group("Altro", people=2), call=queries.call(proposal), title="Altro")
    assert other.reference == "SDQ-2026-0002"


def test_two_clicks_at_once_make_one_reference(app):
    proposal = proposals.signed()
    numbers, people = [], [person.id for person in queries.members(proposal)[:2]]
    ref = proposal.ref
    db.session.commit()
    gate = threading.Barrier(2)

    def click(person_id):
        from app.identity.models import Person

        with app.app_context():
            found, by = queries.by_ref(ref), db.session.get(Person, person_id)
            gate.wait()
            with transaction():
                numbers.append(service.submit(found, by=by, now=time.now()).reference)
            db.session.remove()

    threads = [threading.Thread(target=click, args=(each,)) for each in people]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert numbers == ["SDQ-2026-0001"] * 2


def test_withdrawn_it_frees_its_people_for_this_call(app):
    proposal = proposals.submitted(groups.group(people=2))
    people, group = queries.members(proposal), queries.group(proposal)
    act(service.withdraw, proposal)
    assert proposal.state is State.WITHDRAWN
    db.session.refresh(group)
    assert group.frozen_at is None
    again = proposals.submitted(group, call=queries.call(proposal), title="Da capo")
    assert again.reference == "SDQ-2026-0002"
    assert [person.id for person in queries.members(again)] == [person.id for person in people]
    assert all(mails(person, "proposals/withdrawn") for person in people)


@pytest.mark.parametrize("build", [proposals.submitted, proposals.admissible])
def test_what_was_sent_is_not_changed_by_any_verb(app, build):
    proposal = build()
    by = first(proposal)
    for verb, said in (
        (service.save_impact, {"impact": "x"}),
        (service.save_idea, {"title": "Altro", "summary": "x", "theme": "cura"}),
        (service.save_budget, {"total": euros("1"), "lines": []}),
        (service.save_milestones, {"milestones": []}),
        (service.save_people, {"name": "Altro", "about": "Altro"}),
        (service.drop_picture, {}),
        (service.ask_code, {}),
        (service.sign, {"code": "1", "seen": "x"}),
        (service.invite, {"email": "x@example.org"}),
    ):
        with pytest.raises(Conflict):
            act(verb, proposal, by=by, **said)
    with pytest.raises(Conflict), transaction():
        groups_service.describe(queries.group(proposal), name="Altro", about="Altro", by=by, now=time.now())


def test_a_group_has_one_proposal_per_call(app):
    proposal = proposals.started()
    with pytest.raises(Invalid) as refused:
        proposals.started(queries.group(proposal), call=queries.call(proposal), title="Un’altra")
    assert "group" in refused.value.errors


def test_only_open_calls_and_their_kinds_of_group(app, clock):
    call = calls.open_call(proposer_kinds=(ProposerKind.CONSTITUTED,))
    with pytest.raises(Invalid):
        proposals.started(groups.group(), call=call)
    proposals.started(groups.group("Ente", kind="constituted"), call=call)
    clock.at(calls_queries.whole(call).closes_at)
    with pytest.raises(Conflict):
        proposals.started(groups.group("Tardi", kind="constituted"), call=call)


def test_strangers_reach_no_verb(app):
    proposal, stranger = proposals.signed(), identity.person()
    for verb, said in (
        (service.save_impact, {"impact": "x"}),
        (service.ask_code, {}),
        (service.submit, {}),
        (service.withdraw, {}),
        (service.invite, {"email": "x@example.org"}),
    ):
        with pytest.raises(Missing):
            act(verb, proposal, by=stranger, **said)


# --- admissibility ----------------------------------------------------------------------------------------------------


def test_an_officer_decides_once_with_reasons_and_the_group_is_told(app):
    proposal, officer, other = (
        proposals.submitted(),
        identity.person(roles=["officer"]),
        identity.person(roles=["officer"]),
    )
    with pytest.raises(Invalid) as refused:
        act(service.check, proposal, by=officer, outcome="inadmissible", reasons="  ", found={})
    assert "reasons" in refused.value.errors
    with pytest.raises(Invalid):
        act(service.check, proposal, by=officer, outcome="", reasons="x", found={})
    act(
        service.check,
        proposal,
        by=officer,
        outcome="inadmissible",
        reasons="Il luogo è fuori Milano.",
        found={"zone": False},
    )
    assert proposal.state is State.INADMISSIBLE
    assert queries.checked_by(proposal.id) == officer.id
    with pytest.raises(Conflict):
        act(service.check, proposal, by=other, outcome="admissible", reasons="", found={})
    mail = mails(first(proposal), "proposals/checked")[0]
    assert "Il luogo è fuori Milano." in mail.body
    with pytest.raises(Conflict):
        act(service.withdraw, proposal)


def test_a_group_that_was_not_admitted_is_free_for_the_next_call(app):
    officer = identity.person(roles=["officer"])
    proposal = proposals.submitted()
    found = {each.key: each.holds for each in queries.findings(queries.standing(proposal))}
    act(service.check, proposal, by=officer, outcome="inadmissible", reasons="Il luogo è fuori Milano.", found=found)
    group = queries.group(proposal)
    assert group.frozen_at is None
    act(groups_service.describe, group, by=first(proposal), name="Altro nome", about="Siamo vicini di casa da anni.")
    assert all(each.holds for each in queries.findings(queries.standing(proposal), queries.check_of(proposal))), (
        "the dossier shows what was found then"
    )
    again = proposals.submitted(group, call=calls.open_call("Bando di primavera"), title="Da capo")
    assert again.reference == "BDP-2026-0001"


def test_nobody_checks_their_own_proposal(app):
    officer = identity.person(roles=["officer"])
    proposal = proposals.submitted(groups.group(people=[officer, identity.person()]))
    with pytest.raises(Forbidden):
        act(service.check, proposal, by=officer, outcome="admissible", reasons="", found={})


def test_the_machine_finds_what_the_office_must_look_at(app):
    found = {each.key: each.holds for each in queries.findings(queries.standing(proposals.submitted()))}
    assert found == dict.fromkeys(found, True)
    body = proposals.submitted(groups.group("Ente", kind="constituted"), title="Ente")
    found = {each.key: each.holds for each in queries.findings(queries.standing(body))}
    assert found.pop("body") is False
    assert all(found.values())


# --- what the database refuses by itself ------------------------------------------------------------------------------


def refused_by(constraint, statement, **values):
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement), values)
    assert refused.value.orig.diag.constraint_name == constraint


def test_the_database_keeps_what_was_sent(app):
    proposal = proposals.submitted()
    one = {"id": proposal.id}
    refused_by("proposals_sent_unchanged", "update proposals_proposal set total = total + 1 where id = :id", **one)
    refused_by("proposals_sent_unchanged", "update proposals_proposal set story = 'x' where id = :id", **one)
    refused_by("proposals_sent_unchanged", "update proposals_line set amount = 1 where proposal_id = :id", **one)
    refused_by("proposals_sent_unchanged", "delete from proposals_milestone where proposal_id = :id", **one)
    refused_by("proposals_people_frozen", "delete from proposals_participant where proposal_id = :id", **one)
    refused_by("proposals_signature_kept", "delete from proposals_commitment where proposal_id = :id", **one)
    refused_by(
        "proposals_signature_kept", "update proposals_commitment set signed_at = now() where proposal_id = :id", **one
    )


def test_the_database_sends_nothing_that_is_not_whole_and_signed(app):
    sending = (
        "update proposals_proposal set state = 'submitted', reference = 'X-1', slug = 'x', submitted_at = now(),"
        " text_sha256 = coalesce(text_sha256, 'x') where id = :id"
    )
    refused_by("proposals_all_signed", sending, id=proposals.written().id)
    refused_by("proposals_milestones", sending, id=proposals.started(groups.group("Vuota"), title="Vuota").id)
    other = proposals.signed(groups.group("Altra"), title="Altra")
    refused_by("proposals_all_signed", sending.replace("coalesce(text_sha256, 'x')", "'other'"), id=other.id)
    gap = proposals.written(groups.group("Storta"), title="Storta")
    act(service.save_budget, gap, total=euros("12000"), lines=[("Meno", euros("11999.99"))])
    refused_by("proposals_budget_adds_up", sending, id=gap.id)


def test_the_database_lets_nobody_decide_on_their_own_or_rewrite_a_decision(app):
    proposal = proposals.submitted()
    insert = (
        "insert into proposals_check (proposal_id, officer_id, outcome, reasons, found, checked_at)"
        " values (:id, :who, 'admissible', '', '{}', now())"
    )
    refused_by("proposals_checked_by_another", insert, id=proposal.id, who=first(proposal).id)
    done = proposals.admissible(groups.group("Altro", people=2), title="Altro")
    refused_by("proposals_check_kept", "update proposals_check set reasons = 'x' where proposal_id = :id", id=done.id)


# --- the desk ---------------------------------------------------------------------------------------------------------


def todo(person, *roles):
    return [(each.what, each.state) for each in together(queries.todo(person.id, frozenset(roles), time.now()))]


def test_the_desk_says_to_each_what_is_next(app, clock):
    proposal = proposals.started(groups.group(people=2))
    one, two = queries.members(proposal)
    assert todo(one) == [("Finish writing the proposal", "todo")]
    proposal = proposals.written(groups.group("Due", people=[one, two]), title="Secondo")
    proposals.sign(proposal, one)
    assert ("Waiting for the others’ signatures", "wait") in todo(one)
    assert ("Sign the commitment", "now") in todo(two)
    proposals.sign(proposal, two)
    assert ("Send the proposal", "now") in todo(two)
    act(service.submit, proposal)
    officer = identity.person(roles=["officer"])
    assert todo(officer, "officer") == [("Check whether the proposal is admissible", "now")]
    assert todo(officer) == []
    clock.move(days=40)
    assert todo(one) == [], "what can no longer be sent waits for nobody"


def test_a_withdrawn_group_of_a_draft_keeps_its_people(app):
    proposal = proposals.started(groups.group(people=2))
    act(service.withdraw, proposal)
    assert len(groups_queries.members(proposal.group_id)) == 2
    assert db.session.get(Proposal, proposal.id).title == proposal.title
