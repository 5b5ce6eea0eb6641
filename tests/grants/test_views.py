"""The pages of grants: who may open them, what a refusal says, and that nothing typed is lost."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.calls import queries as calls
from app.core import clock
from app.core.db import db, transaction
from app.core.money import euros
from app.core.together import together
from app.grants import queries, service
from app.groups import queries as groups
from app.identity.models import Person
from app.outbox import queries as outbox
from app.proposals import queries as proposals
from app.settlement import queries as settlement
from tests.make import grants as make
from tests.make import identity
from tests.make import settlement as closing

Run = Callable[..., int]
Enter = Callable[[FlaskClient, Person], FlaskClient]
pytestmark = pytest.mark.usefixtures("sandbox")


def page(client: FlaskClient, path: str, **posted: Any) -> str:
    answer = client.post(path, data=posted, follow_redirects=True) if posted else client.get(path)
    return answer.get_data(as_text=True)


def member_of(agreement: Any) -> Person:
    return groups.members(settlement.campaign(agreement.campaign_id).group_id)[0]


def test_what_does_not_exist_is_not_found(client: FlaskClient, sign_in: Enter) -> None:
    sign_in(client, identity.person(roles=["officer", "finance"]))
    for path in (
        "agr_none",
        "agr_none/report",
        "orders/ord_none",
        "receipts/exp_none",
        "batches/bat_none",
        "prepare/no",
    ):
        assert client.get(f"/it/grants/{path}").status_code == 404, path


def test_an_officer_who_prepared_cannot_approve_and_the_second_approval_names_the_first(
    client: FlaskClient, sign_in: Enter, run_jobs: Run
) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    anna, bruno = identity.person("Anna Riva", roles=["officer"]), identity.person("Bruno Sala", roles=["officer"])
    sign_in(client, anna)
    page(client, f"/it/grants/{agreement.ref}/orders/advance", go="1")
    order = queries.orders_of(agreement.id)[0]
    path = f"/it/grants/orders/{order.ref}/approve"
    assert "Hai preparato tu questo mandato: deve approvarlo un’altra persona." in page(client, path, go="1")
    sign_in(client, bruno)
    assert "Approvato. Ora la ragioneria può mandarlo in banca." in page(client, path, go="1")
    assert "Bruno Sala ha già approvato questo mandato." in page(client, path, go="1")
    again = page(client, f"/it/grants/{agreement.ref}/orders/advance", go="1")
    assert "Anna Riva ha già preparato un mandato per questa rata." in again


def test_finance_exports_and_marks_paid(client: FlaskClient, sign_in: Enter, run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order, approver, finance = (
        make.order(agreement),
        identity.person(roles=["officer"]),
        identity.person(roles=["finance"]),
    )
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    sign_in(client, finance)
    assert f'name="row" value="{order.ref}"' in page(client, "/it/grants/orders?view=approved")
    ticked = {"act": "export", "row": order.ref}
    asked = page(client, "/it/grants/orders", **ticked)
    assert "Mettere questi mandati in un file per la banca?" in asked
    typed = page(client, "/it/grants/orders", sure="yes", execute_on="2020-01-01", **ticked)
    assert "Il giorno di esecuzione non può essere passato." in typed
    assert 'value="2020-01-01"' in typed
    done = page(client, "/it/grants/orders", sure="yes", execute_on=clock.today().isoformat(), **ticked)
    assert "Il file è pronto" in done
    batch = queries.batches()[0]
    xml = client.get(f"/it/grants/batches/{batch.ref}/pain.001.xml")
    assert xml.data.decode() == batch.xml
    table = client.get(f"/it/grants/batches/{batch.ref}/list.csv").get_data(as_text=True).lstrip("\ufeff")
    (row,) = csv.DictReader(StringIO(table), delimiter=";")
    assert (row["CUP"], row["IBAN"], row["importo"]) == (agreement.cup, order.iban, "3600,00")
    assert f"CUP {agreement.cup} anticipo" in row["causale"]
    future = page(client, f"/it/grants/orders/{order.ref}/paid", paid_on="2099-01-01")
    assert "Il giorno del pagamento sta fra l’invio in banca e oggi." in future
    assert "Pagato." in page(client, f"/it/grants/orders/{order.ref}/paid", paid_on=clock.today().isoformat())
    sign_in(client, approver)
    assert client.get(f"/it/grants/batches/{batch.ref}").status_code == 200
    assert client.get(f"/it/grants/batches/{batch.ref}/pain.001.xml").status_code == 403


def test_both_parties_sign_in_their_browser(client: FlaskClient, sign_in: Enter, run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    sign_in(client, identity.person(roles=["officer"]))
    assert "Questo CUP non è del programma" in page(
        client, f"/it/grants/prepare/{campaign.slug}", cup="A11B22000000001"
    )
    made = page(client, f"/it/grants/prepare/{campaign.slug}", cup="B49D16010990006")
    assert "La convenzione è pronta" in made
    agreement = queries.agreement_of(campaign.proposal_id)
    assert agreement is not None
    for person in list(queries.parties(agreement).values()):
        sign_in(client, person)
        path = f"/it/grants/{agreement.ref}/sign"
        assert "Ti abbiamo mandato un codice" in page(client, f"/it/grants/{agreement.ref}/code", go="1")
        assert client.post(path, data={"code": "abc"}).status_code == 422
        code = identity.code_in(outbox.latest(1, recipient=person.email)[0])
        assert "Firmata." in page(client, path, code=code)
        assert "Hai già firmato questa convenzione." in page(client, f"/it/grants/{agreement.ref}/code", go="1")
    assert client.get(f"/it/grants/{agreement.ref}/signed.pdf").data.startswith(b"%PDF")


def receipt_form(**changes: Any) -> dict[str, Any]:
    return {
        "line": "1",
        "supplier": "Ferramenta Viganò",
        "supplier_code": "01234567890",
        "document_number": "FT 7/2026",
        "document_on": clock.today().isoformat(),
        "amount": "1.250,40",
        "file": (BytesIO(make.pdf("one")), "fattura.pdf"),
        **changes,
    }


def test_a_group_sends_a_receipt_and_bad_input_gets_a_sentence_beside_its_field(
    client: FlaskClient, sign_in: Enter, run_jobs: Run
) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    sign_in(client, member_of(agreement))
    path = f"/it/grants/{agreement.ref}/report"
    wrong = client.post(
        path, data={"supplier": "Ferramenta Viganò", "amount": "1.000.00", "document_on": "ieri", "line": "99x"}
    )
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert 'value="Ferramenta Viganò"' in text
    assert 'value="1.000.00"' in text
    for sentence in (
        "Scrivi l’importo solo con cifre e virgola",
        "Scegliete una voce del vostro preventivo.",
        "Scrivete il numero che sta sulla ricevuta.",
        "Scegliete il file della ricevuta",
    ):
        assert sentence in text
    bad_file = client.post(path, data=receipt_form(file=(BytesIO(b"MZ not a paper"), "fattura.pdf")))
    assert bad_file.status_code == 422
    future = client.post(path, data=receipt_form(document_on="2099-01-01"))
    assert "La data della ricevuta è nel futuro." in future.get_data(as_text=True)
    for _click in range(2):
        assert client.post(path, data=receipt_form()).status_code == 303
    (expense,) = queries.expenses(make.queries.report(agreement.id).id)  # type: ignore[union-attr]
    assert expense.amount == euros("1250.40")
    twice = client.post(path, data=receipt_form(document_number="ft 7 2026", file=(BytesIO(make.pdf("two")), "f.pdf")))
    assert twice.status_code == 422
    assert "Avete già mandato questa ricevuta" in twice.get_data(as_text=True)
    db.session.expire_all()
    sign_in(client, identity.person(roles=["officer"]))
    assert "1 ricevuta è stata mandata una seconda volta." in page(client, path)


def test_an_officer_decides_and_closes_the_accounts(client: FlaskClient, sign_in: Enter, run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    first, second = make.reported(agreement, ["11000", "500"])
    sign_in(client, identity.person(roles=["officer"]))
    report = f"/it/grants/{agreement.ref}/report"
    assert "2 ricevute aspettano la tua decisione." in page(client, report)
    part = page(client, f"/it/grants/receipts/{first.ref}", decision="accept", accepted="10.999,00")
    assert "Scrivi in una frase perché una parte non è accettata" in part
    page(client, f"/it/grants/receipts/{first.ref}", decision="accept", accepted="11.000,00")
    none = page(client, f"/it/grants/receipts/{second.ref}", decision="reject", reason="")
    assert "Scrivi il motivo in una frase: lo legge il gruppo." in none
    page(client, f"/it/grants/receipts/{second.ref}", decision="reject", reason="Non è una spesa del progetto.")
    ready = page(client, report)
    assert "6.200,00\xa0€" in ready
    assert "1.000,00\xa0€" in ready
    close = f"/it/grants/{agreement.ref}/close"
    asked = page(client, close)
    assert "Non si può annullare." in asked
    assert "6.200,00\xa0€" in asked
    assert queries.account(agreement.id) is None, "reading the question closes nothing"
    assert "Conti chiusi." in page(client, close, go="1")
    assert queries.account(agreement.id) is not None
    told = [each for each in outbox.latest(40) if each.template == "grants/account_closed"]
    assert len(told) == len(groups.members(settlement.campaign(agreement.campaign_id).group_id))


def test_the_desk_says_to_each_what_waits(client: FlaskClient, sign_in: Enter, run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    officer, finance = identity.person(roles=["officer"]), identity.person(roles=["finance"])

    def waits(person: Person, roles: set[str]) -> list[str]:
        return [todo.what for todo in together(queries.todo(person.id, frozenset(roles), clock.now()))]

    assert waits(officer, {"officer"}) == ["Prepare the agreement"]
    agreement = make.prepared(campaign)
    assert [waits(one, set()) for one in list(queries.parties(agreement).values())] == [["Sign the agreement"]] * 2
    for person in list(queries.parties(agreement).values()):
        make.sign(make.again(agreement), person)
    assert waits(officer, {"officer"}) == ["Publish the award"]
    with transaction():
        service.publish(make.again(agreement), by=officer, now=clock.now())
    assert waits(officer, {"officer"}) == ["Prepare the order for the advance"]
    order = make.order(agreement, officer=officer)
    assert waits(officer, {"officer"}) == []
    colleague = identity.person(roles=["officer"])
    assert waits(colleague, {"officer"}) == ["Approve a payment order"]
    with transaction():
        service.approve(order, by=colleague, now=clock.now())
    assert waits(finance, {"finance"}) == ["Export a payment order"]
    make.receipt(agreement, "100")
    assert waits(officer, {"officer"}) == ["Check %(count)d receipts"]
    sign_in(client, officer)
    assert "Controlla le ricevute: 1" in page(client, "/it/desk")


def test_the_calls_dossier_draws_money_at_every_step(client: FlaskClient, sign_in: Enter, run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    call = calls.call(proposals.proposal(agreement.proposal_id).call_id)
    sign_in(client, identity.person(roles=("officer",)))
    for step in (lambda: None, lambda: make.paid(agreement)):
        step()
        dossier = client.get(f"/it/calls/manage/{call.ref}")
        assert dossier.status_code == 200
        assert "Vincolato da convenzioni" in dossier.get_data(as_text=True)
