"""The pages of a proposal, walked as people walk them."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core import clock as time
from app.core.db import db, transaction
from app.core.money import Money
from app.outbox import queries as outbox
from app.proposals import queries, service
from app.proposals.models import Line, Milestone, Proposal
from tests.make import calls, campaigns, groups, identity, proposals, territory

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


# --- the parts --------------------------------------------------------------------------------------------------------


def test_saved_parts_are_there_again_and_the_list_says_what_is_missing(member):
    proposal = proposals.started()
    browser = member(proposal)
    page = said(browser.get(url(proposal)))
    assert "Avete completato 1 parte su 9" in page, "who we are is written by the group"
    assert "2 persone, tutte con e-mail confermata" in page
    answer = browser.post(url(proposal, "/idea"), data={"title": "Cortile aperto", "summary": "Corta", "theme": "fare"})
    assert answer.location.endswith("/idea"), "something is missing: stay"
    again = browser.get(url(proposal, "/idea")).text
    assert 'value="Cortile aperto"' in again
    assert ">Corta</textarea>" in again.replace("\n", "")
    assert 'id="f-summary-error"' in again
    good = {"title": "Cortile aperto", "summary": "Quattro garage diventano un’officina.", "theme": "fare"}
    assert browser.post(url(proposal, "/idea"), data=good).location == url(proposal)
    assert "Avete completato 2 parti su 9" in said(browser.get(url(proposal)))


def test_a_budget_that_does_not_add_up_is_kept_and_says_what_is_missing(member):
    proposal = proposals.written()
    browser = member(proposal)
    form = {
        "total": "12.000,00",
        "rows": "5",
        "name_1": "Banchi",
        "amount_1": "6.220",
        "name_2": "Corsi",
        "amount_2": "5000,00",
    }
    assert browser.post(url(proposal, "/budget"), data=form).status_code == 303
    assert "Le voci fanno 11.220,00 €. Mancano 780,00 € per arrivare a 12.000,00 €" in said(browser.get(url(proposal)))
    assert "Mancano: 780,00 € nel preventivo" in said(browser.get(url(proposal)))
    again = browser.get(url(proposal, "/budget"))
    assert "aggiungete una voce o cambiate il totale" in said(again)
    assert 'value="6.220,00"' in again.text
    assert [line.name for line in queries.lines(proposal)] == ["Banchi", "Corsi"]
    more = {**form, "rows": "7", "name_7": "Commissioni", "amount_7": "780"}
    assert browser.post(url(proposal, "/budget"), data=more).location == url(proposal)
    db.session.refresh(proposal)
    assert proposal.state == "signing"


UNREADABLE = ("1,5e3", "NaN", "-5", "0", "1.000.00", "mille", "1 000", "１２", "99999999999999", "0,001")


def test_the_suggested_line_without_a_sum_keeps_nothing_from_being_saved(member):
    proposal = proposals.started()
    browser = member(proposal)
    assert "Commissioni" in browser.get(url(proposal, "/budget")).text
    suggested = re.search(r'name="name_5"[^>]*value="([^"]+)"', browser.get(url(proposal, "/budget")).text)
    assert suggested
    typed = {"total": "12.000,00", "rows": "5", "name_1": "Attrezzi", "amount_1": "800,00", "name_5": suggested[1]}
    assert browser.post(url(proposal, "/budget"), data=typed).status_code == 303
    assert [(line.name, line.amount.cents) for line in queries.lines(proposal)] == [("Attrezzi", 80_000)]
    assert suggested[1] in browser.get(url(proposal, "/budget")).text  # it is still offered


def test_an_amount_that_cannot_be_read_gets_a_sentence_and_stays(member):
    proposal = proposals.written()
    browser = member(proposal)
    before = [(line.name, line.amount) for line in queries.lines(proposal)]
    for amount in UNREADABLE:
        for form in ({"total": amount}, {"total": "100", "rows": "5", "name_5": "Banchi", "amount_5": amount}):
            answer = browser.post(url(proposal, "/budget"), data=form)
            field = "amount_5" if "rows" in form else "total"
            assert answer.status_code == 422, amount
            assert f'id="f-{field}-error"' in answer.text, amount
            assert f'value="{amount}"' in answer.text, amount
    assert [(line.name, line.amount) for line in queries.lines(proposal)] == before


def test_amounts_are_read_as_people_write_them(member):
    proposal = proposals.started()
    browser = member(proposal)
    for number, amount in enumerate(("1.234,50", "1234,50", "1234.50", " 1234,5 € ")):
        form = {"total": amount, "rows": "1", "name_1": f"Tutto {number}", "amount_1": amount}
        browser.post(url(proposal, "/budget"), data=form)
        db.session.refresh(proposal)
        assert (proposal.total.cents, queries.lines(proposal)[0].amount.cents) == (123450, 123450), amount


def test_half_a_line_of_the_budget_is_kept_and_counts_as_missing(member):
    proposal = proposals.written()
    browser = member(proposal)
    typed = {
        "total": "2.000,00",
        "rows": "3",
        "name_1": "Banchi",
        "name_2": "Corsi",
        "amount_2": "1.500",
        "amount_3": "500",
    }
    assert browser.post(url(proposal, "/budget"), data=typed).location == url(proposal, "/budget")
    assert [(line.name, line.amount.cents) for line in queries.lines(proposal)] == [
        ("Banchi", 0),
        ("Corsi", 150_000),
        ("", 50_000),
    ]
    again = browser.get(url(proposal, "/budget"))
    for piece in ('value="Banchi"', 'value="500,00"', 'id="f-amount_1-error"', 'id="f-name_3-error"'):
        assert piece in again.text
    assert 'id="f-total-error"' not in again.text
    db.session.refresh(proposal)
    assert proposal.state == "draft"
    assert "Mancano: preventivo" in said(browser.get(url(proposal)))
    assert said(browser.get(url(proposal, "/review"))).count("Banchi") == 1
    assert "- Banchi: –" in browser.get(url(proposal, "/download")).text
    whole = {**typed, "amount_1": "100", "amount_3": "400", "name_3": "Viti"}
    assert browser.post(url(proposal, "/budget"), data=whole).location == url(proposal)
    db.session.refresh(proposal)
    assert proposal.state == "signing"


@pytest.mark.parametrize(("name", "amount"), [("", 500), ("Banchi", 0)])
def test_the_database_sends_no_proposal_with_half_a_line(app, name, amount):
    proposal = proposals.signed()
    with pytest.raises(IntegrityError, match="every line of a budget"), transaction():
        _send_behind_our_back(Line(proposal_id=proposal.id, position=9, name=name, amount=Money(amount)))


def _send_behind_our_back(line):
    db.session.add(line)
    db.session.execute(update(Proposal).where(Proposal.id == line.proposal_id).values(state="submitted"))


def test_half_a_milestone_is_kept_and_counts_as_missing(member):
    proposal = proposals.written()
    browser = member(proposal)
    typed = {"rows": "4", "title_1": "Festa", "title_2": "Impianto", "due_2": "01/12/2026", "due_4": "2026-11-01"}
    assert browser.post(url(proposal, "/milestones"), data=typed).location == url(proposal, "/milestones")
    kept = [("", date(2026, 11, 1)), ("Impianto", date(2026, 12, 1)), ("Festa", None)]
    assert [(step.title, step.due_on) for step in queries.milestones(proposal)] == kept
    again = browser.get(url(proposal, "/milestones"))
    for piece in ('value="Festa"', 'id="f-title_1-error"', 'id="f-due_3-error"'):
        assert piece in again.text
    db.session.refresh(proposal)
    assert proposal.state == "draft"
    assert "Mancano: tappe" in said(browser.get(url(proposal)))
    assert "Festa" in said(browser.get(url(proposal, "/review")))
    copy = browser.get(url(proposal, "/download")).text
    assert "- –: Festa" in copy
    assert "novembre 2026: –" in copy
    whole = {**typed, "due_1": "2026-12-20", "title_4": "Si apre"}
    assert browser.post(url(proposal, "/milestones"), data=whole).location == url(proposal)
    db.session.refresh(proposal)
    assert proposal.state == "signing"


@pytest.mark.parametrize(("title", "due"), [("", date(2026, 11, 1)), ("Festa", None)])
def test_the_database_sends_no_proposal_with_half_a_milestone(app, title, due):
    proposal = proposals.signed()
    with pytest.raises(IntegrityError, match="every milestone"), transaction():
        _send_behind_our_back(Milestone(proposal_id=proposal.id, position=9, title=title, due_on=due))


def test_a_day_that_is_none_is_refused_where_it_is(member):
    proposal = proposals.started()
    browser = member(proposal)
    typed = {"rows": "3", "title_1": "x", "due_1": "31/02/2026", "title_2": "y" * 121}
    answer = browser.post(url(proposal, "/milestones"), data=typed)
    assert answer.status_code == 422
    for field in ("due_1", "title_2"):
        assert f'id="f-{field}-error"' in answer.text
    assert 'value="31/02/2026"' in answer.text


def test_more_rows_come_when_asked_for_and_milestones_sort_themselves(member):
    proposal = proposals.started()
    browser = member(proposal)
    form = {"rows": "3", "more": "yes"}
    form |= {
        "title_1": "C",
        "due_1": "2026-12-01",
        "title_2": "A",
        "due_2": "01/06/2026",
        "title_3": "B",
        "due_3": "2026-09-01",
    }
    assert "more=1" in browser.post(url(proposal, "/milestones"), data=form).location
    assert [step.title for step in queries.milestones(proposal)] == ["A", "B", "C"]
    assert 'name="title_4"' in browser.get(url(proposal, "/milestones")).text
    assert browser.post(url(proposal, "/budget"), data={"rows": "9999999", "total": "10"}).status_code == 303
    assert browser.post(url(proposal, "/budget"), data={"rows": "x", "total": "10"}).status_code == 303


def test_the_story_is_shown_as_it_will_look_and_html_stays_text(member):
    proposal = proposals.started()
    browser = member(proposal)
    story = "**Li apriamo** due sere.\n\n<script>alert(1)</script>\n\n[qui](javascript:alert(1))"
    assert browser.post(url(proposal, "/story"), data={"story": story, "preview": "yes"}).location.endswith("#preview")
    page = browser.get(url(proposal, "/story")).text
    assert "<strong>Li apriamo</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_picture_is_taken_shown_and_taken_away(member):
    proposal = proposals.started()
    browser = member(proposal)
    form = {
        "story": proposals.STORY,
        "picture_alt": "Il cortile",
        "picture": (io.BytesIO(proposals.picture()), "c.jpg"),
    }
    assert browser.post(url(proposal, "/story"), data=form, content_type="multipart/form-data").status_code == 303
    picture = queries.picture(proposal)
    assert f"/files/{picture.ref}/640" in browser.get(url(proposal, "/story")).text
    bad = {"story": "Nuova storia", "picture": (io.BytesIO(b"%PDF-1.7"), "c.jpg")}
    answer = browser.post(url(proposal, "/story"), data=bad, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'id="f-picture-error"' in answer.text
    assert ">Nuova storia</textarea>" in answer.text.replace("\n", "")
    assert browser.post(url(proposal, "/picture/remove")).status_code == 303
    db.session.refresh(proposal)
    assert proposal.picture_id is None


def test_what_another_wrote_meanwhile_stands_below_and_nothing_typed_is_lost(member):
    proposal = proposals.written()
    browser = member(proposal)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', browser.get(url(proposal, "/impact")).text)[1]
    other = queries.members(proposal)[1]
    with transaction():
        service.save_impact(
            proposal, impact="Quello che ha scritto l’altra persona nel frattempo.", by=other, now=time.now()
        )
    answer = browser.post(url(proposal, "/impact"), data={"impact": "Quello che stavo scrivendo io.", "seen": seen})
    assert answer.status_code == 409
    assert "Quello che stavo scrivendo io.</textarea>" in answer.text
    assert "Quello che ha scritto l’altra persona nel frattempo." in answer.text
    assert other.name in said(answer)
    fresh = re.search(r'name="seen" value="([0-9a-f]+)"', answer.text)[1]
    mine = {"impact": "Quello che stavo scrivendo io, e ora lo tengo.", "seen": fresh}
    assert browser.post(url(proposal, "/impact"), data=mine).status_code == 303
    db.session.refresh(proposal)
    assert proposal.impact == "Quello che stavo scrivendo io, e ora lo tengo."


def test_a_text_that_is_too_long_stays_in_its_field(member):
    proposal = proposals.started()
    browser = member(proposal)
    for part, field, longest in (("place", "need", 3000), ("story", "story", 8000), ("impact", "impact", 3000)):
        typed = "a" * (longest + 1)
        answer = browser.post(url(proposal, f"/{part}"), data={field: typed})
        assert answer.status_code == 422
        assert typed in answer.text
        assert str(longest + 1) in said(answer)


def test_signs_that_a_database_cannot_keep_do_no_harm(member):
    proposal = proposals.started()
    browser = member(proposal)
    assert browser.post(url(proposal, "/impact"), data={"impact": "a\x00b" * 20}).status_code in (303, 400, 422)
    assert browser.post(url(proposal, "/nothing"), data={}).status_code == 404
    assert browser.get(url(proposal, "/commitment")).status_code == 404


# --- signing and sending ----------------------------------------------------------------------------------------------


def test_two_people_sign_and_send_in_the_browser(client, sign_in):
    proposal = proposals.written()
    for person in queries.members(proposal):
        sign_in(client, person)
        page = client.get(url(proposal, "/sign"))
        assert "Impegno a fondare un ente senza scopo di lucro" in said(page)
        assert person.name in said(page)
        answer = client.post(url(proposal, "/sign/code"))
        page = client.get(answer.location).text
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]
        wrong = client.post(url(proposal, "/sign"), data={"code": "000000x", "seen": seen})
        assert wrong.status_code == 422
        assert 'id="f-code-error"' in wrong.text
        code = identity.code_in(outbox.latest(1, recipient=person.email)[0])
        assert client.post(url(proposal, "/sign"), data={"code": code, "seen": seen}).location == url(proposal)
        assert "Hai firmato" in said(client.get(url(proposal, "/sign")))
    assert "Avete completato 8 parti su 9" in said(client.get(url(proposal)))
    for _ in range(2):
        assert client.post(url(proposal, "/submit")).location == url(proposal, "/done")
    assert "SDQ-2026-0001" in said(client.get(url(proposal, "/done")))
    assert client.get(url(proposal, "/idea")).location == url(proposal, "/review")


def test_english_readers_get_a_courtesy_text_and_sign_the_italian_one(member):
    proposal = proposals.written()
    page = member(proposal).get(f"/en/proposals/{proposal.ref}/sign")
    assert "Impegno a fondare" in page.text
    assert "I, " in page.text
    assert 'lang="it"' in page.text


def test_what_comes_late_is_kept_and_can_be_downloaded(member, clock, sign_in, client):
    proposal = proposals.signed()
    clock.at(queries.closes_at(proposal))
    browser = member(proposal)
    answer = browser.post(url(proposal, "/submit"))
    assert answer.status_code == 409
    assert "Il bando si è chiuso il 1º aprile 2026, ore 11:00. La bozza resta qui e potete scaricarla." in said(answer)
    copy = browser.get(url(proposal, "/download"))
    assert "attachment" in copy.headers["Content-Disposition"]
    assert copy.text.startswith("# Officina di ringhiera")
    assert "4.200,00" in copy.text
    assert "Conte Verde" in copy.text
    assert "La bozza resta qui" in said(browser.get(url(proposal)))


def test_withdrawing_asks_first(member):
    proposal = proposals.submitted()
    browser = member(proposal)
    assert browser.post(url(proposal, "/withdraw")).status_code == 422
    db.session.refresh(proposal)
    assert proposal.state == "submitted"
    assert browser.post(url(proposal, "/withdraw"), data={"sure": "yes"}).status_code == 303
    assert "Ritirata" in said(browser.get(url(proposal)))
    assert "Conte Verde" in browser.get(url(proposal, "/download")).text


# --- beginning --------------------------------------------------------------------------------------------------------


def test_a_proposal_begins_with_a_new_group_or_an_old_one(client, sign_in):
    territory.milan()
    call, person = calls.open_call(), identity.person()
    sign_in(client, person)
    page = f"/it/proposals/start/{call.slug}"
    assert client.get(page).status_code == 200
    bad = client.post(page, data={"title": "Or", "group": "new", "group_name": "", "zone": "x"})
    assert bad.status_code == 422
    for field in ("title", "group_name", "zone", "kind"):
        assert f'id="f-{field}-error"' in bad.text
    good = {"title": "Cortile aperto", "group": "new", "group_name": "Officina", "zone": "dergano", "kind": "informal"}
    first = client.post(page, data=good)
    assert first.status_code == 303
    again = client.post(page, data=good)
    assert again.status_code == 409, "the same person with a second group of the same call"
    assert "Partecipi già a" in said(again)
    assert 'value="Cortile aperto"' in again.text
    assert len(queries.mine(person.id)) == 1
    assert client.get("/it/proposals/start/nothing").status_code == 404
    stranger = groups.group("Altri", people=1)
    assert client.post(page, data={"title": "Mia", "group": stranger.ref}).status_code in (404, 422)


def test_a_closed_call_takes_no_new_proposal(client, sign_in, clock):
    call = calls.open_call()
    sign_in(client, identity.person())
    clock.move(days=30)
    sign_in(client, identity.person())
    assert client.get(f"/it/proposals/start/{call.slug}").status_code == 410


# --- the office -------------------------------------------------------------------------------------------------------


def test_an_officer_finds_reads_and_decides(client, sign_in):
    proposal = proposals.submitted(with_picture=True)
    officer = identity.person(roles=["officer"])
    sign_in(client, officer)
    assert proposal.title in client.get("/it/proposals/queue").text
    assert proposal.title in client.get("/it/proposals/queue?q=ringhiera").text
    assert "Niente corrisponde a “%”" in said(client.get("/it/proposals/queue?q=%25"))
    at = f"/it/proposals/dossier/{proposal.ref}"
    page = said(client.get(at))
    assert "12.000,00" in page
    assert "Ogni persona del gruppo ha firmato l’impegno" in page
    assert client.post(at, data={"outcome": "inadmissible", "reasons": ""}).status_code == 422
    kept = client.post(at, data={"outcome": "x", "reasons": "Parole che restano qui."})
    assert "Parole che restano qui." in kept.text
    assert client.post(at, data={"outcome": "admissible", "reasons": ""}).status_code == 303
    assert client.post(at, data={"outcome": "inadmissible", "reasons": "Ho cambiato idea."}).status_code == 409
    assert officer.name in said(client.get(at))
    assert "Ammissibile" in said(client.get("/it/proposals/queue?view=admissible"))


def test_drafts_are_nobodys_business_but_their_peoples(client, sign_in):
    proposal = proposals.signed()
    sign_in(client, identity.person(roles=["officer", "responsible"]))
    assert client.get(f"/it/proposals/dossier/{proposal.ref}").status_code == 404
    assert proposal.title not in client.get("/it/proposals/queue").text
    sign_in(client, identity.person())
    assert client.get("/it/proposals/queue").status_code == 403
    assert client.post(f"/it/proposals/dossier/{proposal.ref}", data={"outcome": "admissible"}).status_code == 403


def test_after_the_ranking_the_sent_proposal_leads_on_to_the_campaign_and_the_money(client, sign_in):
    campaign = campaigns.prepared()
    proposal = queries.proposal(campaign.proposal_id)
    sign_in(client, queries.members(proposal)[0])
    page = client.get(url(proposal))
    assert "Siete al n. 1" in said(page)
    assert "fino a 7.200,00 €" in said(page)
    assert f"/it/calls/{queries.call(proposal).slug}/ranking" in page.text
    assert f"/it/projects/prepare/{campaign.ref}" in page.text
    assert "Raccolta da preparare" in said(client.get("/it/proposals"))


def test_while_the_campaign_is_open_its_proposal_says_so_and_links_to_it(client, sign_in):
    campaign = campaigns.live_campaign()
    proposal = queries.proposal(campaign.proposal_id)
    sign_in(client, queries.members(proposal)[0])
    page = client.get(url(proposal))
    assert "Raccolta aperta" in said(page)
    assert f"/it/projects/{campaign.slug}" in page.text
    assert f"/it/money/{campaign.slug}" in page.text
    assert "Raccolta aperta" in said(client.get("/it/proposals"))


def test_an_english_page_says_that_the_groups_words_are_italian(member):
    proposal = proposals.written()
    browser = member(proposal)
    english = browser.get(url(proposal, "/review").replace("/it/", "/en/")).text
    assert english.count('lang="it">') >= 4
    assert 'class="cv-text cv-gap" lang="it"' not in browser.get(url(proposal, "/review")).text
