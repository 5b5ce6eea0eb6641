"""A call is drafted, published once with its terms frozen, and closed at its deadline."""

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from app.calls import queries, service
from app.calls.rules import Criterion, ProposerKind, Section, State, Terms, canonical
from app.core.crypto import sha256_hex
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, Missing
from app.core.money import euros
from app.core.together import together
from app.matching import queries as matching
from app.programmes import service as programmes_service
from tests.make import calls, programmes
from tests.make.calls import CRITERIA, terms

START = date(2026, 3, 2)


def test_publishing_freezes_the_terms_with_their_hash_and_gives_the_call_its_envelope(app, clock):
    call = calls.open_call(envelope=euros("180000"))
    frozen = queries.current_terms(call)
    assert (call.state, frozen.version) == (State.OPEN, 1)
    assert frozen.terms == terms()
    assert frozen.sha256 == sha256_hex(canonical(frozen.body))
    assert matching.available(call.id) == euros("180000")
    assert all(check.holds for check in queries.checks())


def test_terms_survive_their_frozen_form():
    whole = terms(zones=(79, 14), proposer_kinds=(ProposerKind.INFORMAL,), gift_min=euros("5"))
    assert Terms.from_dict(whole.to_dict()) == whole


def test_a_call_is_published_only_once(app, clock):
    call = calls.open_call()
    with pytest.raises(Conflict), transaction():
        service.publish(call, by=None, now=clock.now())
    assert len(call.versions) == 1


def test_a_draft_with_a_missing_part_is_not_published(app, clock):
    call = calls.draft_call()
    with transaction():
        call.draft = {name: data for name, data in call.draft.items() if name != "criteria"}
    assert queries.readiness(call).sections == {Section.CRITERIA}
    with pytest.raises(Conflict), transaction():
        service.publish(call, by=None, now=clock.now())


def test_a_call_above_the_released_money_is_refused_and_stays_a_draft(app, clock):
    source = programmes.source(released=euros("100000"))
    call = calls.draft_call(source=source, envelope=euros("100000.01"))
    with pytest.raises(Invalid) as refused, transaction():
        service.publish(call, by=None, now=clock.now())
    assert refused.value.errors["envelope"].params["who"] == source.programme.responsible_name
    db.session.expire_all()
    assert queries.by_ref(call.ref).state is State.DRAFT
    assert matching.fund_of(call.id) is None


def test_a_fund_below_the_smallest_project_is_refused(app, clock):
    call = calls.draft_call(envelope=euros("1199.99"))
    with pytest.raises(Invalid) as refused, transaction():
        service.publish(call, by=None, now=clock.now())
    assert refused.value.errors["envelope"].params["least"] == euros("1200")


@pytest.mark.parametrize(
    ("section", "change", "field"),
    [
        (Section.CRITERIA, {"criteria": [{**vars(one), "weight": 21} for one in CRITERIA]}, "criteria"),
        (Section.CRITERIA, {"criteria": []}, "criteria"),
        (Section.CRITERIA, {"score_min": 101}, "score_min"),
        (
            Section.TRANCHES,
            {"tranches": [{"kind": "advance", "bp": 5000}, {"kind": "balance", "bp": 4999}]},
            "tranches",
        ),
        (Section.TRANCHES, {"tranches": [{"kind": "advance", "bp": 10000}, {"kind": "balance", "bp": 0}]}, "tranches"),
        (Section.WHO, {"proposer_kinds": []}, "proposer_kinds"),
        (Section.WHO, {"budget_max": 100}, "budget_max"),
        (Section.TIMES, {"campaign_days": 6}, "campaign_days"),
        (Section.TIMES, {"last_charge_days": 59}, "last_charge_days"),
        (Section.GIFTS, {"gift_min": 49}, "gift_min"),
        (Section.MATCH, {"share_bp": 6001}, "share"),
    ],
)
def test_a_part_that_does_not_add_up_is_refused_at_its_field(app, clock, section, change, field):
    call = calls.draft_call()
    with pytest.raises(Invalid) as refused, transaction():
        service.fill(call, section, {**call.draft[section.value], **change}, by=None, now=clock.now())
    assert set(refused.value.errors) == {field}


def test_dates_run_forward(app, clock):
    with pytest.raises(Invalid) as refused:
        calls.draft_call(opens_at=clock.now() + timedelta(days=2), closes_at=clock.now() + timedelta(days=1))
    assert set(refused.value.errors) == {"closes_at"}
    with pytest.raises(Invalid):
        calls.draft_call("Altro", closes_at=clock.now())


def test_two_calls_of_one_name_have_two_addresses(app, clock):
    source = programmes.source()
    assert calls.draft_call("Bando di quartiere", source=source).slug == "bando-di-quartiere"
    assert calls.draft_call("Bando di quartiere", source=source).slug == "bando-di-quartiere-2"


def test_a_draft_is_invisible_to_the_public(app, clock):
    call = calls.draft_call()
    with pytest.raises(Missing):
        queries.by_slug(call.slug)


def test_a_call_takes_proposals_until_the_moment_before_its_deadline(app, clock, run_jobs):
    call = calls.open_call(closes_at=clock.now() + timedelta(hours=1))
    assert queries.is_open(call, clock.now())
    clock.move(seconds=3599)
    assert queries.is_open(call, clock.now())
    run_jobs("calls.close_due")
    assert queries.by_slug(call.slug).state is State.OPEN
    clock.move(seconds=1)
    assert not queries.is_open(call, clock.now())
    run_jobs("calls.close_due")
    run_jobs("calls.close_due")
    db.session.expire_all()
    assert queries.by_slug(call.slug).state is State.EVALUATING


def test_a_corrigendum_is_a_new_version_and_the_old_one_stays(app, clock):
    call = calls.open_call()
    first = queries.current_terms(call)
    later = call.closes_at + timedelta(days=10)
    with transaction():
        service.corrigendum(call, terms(campaign_days=45), later, reason="Più tempo.", by=None, now=clock.now())
    assert queries.terms_of(call).campaign_days == 45
    assert queries.terms(first.id).campaign_days == 60
    assert call.closes_at == later


def test_a_corrigendum_needs_a_reason_a_change_and_no_earlier_deadline(app, clock):
    call = calls.open_call()
    for given, field in (
        ((terms(score_min=50), call.closes_at, ""), "reason"),
        ((terms(), call.closes_at, "Nulla"), "reason"),
        ((terms(), call.closes_at - timedelta(days=1), "Prima"), "closes_at"),
    ):
        with pytest.raises(Invalid) as refused, transaction():
            service.corrigendum(call, given[0], given[1], reason=given[2], by=None, now=clock.now())
        assert set(refused.value.errors) == {field}


def test_the_database_keeps_frozen_terms_from_everybody(app, clock, database):
    call = calls.open_call()
    statements = (
        "update calls_terms set sha256 = repeat('0', 64)",
        "update calls_terms set body = '{}'",
        "delete from calls_terms",
        "truncate calls_terms cascade",
    )
    for url in (database.app_url(), database.owner_url()):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
            for statement in statements:
                with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege)):
                    other.execute(statement)
    assert queries.terms_of(call) == terms()


@pytest.mark.parametrize(
    "change",
    [
        "envelope = envelope + 1",
        "closes_at = closes_at - interval '1 second'",
        "opens_at = opens_at - interval '1 second'",
        "state = 'draft'",
        "published_at = null",
        "slug = 'other'",
    ],
)
def test_the_database_keeps_a_published_calls_fund_and_dates(app, clock, database, change):
    calls.open_call()
    with database.connect() as other, pytest.raises(psycopg.errors.CheckViolation):
        other.execute(f"update calls_call set {change}")  # noqa: S608 - the changes are written above


def test_a_draft_can_be_thrown_away_and_a_published_call_cannot(app, clock):
    source = programmes.source()
    draft, published = calls.draft_call("Uno", source=source), calls.open_call("Due", source=source)
    with transaction():
        service.discard(draft, by=None, now=clock.now())
    with pytest.raises(Missing):
        queries.by_ref(draft.ref)
    with pytest.raises(Conflict), transaction():
        service.discard(published, by=None, now=clock.now())


def test_criteria_speak_two_languages():
    one = Criterion("need", "Bisogno", "Need", 100)
    assert (one.name("it"), one.name("en")) == ("Bisogno", "Need")
    assert replace(one, weight=1).weight == 1


def test_the_desk_says_what_a_draft_needs_and_from_whom(app, clock):
    source = programmes.source(released=euros("1000"))
    call = calls.draft_call(source=source)

    def todo(role):
        return [(line.what, line.state) for line in together(queries.todo(1, frozenset({role}), clock.now()))]

    assert todo("officer") == [("Waiting for money to be released", "wait")]
    assert todo("responsible") == [("Release money for the call", "todo")]
    with transaction():
        programmes_service.release(source, amount=euros("200000"), act="DD 9/2026", on=START, by=None, now=clock.now())
    assert todo("officer") == [("Publish the call", "now")]
    assert todo("responsible") == []
    with transaction():
        call.draft = {}
    assert todo("officer") == [("Finish the draft of the call", "todo")]
    assert todo("finance") == []
