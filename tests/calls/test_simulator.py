"""The office tries rules on a whole round before it publishes them."""

from urllib.parse import urlencode

import pytest

from app.calls import queries
from app.core.money import euros
from app.matching.rules import MatchPolicy
from tests.make import calls, identity, pledges
from tests.make import campaigns as make_campaigns

ASKED = {
    "from": "",
    "lines": "Orto; 12.000; 5.000; 100\nBanda; 20.000; 7.999,99; 10\n\nForno; 6.000; 0; 0",
    "envelope": "50.000",
    "terms_a": "own",
    "order_a": "ranking",
    "terms_b": "quadratic",
    "order_b": "ranking",
    "terms_c": "none",
}


@pytest.fixture
def officer(client, sign_in):
    return sign_in(client, identity.person(roles=("officer",)))


def text(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def tried(officer, call, **changes):
    return officer.get(f"/it/calls/manage/{call.ref}/simulate?{urlencode({**ASKED, **changes})}")


def test_the_page_opens_with_projects_as_a_round_may_bring_them(officer):
    call = calls.draft_call()
    answer = officer.get(f"/it/calls/manage/{call.ref}/simulate")
    page = text(answer)
    assert answer.status_code == 200
    assert "Le regole di questo bando" in page
    assert "Barcellona 2017" in page
    assert page.count('<svg class="cv-bar cv-outcomes"') == 3
    match = text(officer.get(f"/it/calls/manage/{call.ref}/terms/match"))
    assert f"/it/calls/manage/{call.ref}/simulate" in match


def test_a_round_under_this_calls_rules_and_a_quadratic_one(officer):
    call = calls.draft_call(match=MatchPolicy(share_bp=6000, threshold_bp=4000))
    page = text(tried(officer, call))
    assert "1 su 3" in page  # the band is one cent short
    assert "7.000,00 €" in page
    assert "43.000,00 €" in page  # of the fund
    assert "Quadratico: secondo quante persone donano" in page


def test_a_known_set_of_rules_can_be_changed_before_it_is_tried(officer):
    call = calls.draft_call()
    page = text(tried(officer, call, threshold_a="39,9", cap_a="6.500"))
    assert "2 su 3" in page
    assert "6.500,00 €" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lines": "Orto; 12.000; 5.000"}, "Riga 1: scrivi titolo"),
        ({"lines": "Orto; 12.000; 5.000; 10\nBanda; tanto; 5; 1"}, "Riga 2: scrivi titolo"),
        ({"lines": "Orto; 12.000; 0,05; 10"}, "Riga 1: scrivi titolo"),
        ({"lines": "\n".join(["Orto; 12.000; 5.000; 10"] * 41)}, "Al massimo 40 progetti"),
        ({"lines": ""}, "Manca"),
        ({"envelope": "poco"}, "Scrivi l’importo"),
        ({"terms_a": "altro"}, "Scegli una delle risposte"),
        ({"order_a": "a caso"}, "Scegli una delle risposte"),
        ({"share_b": "130"}, "Una percentuale va da 0 a 100"),
        ({"from": "cal_altro"}, "Scegli una delle risposte"),
    ],
)
def test_what_cannot_be_tried_says_why_beside_its_field(officer, change, sentence):
    answer = tried(officer, calls.draft_call(), **change)
    assert answer.status_code == 422
    assert sentence in text(answer)


@pytest.mark.usefixtures("sandbox")
def test_the_real_promises_of_a_past_call_are_taken_again_in_the_order_of_its_ranking(client, sign_in):
    past = make_campaigns.live_campaign(large_pledge=euros("100000"))
    pledges.active_pledge(past, euros("5000"))
    before = queries.call(past.call_id)
    ref, rules = before.ref, MatchPolicy(share_bp=5000, threshold_bp=5000)
    call = calls.draft_call("Bando nuovo", source=before.source, match=rules)
    officer = sign_in(client, identity.person(roles=("officer",)))  # only now: weeks have passed since the call began
    page = text(tried(officer, call, **{"from": ref, "terms_b": ref}))
    assert past.title in page
    assert "0 su 1" in page  # at half and half the gifts fall short
    assert "1 su 1" in page  # under its own rules it reached 4,800
    assert "7.000,00 €" in page
