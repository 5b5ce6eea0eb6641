"""Everybody reads a call in plain words; the office sets one up, part by part."""

from datetime import UTC, datetime, timedelta

import pytest

from app.calls import gateway, queries, service
from app.calls.rules import State
from app.core.db import db, transaction
from app.core.money import euros
from app.matching import queries as matching
from app.matching.rules import Base, MatchPolicy, Mode, Overfunding, Tier, Window
from tests.make import calls, evaluation, groups, identity, programmes, territory
from tests.make import proposals as make_proposals


@pytest.fixture
def officer(client, sign_in):
    return sign_in(client, identity.person(roles=("officer",)))


def text(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_an_open_call_says_its_rules_in_words_and_euros(client, clock):
    call = calls.open_call(closes_at=clock.now() + timedelta(days=26))
    page = text(client.get(f"/it/calls/{call.slug}"))
    assert "arrivare al 40 % del preventivo in 60 giorni" in page
    assert "12.000,00 €" in page
    assert "7.200,00 €" in page
    assert "Bisogno del quartiere" in page
    assert queries.current_terms(call).sha256 in page
    assert "Mancano 26 giorni" in page


def test_the_same_call_in_english(client, clock):
    call = calls.open_call()
    page = text(client.get(f"/en/calls/{call.slug}"))
    assert "€12,000.00" in page
    assert "Need of the neighbourhood" in page


def test_the_list_shows_open_announced_closed_and_past_calls(client, clock):
    source = programmes.source()
    soon = calls.open_call(
        "Fra poco", source=source, opens_at=clock.now() + timedelta(days=3), closes_at=clock.now() + timedelta(days=40)
    )
    now = calls.open_call("Adesso", source=source, closes_at=clock.now() + timedelta(days=5))
    with transaction():
        service.archive_all(gateway.shipped(), now=clock.now())
    page = text(client.get("/it/calls"))
    assert all(word in page for word in (soon.title, now.title, "Crowdfunding civico 2015–17", "430.000"))
    clock.move(days=6)
    assert "in valutazione" in text(client.get("/it/calls"))


def test_a_call_not_open_yet_says_when_it_opens(client, clock):
    call = calls.open_call(opens_at=clock.now() + timedelta(days=3), closes_at=clock.now() + timedelta(days=9))
    page = text(client.get(f"/it/calls/{call.slug}"))
    assert "Il bando si apre il 5 marzo 2026" in page


def test_what_was_not_published_of_an_edition_says_so(app, client, clock):
    with transaction():
        service.archive_all(gateway.shipped(), now=clock.now())
        service.archive_all(gateway.shipped(), now=clock.now())
    assert len(queries.editions()) == 4
    page = text(client.get("/it/calls/crowdfunding-civico-2015"))
    assert "non pubblicato" in page
    assert "16 riuscite" in page


def test_no_call_at_all_is_a_page_too(app, client):
    assert "Oggi nessun bando è aperto" in text(client.get("/it/calls"))


@pytest.mark.parametrize("path", ["/it/calls/nothing", "/it/calls/manage/cal_nothing"])
def test_what_does_not_exist_is_404(officer, path):
    assert officer.get(path).status_code == 404


def test_a_draft_is_404_for_the_public(app, client):
    call = calls.draft_call()
    assert client.get(f"/it/calls/{call.slug}").status_code == 404


def test_a_visitor_is_asked_to_sign_in(app, client):
    assert client.get("/it/calls/manage").status_code == 303


BASICS = {
    "title": "Scuola dei Quartieri 2026",
    "summary": "Idee di vicini.",
    "envelope": "180.000",
    "opens_at": "2026-03-02T10:00",
    "closes_at": "2026-04-01T12:00",
}
SECTIONS = {
    "match": {"threshold": "40", "share": "60", "cap": "60.000"},
    "who": {
        "where": "some",
        "zones_9": ["79", "80"],
        "proposer_kinds": ["informal", "constituted"],
        "members_min": "3",
        "budget_min": "2.000",
        "budget_max": "100.000",
        "project_months": "12",
    },
    "criteria": {
        "name_it_1": "Bisogno",
        "name_en_1": "Need",
        "weight_1": "60",
        "name_it_2": "Piano",
        "name_en_2": "Plan",
        "weight_2": "40",
        "score_min": "60",
    },
    "tranches": {"advance": "50", "balance": "50"},
    "times": {
        "campaign_days": "60",
        "constitution_days": "30",
        "extension_days": "16",
        "grace_days": "14",
        "last_charge_days": "60",
        "notice_days": "3",
        "free_cancel_hours": "24",
    },
    "gifts": {"gift_min": "1", "large_pledge": "1.000", "fee": "1,5", "fee_fixed": "0,25"},
}


NOON_OF_MARCH_1 = datetime(2026, 3, 1, 11, tzinfo=UTC)
RATIO = {
    "mode": "ratio",
    "ratio": "0,50",
    "window_start_1": "2026-03-01T12:00",
    "window_end_1": "2026-03-02T12:00",
    "window_ratio_1": "2",
}
SECOND_WINDOW = {
    "window_start_2": "2026-03-02T11:59",
    "window_end_2": "2026-03-03T12:00",
    "window_ratio_2": "3",
}
STEPS = {"mode": "tiered", "tier_from_1": "25", "tier_share_1": "10", "tier_from_2": "40", "tier_share_2": "25"}


@pytest.mark.parametrize(
    ("typed", "policy", "words"),
    [
        (
            {**RATIO, "threshold": "25", "share": "50", "cap": "4.000", "donor_cap": "200", "donors_min": "30"},
            MatchPolicy(
                mode=Mode.RATIO,
                ratio_bp=5000,
                windows=(Window(NOON_OF_MARCH_1, NOON_OF_MARCH_1 + timedelta(days=1), 20_000),),
                threshold_bp=2500,
                share_bp=5000,
                cap=euros("4000"),
                donor_cap=euros("200"),
                donors_min=30,
            ),
            ("0,50 € per ogni euro", "i primi 200,00 €", "almeno 30 persone diverse"),
        ),
        (
            {"mode": "fixed", "fixed": "3.000", "threshold": "50", "share": "50", "overfunding": "keep"},
            MatchPolicy(
                mode=Mode.FIXED,
                fixed=euros("3000"),
                threshold_bp=5000,
                share_bp=5000,
                cap=euros("60000"),
                overfunding=Overfunding.KEEP,
            ),
            ("una somma fissa: 3.000,00 €", "lasciano com’è la parte del Comune"),
        ),
        (
            {**STEPS, "share": "40", "overfunding": "cap"},
            MatchPolicy(
                mode=Mode.TIERED,
                tiers=(Tier(2500, 1000), Tier(4000, 2500)),
                threshold_bp=2500,
                share_bp=4000,
                cap=euros("60000"),
                overfunding=Overfunding.CAP,
            ),
            ("cresce a gradini", "doni dal 40 % del preventivo", "nessun dono ne prende il posto"),
        ),
        (
            {"base": "rest", "threshold": "100", "share": "50", "cap": "5.000"},
            MatchPolicy(share_bp=5000, threshold_bp=10_000, base=Base.REST, cap=euros("5000")),
            ("il 100 % di quanto la parte del Comune lascia scoperto",),
        ),
    ],
)
def test_an_officer_chooses_how_the_city_matches_and_everybody_reads_it(officer, typed, policy, words):
    territory.milan()
    call = calls.draft_call()
    address = f"/it/calls/manage/{call.ref}/terms/match"
    assert officer.post(address, data={**SECTIONS["match"], **typed}).status_code == 303
    db.session.expire_all()
    assert MatchPolicy.from_dict(queries.by_ref(call.ref).draft["match"]) == policy
    again = text(officer.get(address))
    for name, value in typed.items():
        if name not in ("mode", "base", "overfunding"):
            assert f'name="{name}" value="{value}' in again, name
    assert officer.post(f"/it/calls/manage/{call.ref}/publish", data={"sure": "yes"}).status_code == 303
    page = text(officer.get(f"/it/calls/{call.slug}"))
    for sentence in words:
        assert sentence in page


def test_an_officer_sets_a_call_up_and_publishes_it(officer, clock):
    source = programmes.source()
    territory.milan()
    assert officer.get("/it/calls/manage/new").status_code == 200
    answer = officer.post("/it/calls/manage/new", data={**BASICS, "source": source.ref})
    assert answer.status_code == 303
    desk = answer.headers["Location"]
    call = queries.by_ref(desk.rsplit("/", 1)[1])
    assert "1 voci su 7 sono complete" in text(officer.get(desk))
    assert officer.get(desk + "/publish").status_code == 409
    for name, data in SECTIONS.items():
        assert officer.get(f"{desk}/terms/{name}").status_code == 200
        assert officer.post(f"{desk}/terms/{name}", data=data).status_code == 303, name
        assert officer.get(f"{desk}/terms/{name}").status_code == 200
    assert "7 voci su 7 sono complete" in text(officer.get(desk))
    assert "Dergano" in text(officer.get(desk + "/preview"))
    assert officer.get(desk + "/publish").status_code == 200
    untouched = officer.post(desk + "/publish", data={})
    assert untouched.status_code == 422
    assert "Metti la spunta" in text(untouched)
    assert officer.post(desk + "/publish", data={"sure": "yes"}).status_code == 303
    db.session.expire_all()
    terms = queries.terms_of(call)
    assert (terms.match.share_bp, terms.zones, terms.members_min) == (6000, (79, 80), 3)
    assert (terms.fee_bp, terms.fee_fixed, terms.tranches[0].bp) == (150, euros("0.25"), 5000)
    assert call.closes_at.isoformat() == "2026-04-01T10:00:00+00:00"
    assert matching.available(call.id) == euros("180000")
    assert officer.post(desk + "/publish", data={"sure": "yes"}).status_code == 409
    assert "Scuola dei Quartieri 2026" in text(officer.get("/it/calls/manage"))
    assert "Le regole fissate" in text(officer.get(desk))


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("match", {"share": "sessanta"}, "Scrivi una percentuale"),
        ("match", {"share": "70"}, "al massimo 100"),
        ("match", {"cap": "1,5e3"}, "Scrivi l’importo solo con cifre"),
        ("match", {"mode": "quadratic"}, "Scegli una delle risposte"),
        ("match", {"mode": "ratio"}, "Manca"),
        ("match", {"mode": "ratio", "ratio": "11"}, "Al massimo 10,00"),
        ("match", {**RATIO, "window_end_1": "2026-03-01T10:00"}, "finisce prima di cominciare"),
        ("match", {**RATIO, "window_ratio_1": "due"}, "Scrivi l’importo solo con cifre"),
        ("match", {**RATIO, **SECOND_WINDOW}, "Due finestre si sovrappongono"),
        ("match", {"mode": "fixed"}, "Manca"),
        ("match", {"mode": "tiered", "tier_from_1": "25"}, "Manca"),
        ("match", {**STEPS, "tier_from_2": "25"}, "comincia più in alto"),
        ("match", {**STEPS, "tier_share_2": "5"}, "non scende da un gradino"),
        ("match", {**STEPS, "tier_share_2": "61"}, "più della parte massima"),
        ("match", {**STEPS, "share": "90", "tier_share_2": "65"}, "al massimo 100"),
        ("match", {"base": "rest", "share": "100"}, "non può pagare tutto"),
        ("match", {"donors_min": "tanti"}, "Scrivi un numero intero"),
        ("criteria", {"weight_2": "39"}, "I pesi fanno 99"),
        ("criteria", {"name_en_2": ""}, "Manca"),
        ("criteria", {"weight_2": "x"}, "Scrivi un numero intero"),
        ("tranches", {"balance": "40"}, "I pagamenti fanno il 90 per cento"),
        ("who", {"where": "some", "zones_9": []}, "Scegli almeno un quartiere"),
        ("who", {"budget_max": "100"}, "minore del più piccolo"),
        ("times", {"last_charge_days": "30"}, "l’ultimo addebito non può venire prima"),
        ("gifts", {"gift_min": "0,40"}, "0,50"),
    ],
)
def test_a_part_with_a_mistake_says_how_to_mend_it_and_keeps_what_was_typed(officer, name, change, sentence):
    territory.milan()
    call = calls.draft_call()
    answer = officer.post(f"/it/calls/manage/{call.ref}/terms/{name}", data={**SECTIONS[name], **change})
    assert answer.status_code == 422
    page = text(answer)
    assert sentence in page
    kept = next(
        (value for key, value in change.items() if isinstance(value, str) and value and key not in ("mode", "base")),
        None,
    )
    assert kept is None or f'value="{kept}"' in page


def test_a_call_without_released_money_names_who_can_release_more(officer):
    source = programmes.source(released=euros("1000"))
    call = calls.draft_call(source=source)
    page = text(officer.get(f"/it/calls/manage/{call.ref}/publish"))
    assert source.programme.responsible_name in page
    assert "Pubblica e fissa" not in page
    answer = officer.post(f"/it/calls/manage/{call.ref}/publish", data={"sure": "yes"})
    assert answer.status_code == 422
    db.session.expire_all()
    assert queries.by_ref(call.ref).state is State.DRAFT


def test_basics_with_mistakes_come_back_with_what_was_typed(officer):
    source = programmes.source()
    answer = officer.post(
        "/it/calls/manage/new",
        data={**BASICS, "source": source.ref, "title": "", "envelope": "-5", "closes_at": "domani"},
    )
    assert answer.status_code == 422
    page = text(answer)
    assert 'value="-5"' in page
    assert "Idee di vicini." in page
    past = officer.post(
        "/it/calls/manage/new",
        data={**BASICS, "source": source.ref, "opens_at": "2026-01-01T10:00", "closes_at": "2026-02-01T10:00"},
    )
    assert "Questa data è passata" in text(past)


def test_a_draft_is_thrown_away_in_two_steps_the_first_says_what_is_lost(officer):
    call = calls.draft_call()
    desk = f"/it/calls/manage/{call.ref}"
    assert f"{desk}/discard" in text(officer.get(desk))
    asked = text(officer.get(f"{desk}/discard"))
    assert call.title in asked
    assert "Si perdono 7 voci compilate" in asked
    untouched = officer.post(f"{desk}/discard")
    assert untouched.status_code == 422
    assert "Metti la spunta" in text(untouched)
    assert officer.get(desk).status_code == 200
    assert officer.post(f"{desk}/discard", data={"sure": "yes"}).status_code == 303
    assert officer.get(desk).status_code == 404
    assert officer.get(f"{desk}/discard").status_code == 404


def test_a_published_call_cannot_be_thrown_away(officer):
    call = calls.open_call()
    assert officer.get(f"/it/calls/manage/{call.ref}/discard").status_code == 409
    assert officer.post(f"/it/calls/manage/{call.ref}/discard", data={"sure": "yes"}).status_code == 409


@pytest.mark.parametrize(
    ("name", "change", "field", "sentence"),
    [
        ("criteria", {"weight_2": "39"}, "weight_2", "I pesi fanno 99"),
        ("criteria", {"weight_1": "0"}, "weight_1", "almeno 1"),
        (
            "criteria",
            dict.fromkeys(("name_it_1", "name_en_1", "weight_1", "name_it_2", "name_en_2", "weight_2"), ""),
            "name_it_1",
            "almeno un criterio",
        ),
        ("tranches", {"balance": "40"}, "balance", "I pagamenti fanno il 90 per cento"),
        ("tranches", {"advance": "100", "balance": "0"}, "balance", "alla fine"),
    ],
)
def test_a_wrong_weight_or_part_is_marked_at_its_own_field(officer, name, change, field, sentence):
    call = calls.draft_call()
    answer = officer.post(f"/it/calls/manage/{call.ref}/terms/{name}", data={**SECTIONS[name], **change})
    assert answer.status_code == 422
    page = text(answer)
    beside = page.split(f'id="f-{field}-error"')[1].split("</span></")[0]
    assert sentence in beside
    assert f'href="#f-{field}"' in page
    assert page.count(sentence) == 2


def test_a_corrigendum_gives_more_time_and_shows_its_reason_to_all(officer, clock):
    call = calls.open_call(closes_at=clock.now() + timedelta(days=5))
    path = f"/it/calls/manage/{call.ref}/corrigendum"
    assert officer.get(path).status_code == 200
    data = {"closes_at": "2026-03-20T12:00", "campaign_days": "60", "score_min": "60", "reason": ""}
    assert officer.post(path, data=data).status_code == 422
    answer = officer.post(path, data={**data, "reason": "Due settimane in più per la neve."})
    assert answer.status_code == 303
    page = text(officer.get(f"/it/calls/{call.slug}"))
    assert "Due settimane in più per la neve." in page
    assert "Versione 2" in page


def test_a_ranked_call_leads_to_its_ranking(app, client, clock):
    call = calls.open_call()
    make_proposals.admissible(groups.group(people=2), call=call)
    evaluation.approved_ranking(call)
    page = text(client.get(f"/it/calls/{call.slug}"))
    assert f"/it/calls/{call.slug}/ranking" in page
    assert "È finanziato 1 progetto." in page
