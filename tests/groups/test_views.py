"""The pages of a group and of its body, and the office's pages, walked as people walk them."""

import io
import re

import pytest

from app.core import clock as time
from app.core.db import transaction
from app.groups import queries, service
from app.groups.rules import ItemKind
from app.outbox import queries as outbox
from tests.make import groups, identity, territory

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
    assert "Fino ad allora non c’è niente da inviare" in said(browser.get(url(made, "/body")))
    assert browser.get(url(made, "/body/iban")).status_code == 404
    assert browser.post(url(made, "/body")).status_code == 409


BAD = [
    (
        "iban",
        {"iban": "IT61 X054 2811 1010 0000 0123 456"},
        "iban",
        "Questo IBAN ha una cifra sbagliata. Ricopialo dal sito della tua banca.",
    ),
    ("iban", {"iban": ""}, "iban", "Questo IBAN ha una cifra sbagliata."),
    ("iban", {"iban": "TR330006100519786457841326"}, "iban", "Questo conto è fuori dall’area SEPA."),
    ("tax_code", {"tax_code": "01199250159"}, "tax_code", "Questo codice fiscale ha una cifra sbagliata."),
    ("tax_code", {"tax_code": "RSSMRA80A01F205X"}, "tax_code", "11 cifre"),
    ("name", {"name": "Officina", "form": "aps"}, "form", "Un’APS ha bisogno di almeno 7 persone: voi siete 4."),
    (
        "name",
        {"name": "Officina", "form": "cooperative"},
        "form",
        "Una cooperativa ha bisogno di almeno 9 persone: voi siete 4.",
    ),
    ("name", {"name": "Officina", "form": "foundation"}, "form", "non può essere l’ente che voi 4"),
    ("name", {"name": "", "form": "association"}, "name", "Scrivete il nome come sta nello statuto"),
    ("name", {"name": "Officina", "form": "x"}, "form", "Scegliete la forma giuridica"),
    ("representative", {"representative": "per_x"}, "representative", "Scegliete una persona del gruppo."),
    ("deed", {}, "file", "Scegliete il file da mandare"),
]


def test_bad_input_gets_a_sentence_beside_the_field_and_stays(app, member):
    made = constituting(app)
    browser = member(made)
    for kind, form, field, sentence in BAD:
        answer = browser.post(url(made, f"/body/{kind}"), data=form)
        assert answer.status_code == 422, form
        assert sentence in said(answer), form
        assert f'id="f-{field}-error"' in answer.text, form
        assert f'href="#f-{field}"' in answer.text, form
        for typed in form.values():
            assert typed in ("", "x", "per_x") or f'value="{typed}"' in answer.text, form
    states = {item.state for item in queries.items(queries.entity_of(made.id).id).values()}
    assert states == {"missing"}


def test_a_document_is_known_by_its_content(app, member):
    made = constituting(app)
    browser = member(made)
    for data in (b"MZ\x90\x00", b"<html><script>", b"%PDF-1.7 cut", b""):
        form = {"file": (io.BytesIO(data), "statuto.pdf")}
        answer = browser.post(url(made, "/body/statute"), data=form, content_type="multipart/form-data")
        assert answer.status_code == 422, data
        assert 'id="f-file-error"' in answer.text, data


def test_a_good_iban_shows_the_bank_and_asks_whether_it_is_theirs(app, member):
    made = constituting(app)
    browser = member(made)
    answer = browser.post(
        url(made, "/body/iban"), data={"iban": "it60 x054 2811 1010 0000 0123 456"}, follow_redirects=True
    )
    assert "IT60 X054 2811 1010 0000 0123 456" in said(answer)
    assert "paese: IT. È la vostra?" in said(answer)


def test_private_papers_reach_members_and_officers_only(app, member, client, sign_in):
    made = sent(app)
    entity = queries.entity_of(made.id)
    answer = member(made).get(url(made, "/body/deed/file"))
    assert answer.status_code == 200
    assert answer.data == groups.PDF
    assert "attachment" in answer.headers["Content-Disposition"]
    sign_in(client, identity.person(roles=["officer"]))
    assert client.get(f"/it/groups/verify/{entity.ref}/items/deed/file").data == groups.PDF
    assert client.get(url(made, "/body/deed/file")).status_code == 404
    sign_in(client, identity.person(roles=["evaluator", "finance"]))
    assert client.get(f"/it/groups/verify/{entity.ref}/items/deed/file").status_code == 403
    assert client.get(url(made, "/body/deed/file")).status_code == 404
    assert client.get("/it/groups/verify/ent_x/items/deed/file").status_code == 403


def test_who_is_not_of_the_group_finds_nothing(app, client, sign_in):
    made = sent(app)
    entity = queries.entity_of(made.id)
    sign_in(client, groups.members(groups.group("Altri", people=1))[0])
    for page in ("", "/body", "/body/deed/file", "/body/account/leave", *(f"/body/{kind}" for kind in KINDS)):
        assert client.get(url(made, page)).status_code == 404, page
    for page in ("/invite", "/body", "/body/iban", "/body/account/open"):
        assert client.post(url(made, page), data={"iban": groups.IBAN}).status_code == 404, page
    for page in ("", "/items/iban", "/extend"):
        assert client.post(f"/it/groups/verify/{entity.ref}{page}", data={"act": "accept"}).status_code == 403
    assert client.get("/it/groups/verify").status_code == 403


def test_an_officer_accepts_sends_back_extends_and_verifies_in_the_browser(app, officer):
    made = sent(app)
    entity = queries.entity_of(made.id)
    browser = officer()
    at = f"/it/groups/verify/{entity.ref}"
    assert browser.post(at).status_code == 409
    refused = browser.post(f"{at}/items/deed", data={"act": "return", "reason_deed": "no"})
    assert refused.status_code == 422
    assert 'id="f-reason_deed-error"' in refused.text
    assert ">no</textarea>" in re.sub(r">\s+no", ">no", refused.text)
    assert (
        browser.post(f"{at}/items/deed", data={"act": "return", "reason_deed": "Manca una firma."}).status_code == 303
    )
    assert "Manca una firma." in browser.get(at).text
    with transaction():
        by = groups.members(made)[0]
        service.send_document(entity, ItemKind.DEED, data=groups.PDF, filename="a.pdf", by=by, now=time.now())
    for kind in KINDS:
        assert browser.post(f"{at}/items/{kind}", data={"act": "accept"}).status_code == 303
    assert browser.post(f"{at}/extend", data={"days": "x", "reason": "Perché sì, davvero."}).status_code == 422
    assert browser.post(f"{at}/extend", data={"days": "5", "reason": "Lo studio è chiuso."}).status_code == 303
    assert browser.post(f"{at}/extend", data={"days": "5", "reason": "Lo studio è chiuso."}).status_code == 409
    assert browser.post(at).status_code == 303
    assert browser.post(at).status_code == 303
    assert queries.is_payable(entity.id)


def test_an_organisation_opens_its_list_by_itself(app, member):
    made = groups.group("Fondazione", people=1, kind="constituted")
    browser = member(made)
    assert browser.post(url(made, "/body")).status_code == 303
    assert browser.get(url(made, "/body/name")).status_code == 200


BAD_GROUPS = [
    ({"name": "", "kind": "informal", "zone": "dergano"}, "name"),
    ({"name": "Officina", "kind": "", "zone": "dergano"}, "kind"),
    ({"name": "Officina", "kind": "spa", "zone": "dergano"}, "kind"),
    ({"name": "Officina", "kind": "informal", "zone": ""}, "zone"),
    ({"name": "Officina", "kind": "informal", "zone": "atlantide"}, "zone"),
    ({"name": "x" * 121, "kind": "informal", "zone": "dergano"}, "name"),
]


def test_forming_a_group_with_bad_answers(app, client, sign_in):
    territory.milan()
    sign_in(client, identity.person())
    for form, field in BAD_GROUPS:
        answer = client.post("/it/groups/new", data=form)
        assert answer.status_code == 422, form
        assert f'id="f-{field}-error"' in answer.text, form
        assert not form["name"] or form["name"] in answer.text, form


def test_a_group_is_formed_and_a_letter_taken_back(app, client, sign_in):
    territory.milan()
    person = identity.person()
    sign_in(client, person)
    answer = client.post("/it/groups/new", data={"name": "Officina", "kind": "informal", "zone": "dergano"})
    made = queries.groups_of(person.id)[0]
    assert answer.location == url(made)
    assert client.post(url(made, "/invite"), data={"email": "carla@example.org"}).status_code == 303
    letter = outbox.latest(1, recipient="carla@example.org")[0]
    assert "ti invita in Officina" in letter.subject
    invitation = queries.invitations(made.id)[0]
    assert client.post(url(made, f"/invitations/{invitation.ref}/withdraw")).status_code == 303
    assert queries.invitations(made.id) == []
    assert client.post(url(made, "/invitations/inv_x/withdraw")).status_code == 404


def test_nobody_accepts_an_iban_that_changed_behind_her_page(app, officer, clock):
    group = sent(app)
    entity = queries.entity_of(group.id)
    page = officer().get(f"/it/groups/verify/{entity.ref}").text
    form = page.split(f"/it/groups/verify/{entity.ref}/items/iban")[1]
    seen = re.search(r'name="seen" value="([^"]+)"', form)[1]
    clock.move(minutes=1)
    with transaction():
        service.send_iban(entity, iban="IT24D0542811101000000654321", by=groups.members(group)[0], now=time.now())
    browser = officer()
    answer = browser.post(f"/it/groups/verify/{entity.ref}/items/iban", data={"act": "accept", "seen": seen})
    assert answer.status_code == 409
    assert "mentre leggevi" in said(answer)
    assert queries.items(entity.id)[ItemKind.IBAN].state == "sent"
    again = queries.item_mark(queries.items(entity.id)[ItemKind.IBAN])
    browser.post(f"/it/groups/verify/{entity.ref}/items/iban", data={"act": "accept", "seen": again})
    assert queries.items(entity.id)[ItemKind.IBAN].state == "accepted"


def test_everybody_reads_the_groups_projects_and_its_way_but_no_names(client, sandbox):
    from tests.make import campaigns as make_campaigns
    from tests.make import pledges as make_pledges

    campaign = make_campaigns.live_campaign()
    make_pledges.active_pledge(campaign, 50)
    group = queries.group(campaign.group_id)
    answer = client.get(f"/it/groups/about/{group.slug}")
    assert answer.status_code == 200
    assert campaign.title in answer.text
    assert "gruppo informale" in answer.text
    assert "Nessuna carta viene addebitata" in answer.text
    for person in queries.members(group.id):
        assert person.name not in answer.text
        assert person.email not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_group_reads_what_its_body_will_need_and_by_when_while_its_campaign_runs(client, sign_in):
    from tests.make import campaigns as make_campaigns

    campaign = make_campaigns.live_campaign()
    group = queries.group(campaign.group_id)
    sign_in(client, queries.members(group.id)[0])
    for page in (f"/it/groups/{group.ref}", f"/it/groups/{group.ref}/body"):
        text = client.get(page).text.replace("\u00a0", " ")
        assert "è aperta fino al 31 maggio 2026." in text
        assert "l’ente deve essere verificato entro il 30 giugno 2026." in text
    assert "Conto per i doni" in text


def test_a_group_without_a_public_project_has_no_page(client):
    from tests.make import campaigns as make_campaigns

    group = queries.group(make_campaigns.prepared().group_id)
    assert client.get(f"/it/groups/about/{group.slug}").status_code == 404
    assert client.get("/it/groups/about/nessuno").status_code == 404
