"""The house attacked from inside: one person in two roles, her own group's money, fields that nobody offered her."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock as time
from app.core.db import db, transaction
from app.core.errors import Forbidden
from app.evaluation import service as evaluation_verbs
from app.grants import queries as grants
from app.grants import service as grant_verbs
from app.identity import rules as identity_rules
from app.identity import service as identity
from app.matching import queries as matching
from app.outbox import queries as outbox
from app.proposals import queries as proposals
from tests.house.city import City
from tests.make.identity import PASSWORD

SignIn = Callable[[FlaskClient, Any], FlaskClient]
# What a request may always write: that somebody was there.
TRACES = ("identity_session", "identity_attempt", "journal_", "alembic_version", "procrastinate_")
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"


def standing() -> dict[str, str]:
    """A fingerprint of every table."""
    found = {}
    for name in [name for name in db.session.scalars(text(TABLES)) if not name.startswith(TRACES)]:
        rows = f"select md5(coalesce(string_agg(md5(t::text), '' order by t::text), '')) from {name} t"  # noqa: S608
        found[name] = str(db.session.execute(text(rows)).scalar_one())
    db.session.rollback()
    return found


def changed(before: Mapping[str, str]) -> set[str]:
    """The tables that are not as they were."""
    db.session.rollback()
    return {name for name, print_ in standing().items() if before[name] != print_}


def hire(city: City, who: str, *roles: str) -> Any:
    """Give a person roles, as an administrator would."""
    person = city.person(who)
    with transaction():
        for role in roles:
            identity.grant(person, role, by=None, now=time.now())
    return city.person(who)


def by_sql(statement: str, **given: object) -> None:
    """What somebody with the application's own access to the database would try."""
    with transaction():
        db.session.execute(text(statement), given)


# --- one hand, two steps ----------------------------------------------------------------------------------------------


def test_an_officer_cannot_approve_what_she_prepared(city: City, app: Flask, sign_in: SignIn) -> None:
    preparer = city.person("preparer")
    order = grants.order_by_ref(city.refs["order"])
    assert order is not None
    before = standing()
    with pytest.raises(Forbidden), transaction():
        grant_verbs.approve(order, by=preparer, now=time.now())
    answer = sign_in(app.test_client(), preparer).post(f"/it/grants/orders/{city.refs['order']}/approve")
    assert answer.status_code == 303
    with pytest.raises(DBAPIError, match="approver_is_another"):
        by_sql(
            "update grants_payment_order set state = 'approved', approved_by = prepared_by, approved_at = now()"
            " where ref = :ref",
            ref=city.refs["order"],
        )
    assert changed(before) == set()


def test_an_order_is_approved_exported_and_paid_once_however_often_it_is_sent(
    city: City, app: Flask, sign_in: SignIn
) -> None:
    ref, finance = city.refs["order"], sign_in(app.test_client(), city.person("finance"))
    for name in ("opener", "checker"):
        sign_in(app.test_client(), city.person(name)).post(f"/it/grants/orders/{ref}/approve")
    form = {"act": "export", "row": [ref, ref], "sure": "yes", "execute_on": time.today().isoformat()}
    for _again in range(2):
        finance.post("/it/grants/orders", data=form)
    for _again in range(2):
        finance.post(f"/it/grants/orders/{ref}/paid", data={"paid_on": time.today().isoformat()})
    order = grants.order_by_ref(ref)
    assert order is not None
    assert order.approved_by == city.person("opener").id
    assert len(grants.batches()) == 1
    books = matching.books_of_project(grants.agreement(order.agreement_id).proposal_id)
    assert (books.paid, books.approved.cents) == (order.amount, 0)
    with pytest.raises(DBAPIError, match=r"one_live|within_grant"):
        by_sql(
            "insert into grants_payment_order (ref, year, number, tranche_id, agreement_id, entity_id, beneficiary,"
            " amount, iban, cup, state, prepared_by, prepared_at) select 'ord_again', 2026, 99, tranche_id,"
            " agreement_id, entity_id, beneficiary, amount, iban, cup, 'prepared', prepared_by, now()"
            " from grants_payment_order where ref = :ref",
            ref=ref,
        )


def test_an_order_does_not_skip_a_hand_by_sql(city: City) -> None:
    finance = city.person("finance").id
    skips = (
        "state = 'exported', exported_at = now()",
        "state = 'paid', paid_by = :by, paid_at = now(), paid_on = current_date",
        "amount = amount + 1",
        "iban = 'IT02A0301503200000003541653'",
        "prepared_by = :by",
    )
    for change in skips:
        with pytest.raises(DBAPIError):
            by_sql(f"update grants_payment_order set {change} where ref = :ref", by=finance, ref=city.refs["order"])  # noqa: S608


def test_a_responsible_who_scored_does_not_approve_the_ranking(city: City, app: Flask, sign_in: SignIn) -> None:
    proposal = proposals.by_ref(city.refs["scored_proposal"])
    assert proposal is not None
    call, scorer = proposals.call(proposal), city.person("scoring_responsible")
    with transaction():
        evaluation_verbs.draw_ranking(call, by=None, now=time.now())
    before, day = standing(), time.today()
    with pytest.raises(Forbidden), transaction():
        evaluation_verbs.approve_ranking(call, act="DD 1/2026", act_on=day, by=scorer, now=time.now())
    form = {"act_number": "DD 1/2026", "act_on": day.isoformat(), "other_hand": "yes"}
    browser = sign_in(app.test_client(), scorer)
    assert browser.post(f"/it/calls/{city.refs['scored_call']}/ranking", data=form).status_code == 403
    with pytest.raises(DBAPIError, match="neither checked nor scored"):
        by_sql(
            "update evaluation_ranking set state = 'approved', approved_by = :by, approved_at = now(),"
            " act_number = 'DD 1/2026', act_on = :day where call_id = :call",
            by=scorer.id,
            day=day,
            call=call.id,
        )
    assert changed(before) == set()


def test_an_evaluator_with_a_conflict_does_not_score(city: City, app: Flask, sign_in: SignIn) -> None:
    proposal = proposals.by_ref(city.refs["scored_proposal"])
    assert proposal is not None
    panelist = city.person("panelist")
    browser, path = sign_in(app.test_client(), panelist), f"/it/evaluation/{proposal.ref}"
    browser.post(f"{path}/declare", data={"conflicted": "yes", "reason": "Ci abita mia sorella."})
    before = standing()
    marks = {"points_need": "10", "comment_need": "Ottimo.", "complete": "yes"}
    assert browser.post(f"{path}/score", data=marks).status_code in (403, 404)
    browser.post(f"{path}/declare", data={"conflicted": "no"})
    with pytest.raises(DBAPIError):
        by_sql(
            "insert into evaluation_sheet (proposal_id, person_id, saved_at) values (:proposal, :by, now())",
            proposal=proposal.id,
            by=panelist.id,
        )
    with pytest.raises(DBAPIError):
        by_sql("update evaluation_conflict set conflicted = false where person_id = :by", by=panelist.id)
    assert changed(before) == set()


# --- her own group ----------------------------------------------------------------------------------------------------

ACT = {"act_number": "DD 1/2026", "act_on": "2026-06-09", "other_hand": "yes"}
REASON = "Manca la fattura originale."
OWN: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("sent_member", "proposals/dossier/{sent_proposal}", {"outcome": "admissible"}),
    ("live_member", "groups/verify/{live_entity}/items/iban", {"act": "accept"}),
    ("live_member", "groups/verify/{live_entity}/items/iban", {"act": "return", "reason_iban": REASON}),
    ("live_member", "groups/verify/{live_entity}", {}),
    ("paid_member", "groups/verify/{paid_entity}/extend", {"days": "10", "reason": REASON}),
    ("asked_member", "projects/readiness/{asked_campaign}", {"decision": "open"}),
    ("asked_member", "projects/readiness/{asked_campaign}", {"decision": "back", "why": REASON}),
    ("live_member", "pledges/large/{held}", {"decision": "clear"}),
    ("live_member", "pledges/large/{held}", {"decision": "refuse", "why": REASON}),
    ("paid_second", "grants/orders/{order}/approve", {}),
    ("paid_second", "grants/orders/{order}/refuse", {"reason": REASON}),
    ("paid_second", "grants/receipts/{receipt}", {"decision": "accept", "accepted": "1200"}),
    ("paid_second", "grants/receipts/{receipt}", {"decision": "reject", "reason": REASON}),
    ("paid_second", "grants/{agreement}/report/reopen", {"reason": REASON}),
    ("paid_second", "grants/{agreement}/close", {}),
    ("scored_member", "calls/{scored_call}/ranking", ACT),
)  # fmt: skip


@pytest.fixture
def insiders(city: City) -> City:
    """The members of OWN, each with every role."""
    for who in sorted({who for who, _, _ in OWN}):
        hire(city, who, "officer", "responsible", "finance")
    scored = proposals.by_ref(city.refs["scored_proposal"])
    assert scored is not None
    with transaction():
        evaluation_verbs.draw_ranking(proposals.call(scored), by=None, now=time.now())
    return city


def test_nobody_decides_on_her_own_group_whatever_her_roles(insiders: City, app: Flask, sign_in: SignIn) -> None:
    before = standing()
    for who, path, form in OWN:
        browser = sign_in(app.test_client(), insiders.person(who))
        answer = browser.post("/it/" + path.format(**insiders.refs), data=form)
        assert answer.status_code in (303, 403, 409), (path, answer.status_code)
        assert changed(before) == set(), f"{who} did {path} for her own group"


# --- fields that nobody offered ---------------------------------------------------------------------------------------

EXTRA = {
    "state": "verified", "status": "live", "verified": "1", "verified_at": "2026-01-01", "role": "administrator",
    "roles": "administrator", "group_id": "1", "id": "1", "ref": "x", "slug": "x", "threshold": "1", "budget": "1",
    "ceiling": "9999999", "matched_cents": "999999", "closes_at": "2030-01-01", "counts": "true", "approved_by": "1",
    "amount_cents": "1", "email_confirmed_at": "2020-01-01", "tax_code": "RSSMRA80A01F205X", "is_admin": "1",
    "zone_id": "1", "award_id": "1", "person_id": "1", "created_by": "1", "prepared_by": "1", "large": "false",
}  # fmt: skip
NEWS = {"title": "Ciao", "body": "Prima notizia."}
IMPACT = {"impact": "Cambia tutto quanto, e in meglio. " * 5}
GROUP = {"name": "Gruppo nuovo", "kind": "informal", "zone": "dergano", "about": "Siamo qui da anni e ci conosciamo."}
SAVED: tuple[tuple[str, str, Mapping[str, str], set[str]], ...] = (
    ("stranger", "account", {"name": "Nuovo Nome", "language": "it"}, {"identity_person"}),
    ("live_member", "projects/prepare/{live_campaign}/news", NEWS, {"campaigns_update"}),
    ("written_member", "proposals/{written_proposal}/impact", IMPACT, {"proposals_proposal"}),
    ("stranger", "groups/new", GROUP, {"groups_group", "groups_member"}),
)


@pytest.mark.parametrize(("who", "path", "form", "writes"), SAVED, ids=[path for _, path, _, _ in SAVED])
def test_a_field_that_was_not_offered_changes_nothing(
    city: City, app: Flask, sign_in: SignIn, who: str, path: str, form: Mapping[str, str], writes: set[str]
) -> None:
    before, kept = standing(), rows(city)
    answer = sign_in(app.test_client(), city.person(who)).post(
        "/it/" + path.format(**city.refs), data={**EXTRA, **form}
    )
    assert answer.status_code == 303
    assert changed(before) == writes
    assert rows(city) == kept


def rows(city: City) -> list[Any]:
    """What these forms must never reach."""
    frozen = (
        "select state, threshold, budget, ceiling, closes_at, zone_id, group_id from campaigns_campaign order by id",
        "select state, zone_id, group_id, total, slug from proposals_proposal order by id",
        "select person_id, role, ended_at from identity_role order by id",
        "select email, tax_code_hash, email_confirmed_at from identity_person order by id",
        "select id, kind, frozen_at from groups_group where name <> 'Gruppo nuovo' order by id",
    )
    found = [db.session.execute(text(statement)).all() for statement in frozen]
    db.session.rollback()
    return found


def test_a_campaign_that_is_live_keeps_its_word_against_sql(city: City) -> None:
    for change in (
        "threshold = threshold - 1",
        "budget = budget + 1",
        "ceiling = ceiling + 1",
        "closes_at = closes_at + interval '1 day'",
        "zone_id = zone_id + 1",
        "group_id = group_id + 1",
        "state = 'preparing'",
    ):
        with pytest.raises(DBAPIError):
            by_sql(f"update campaigns_campaign set {change} where ref = :ref", ref=city.refs["live_campaign"])  # noqa: S608
    for statement in (
        "update campaigns_text set story = 'altro'",
        "update pledges_pledge set amount = 1",
        "delete from pledges_pledge",
        "update calls_terms set body = '{}'",
        "update grants_agreement set amount = amount + 1",
        "update grants_signature set name = 'X'",
        "delete from journal_entry",
        "update ledger_account set balance = 0",
        "delete from ledger_entry",
    ):
        with pytest.raises(DBAPIError):
            by_sql(statement)


# --- what leaves the house --------------------------------------------------------------------------------------------


def test_no_export_holds_a_cell_that_a_spreadsheet_would_run(city: City, app: Flask, sign_in: SignIn) -> None:
    finance = sign_in(app.test_client(), city.person("finance"))
    sign_in(app.test_client(), city.person("opener")).post(f"/it/grants/orders/{city.refs['order']}/approve")
    form = {"act": "export", "row": city.refs["order"], "sure": "yes", "execute_on": time.today().isoformat()}
    batch = finance.post("/it/grants/orders", data=form).headers["Location"]
    hostile = 0
    for path in (f"{batch}/list.csv", "/it/money/register.csv", f"/it/money/{city.refs['paid_slug']}/movements.csv"):
        table = finance.get(path, headers={"Accept": "text/csv"}).data.decode("utf-8-sig")
        cells = [cell for row in csv.reader(StringIO(table), delimiter=";" if "list" in path else ",") for cell in row]
        assert len(cells) > 6, path
        assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
        hostile += sum(cell.startswith(("'=", "'+")) for cell in cells)
    assert hostile, "the paid project and its body have names that begin like formulas"


def test_the_register_names_our_own_host_whatever_the_request_claims(city: City, app: Flask) -> None:
    browser = app.test_client()
    for path in ("money/register.json", "money/register.csv", f"projects/{city.refs['live_slug']}", ""):
        said = browser.get(f"/it/{path}", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil.example" not in said.text, path


def test_mail_links_name_our_own_host_whatever_the_request_claims(city: City, app: Flask) -> None:
    app.test_client().post("/it/reset", data={"email": "nobody@example.org"}, headers={"Host": "evil.example"})
    member = city.person("paid_second")
    app.test_client().post("/it/reset", data={"email": member.email}, headers={"Host": "evil.example"})
    letter = outbox.latest(1, recipient=member.email)[0]
    assert all(url.startswith("http://localhost/") for _, url in outbox.links_of(letter))


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "http://evil.example",
        "https:evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example", "http:///evil.example",
        "javascript:alert(1)", "//user@evil.example/it/",
        "", "evil.example", "data:text/html,x", "/%0d%0aLocation:%20http://evil.example\r\nX: 1",
    ],
)  # fmt: skip
def test_after_sign_in_one_stays_here(city: City, app: Flask, target: str) -> None:
    browser, who = app.test_client(), city.person("stranger")
    answer = browser.post("/it/sign-in", data={"email": who.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/it/desk"
    assert identity_rules.safe_next(target) is None


def test_signs_that_nobody_sees_do_not_come_in(city: City, app: Flask, sign_in: SignIn) -> None:
    browser = sign_in(app.test_client(), city.person("stranger"))
    name = "Lia \u202eidlaremS\u202c\x00\u200b \u2066Riva\u2069"
    assert browser.post("/it/account", data={"name": name, "language": "it"}).status_code == 303
    assert city.person("stranger").name == "Lia idlaremS Riva"


def test_one_donors_link_shows_nothing_of_another(city: City, app: Flask) -> None:
    page = app.test_client().get(f"/it/pledges/{city.refs['pledge_token']}").text
    assert "altra@example.org" not in page
    assert city.refs["other_pledge"] not in page
    public = app.test_client().get(f"/it/projects/{city.refs['live_slug']}/donors").text
    for secret in ("@example.org", city.refs["pledge"], city.refs["pledge_token"]):
        assert secret not in public


def test_a_gift_above_the_room_is_refused_and_a_cent_less_passes(city: City, app: Flask) -> None:
    path = f"/it/projects/{city.refs['live_slug']}/give"
    assert app.test_client().get(path, query_string={"other": "99999999"}).status_code == 422
    for amount in ("-50", "0", "1e3", "NaN", "0,001", "٥٠", "12000,01", "999999999999999999999"):
        answer = app.test_client().post(path, data={"other": amount, "email": "a@example.org", "consent": "yes"})
        assert answer.status_code == 422, amount


def test_an_order_to_an_account_that_has_changed_is_said_and_stopped(city: City, app: Flask, sign_in: SignIn) -> None:
    """The group's account changes, is verified anew, and the order still names the old one."""
    ref, group = city.refs["order"], city.refs["paid_group"]
    officer = sign_in(app.test_client(), city.person("opener"))
    finance = sign_in(app.test_client(), city.person("finance"))
    member = sign_in(app.test_client(), city.person("paid_member"))
    assert officer.post(f"/it/grants/orders/{ref}/approve").status_code == 303
    sent = member.post(f"/it/groups/{group}/body/iban", data={"iban": "IT12W0301503200000003541653"})
    assert sent.status_code == 303
    entity = city.refs["paid_entity"]
    form = {"act": "export", "row": ref, "sure": "yes", "execute_on": time.today().isoformat()}
    for step in ("before", "verified anew"):
        assert finance.post("/it/grants/orders", data=form).status_code == 303, step
        assert grants.batches() == [], step
        officer.post(f"/it/groups/verify/{entity}/items/iban", data={"act": "accept"})
        officer.post(f"/it/groups/verify/{entity}")
    checker = sign_in(app.test_client(), city.person("checker"))
    assert (
        checker.post(f"/it/grants/orders/{ref}/refuse", data={"reason": "L’IBAN è cambiato: va rifatto."}).status_code
        == 303
    )
    assert grants.order_by_ref(ref).state == "refused"
