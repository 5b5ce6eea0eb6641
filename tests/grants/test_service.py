"""From the confirmed match to the closed accounts, and everything that must be refused on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import sepaxml
import xmlschema
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.calls.rules import TrancheKind
from app.core import clock
from app.core.crypto import sha256_hex
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.money import ZERO, Money, euros, total
from app.core.together import together
from app.files import gateway as papers
from app.grants import queries, service
from app.grants.models import Agreement
from app.grants.rules import AgreementState, ExpenseState, OrderState, Signer, TrancheState
from app.groups import queries as groups
from app.identity import service as roles
from app.identity.models import Person
from app.identity.rules import HANDS, Hand, Role
from app.ledger import queries as ledger
from app.matching import queries as matching
from app.outbox import queries as outbox
from app.pledges import queries as pledges
from app.settlement import queries as settlement
from app.transparency import queries as transparency
from app.transparency.rules import What
from tests.make import grants as make
from tests.make import identity
from tests.make import settlement as closing

Run = Callable[..., int]
pytestmark = pytest.mark.usefixtures("sandbox")


def holds() -> None:
    rooms = (queries, settlement, ledger, matching, pledges)
    for check in [check for room in rooms for check in room.checks()]:
        assert check.holds, check


def refused_by_the_database(constraint: str, statement: str, **given: object) -> None:
    with pytest.raises(DBAPIError) as wrong, transaction():
        db.session.execute(text(statement), given)
    assert constraint in str(wrong.value.orig) or constraint in str(
        getattr(wrong.value.orig, "diag", "").constraint_name
    )


def test_the_reference_story_from_the_confirmed_match_to_the_last_euro(app: Flask, run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    fund = matching.available(campaign.call_id)
    agreement = make.published(campaign)
    assert (agreement.amount, agreement.state) == (euros("7200"), AgreementState.SIGNED)
    assert matching.books_of_project(agreement.proposal_id).committed == euros("7200")
    advance, balance = queries.tranches(agreement.id)
    assert (advance.amount, balance.amount) == (euros("3600"), euros("3600"))
    assert make.paid(agreement).amount == euros("3600")
    make.accepted(agreement, ["4310", "2900", "2480", "720", "494", "96"])
    assert queries.accepted(agreement) == euros("11000")
    account = make.closed(agreement)
    assert (account.accepted, account.gifts) == (euros("11000"), euros("4800"))
    assert (account.by_share, account.by_gifts) == (euros("6600"), euros("6200"))
    assert (account.final_grant, account.balance, account.economy) == (euros("6200"), euros("2600"), euros("1000"))
    assert matching.available(campaign.call_id) == fund + euros("1000")
    assert make.tranche(agreement, TrancheKind.BALANCE).amount == euros("2600")
    make.paid(agreement, TrancheKind.BALANCE)
    books = matching.books_of_project(agreement.proposal_id)
    assert (books.paid, books.committed, books.approved) == (euros("6200"), ZERO, ZERO)
    holds()
    verified = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert verified.exit_code == 0, verified.output


def test_the_agreement_is_signed_over_the_hash_of_its_text(run_jobs: Run) -> None:
    agreement = make.prepared(closing.confirmed(run_jobs))
    words = papers.read(queries.text_of(agreement))
    assert sha256_hex(words) == agreement.sha256 == hashlib.sha256(words).hexdigest()
    assert b"pdfuaid" in words
    parties = queries.parties(agreement)
    assert {each.recipient for each in outbox.latest(2)} == {each.email for each in parties.values()}
    for signer in Signer:
        make.sign(make.again(agreement), queries.parties(agreement)[signer])
    agreement = make.again(agreement)
    signed = queries.signed_copy(agreement)
    assert signed is not None
    assert {one.sha256 for one in queries.signatures(agreement.id)} == {agreement.sha256}
    assert papers.read(signed) != words
    assert papers.read(queries.text_of(agreement)) == words


def test_only_the_two_parties_sign_each_once_and_with_the_right_code(run_jobs: Run) -> None:
    agreement = make.prepared(closing.confirmed(run_jobs))
    stranger = identity.person(roles=["responsible", "officer"])
    with pytest.raises(Forbidden), transaction():
        service.ask_code(agreement, by=stranger, now=clock.now())
    representative = queries.representative(agreement)
    with transaction():
        service.ask_code(agreement, by=representative, now=clock.now())
    with pytest.raises(Invalid), transaction():
        service.sign(agreement, code="000000", by=representative, now=clock.now())
    make.sign(make.again(agreement), representative)
    with pytest.raises(Conflict), transaction():
        service.sign(make.again(agreement), code="000000", by=representative, now=clock.now())
    assert matching.books_of_project(agreement.proposal_id).committed == ZERO


def test_nobody_signs_a_text_that_was_changed_on_disc(run_jobs: Run) -> None:
    agreement = make.prepared(closing.confirmed(run_jobs))
    party = queries.representative(agreement)
    with transaction():
        service.ask_code(agreement, by=party, now=clock.now())
    code = identity.code_in(outbox.latest(1, recipient=party.email)[0])
    place = papers.path(queries.text_of(agreement))
    text = place.read_bytes()
    place.write_bytes(text + b" ")
    with pytest.raises(Conflict), transaction():
        service.sign(agreement, code=code, by=party, now=clock.now())
    place.write_bytes(text)


def test_an_agreement_needs_a_cup_of_the_programme(run_jobs: Run) -> None:
    campaign, officer = closing.confirmed(run_jobs), identity.person(roles=["officer"])
    for typed in ("", "B49", "Z99Z99999999999"):
        with pytest.raises(Invalid), transaction():
            service.prepare(campaign, cup_code=typed, by=officer, now=clock.now())


def test_an_agreement_is_prepared_once(run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    make.prepared(campaign)
    with pytest.raises(Conflict):
        make.prepared(campaign)


def test_nobody_publishes_the_award_of_her_own_group(run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    agreement, member = make.signed(campaign), groups.members(campaign.group_id)[1]
    with pytest.raises(Forbidden), transaction():
        service.publish(agreement, by=member, now=clock.now())
    assert queries.award_record(agreement.id) is None


def test_an_order_needs_another_hand_and_says_who_was_first(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    preparer = identity.person("Anna Riva", roles=["officer", "finance"])
    approver = identity.person("Bruno Sala", roles=["officer", "finance"])
    third, finance = identity.person(roles=["officer"]), identity.person(roles=["finance"])
    order = make.order(agreement, officer=preparer)
    with pytest.raises(Conflict, match="Anna Riva already prepared"):
        make.order(agreement)
    with (
        pytest.raises(Forbidden, match="You prepared this payment order: somebody else must approve it"),
        transaction(),
    ):
        service.approve(order, by=preparer, now=clock.now())
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    with pytest.raises(Conflict, match="Bruno Sala already approved"), transaction():
        service.approve(order, by=third, now=clock.now())
    with pytest.raises(Conflict), transaction():
        service.mark_paid(order, paid_on=clock.today(), by=finance, now=clock.now())
    with transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=finance, now=clock.now())
    with pytest.raises(Conflict), transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=finance, now=clock.now())
    with pytest.raises(Forbidden, match="You approved"), transaction():
        service.mark_paid(order, paid_on=clock.today(), by=approver, now=clock.now())
    with pytest.raises(Invalid), transaction():
        service.mark_paid(order, paid_on=clock.today() + timedelta(days=1), by=finance, now=clock.now())
    with transaction():
        service.mark_paid(order, paid_on=clock.today(), by=finance, now=clock.now())
    assert matching.books_of_project(agreement.proposal_id).paid == euros("3600")
    holds()


def test_finance_does_not_pay_the_group_she_belongs_to(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order = make.order(agreement)
    insider = groups.members(settlement.campaign(agreement.campaign_id).group_id)[1]
    finance, approver = identity.person(roles=["finance"]), identity.person(roles=["officer"])
    with transaction():
        roles.grant(insider, Role.FINANCE, by=None, now=clock.now())
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    with pytest.raises(Forbidden, match="You belong to this group"), transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=insider, now=clock.now())
    with transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=finance, now=clock.now())
    with pytest.raises(Forbidden, match="You belong to this group"), transaction():
        service.mark_paid(order, paid_on=clock.today(), by=insider, now=clock.now())
    assert matching.books_of_project(agreement.proposal_id).paid == ZERO


def test_a_stopped_order_frees_its_tranche_and_its_money(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order, approver = make.order(agreement), identity.person(roles=["officer"])
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    with pytest.raises(Invalid), transaction():
        service.refuse(order, reason="no", by=approver, now=clock.now())
    with transaction():
        service.refuse(order, reason="L’IBAN è cambiato, va rifatto.", by=approver, now=clock.now())
    books = matching.books_of_project(agreement.proposal_id)
    assert (books.committed, books.approved) == (euros("7200"), ZERO)
    assert make.order(agreement).amount == euros("3600")
    holds()


def test_the_bank_file_is_valid_and_names_cup_tranche_and_order(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    make.paid(agreement)
    batch = queries.batches()[0]
    schema = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
    xmlschema.XMLSchema(str(schema)).validate(batch.xml)
    order = queries.orders_of(agreement.id)[0]
    for words in (
        f"CUP {agreement.cup} anticipo",
        order.ref.replace("_", "").upper(),
        "3600.00",
        order.iban,
        batch.message_id,
        f"<CreDtTm>{clock.local(batch.made_at):%Y-%m-%dT%H:%M:%S}</CreDtTm>",
    ):
        assert words in batch.xml
    assert batch.message_id.startswith(f"{clock.local(batch.made_at):%Y%m%d%H%M%S}-")
    assert (batch.lines, batch.total, batch.sha256) == (1, euros("3600"), sha256_hex(batch.xml.encode()))


def test_the_database_refuses_a_payment_before_its_time(run_jobs: Run) -> None:
    campaign = closing.confirmed(run_jobs)
    agreement = make.prepared(campaign)
    officer = identity.person(roles=["officer"])
    entity = groups.entity(agreement.entity_id)
    tranche = (
        "insert into grants_tranche (agreement_id, kind, bp, amount, state)"
        " values (:agreement, :kind, 5000, :amount, 'due') returning id"
    )
    with transaction():
        for kind in ("advance", "balance"):
            db.session.execute(text(tranche), {"agreement": agreement.id, "kind": kind, "amount": 360000})
    insert = (
        "insert into grants_payment_order (ref, year, number, tranche_id, agreement_id, entity_id, beneficiary, amount,"
        " iban, cup, state, prepared_by, prepared_at)"
        " select 'ord_x', 2026, 99, t.id, :agreement, :entity, 'X', :amount, :iban, :cup, :state, :by, now()"
        " from grants_tranche t where t.agreement_id = :agreement and t.kind = :kind"
    )
    given = {
        "agreement": agreement.id,
        "entity": entity.id,
        "amount": 360000,
        "iban": entity.iban,
        "cup": agreement.cup,
        "state": "prepared",
        "by": officer.id,
        "kind": "advance",
    }
    refused_by_the_database("grants_payment_order_agreement_signed", insert, **given)
    with transaction():
        db.session.execute(text("delete from grants_tranche"))
    for person in list(queries.parties(agreement).values()):
        make.sign(make.again(agreement), person)
    refused_by_the_database("grants_payment_order_award_published", insert, **given)
    with transaction():
        service.publish(make.again(agreement), by=officer, now=clock.now())
    refused_by_the_database("grants_payment_order_as_agreed", insert, **{**given, "amount": 360001})
    refused_by_the_database("grants_payment_order_as_agreed", insert, **{**given, "cup": "A11A11111111111"})
    refused_by_the_database("grants_payment_order_moves", insert, **{**given, "state": "approved"})
    refused_by_the_database("grants_payment_order_entity_verified", insert, **{**given, "iban": "IT00X"})
    refused_by_the_database("grants_payment_order_accounts_closed", insert, **{**given, "kind": "balance"})
    with transaction():
        reopened = "update groups_legal_entity set state = 'draft', verified_at = null, verified_by = null"
        db.session.execute(text(reopened))
    refused_by_the_database("grants_payment_order_entity_verified", insert, **given)


def test_the_database_refuses_one_hand_for_two_steps(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order = make.order(agreement)
    approve = "update grants_payment_order set state = 'approved', approved_by = :by, approved_at = now()"
    refused_by_the_database("approver_is_another", approve, by=order.prepared_by)
    refused_by_the_database("grants_payment_order_moves", "update grants_payment_order set state = 'paid'")
    refused_by_the_database("grants_payment_order_kept", "update grants_payment_order set amount = amount + 1")
    refused_by_the_database("grants_payment_order_kept", "delete from grants_payment_order")
    approver, finance = identity.person(roles=["officer"]), identity.person(roles=["finance"])
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    with transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=finance, now=clock.now())
    pay = "update grants_payment_order set state = 'paid', paid_by = :by, paid_at = now(), paid_on = current_date"
    refused_by_the_database("payer_is_another", pay, by=approver.id)


def test_the_database_keeps_signatures_records_and_texts(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    for attack in (
        "delete from grants_signature",
        "update grants_award_record set amount = 1",
        "update grants_agreement set amount = 1",
        "update grants_agreement set state = 'sent', signed_at = null, signed_pdf_id = null",
        "delete from grants_agreement",
    ):
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(text(attack))
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(
            text(
                "insert into grants_signature (agreement_id, role, person_id, name, sha256, signed_at)"
                " values (:agreement, 'responsible', :person, 'X', 'other', now())"
            ),
            {"agreement": agreement.id, "person": agreement.responsible_id},
        )


def test_the_same_receipt_pays_once_here_and_elsewhere(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    first = make.receipt(agreement, "100", document_number="FT 12/2026")
    with pytest.raises(service.DuplicateReceipt):
        make.receipt(agreement, "100", document_number="ft-12-2026")
    data = papers.read(queries.receipt_file(first))
    with pytest.raises(service.DuplicateReceipt):
        make.receipt(agreement, "90", data=data)
    other = make.published(closing.confirmed(run_jobs, title="Un altro cortile"))
    with pytest.raises(service.DuplicateReceipt, match="another project"):
        make.receipt(other, "100", document_number="FT 12/2026")
    officer = identity.person(roles=["officer"])
    with transaction():
        service.reject(first, reason="La ricevuta è illeggibile.", by=officer, now=clock.now())
    assert make.receipt(agreement, "100", document_number="FT 12/2026").state is ExpenseState.SENT


def test_a_receipt_is_accepted_for_no_more_than_it_says_and_less_needs_a_reason(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    officer, receipt = identity.person(roles=["officer"]), make.receipt(agreement, "100.00")
    for amount, reason in (("100.01", "Una ragione abbastanza lunga."), ("99.99", "")):
        with pytest.raises(Invalid), transaction():
            service.accept(receipt, amount=euros(amount), reason=reason, by=officer, now=clock.now())
    with transaction():
        service.accept(receipt, amount=euros("99.99"), reason="Il caffè non è ammesso.", by=officer, now=clock.now())
    with pytest.raises(Conflict), transaction():
        service.reject(receipt, reason="Ci ho ripensato del tutto.", by=officer, now=clock.now())
    assert queries.accepted(agreement) == euros("99.99")
    refused_by_the_database("grants_expense_kept", "update grants_expense set accepted_amount = 1")
    holds()


def test_members_send_receipts_and_never_decide_on_their_own(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    member = groups.members(settlement.campaign(agreement.campaign_id).group_id)[0]
    receipt = make.receipt(agreement, "100")
    with pytest.raises(Forbidden), transaction():
        service.accept(receipt, amount=euros("100"), by=member, now=clock.now())
    with pytest.raises(Forbidden):
        make.receipt(agreement, "100", by=identity.person())
    with pytest.raises(Forbidden):
        make.order(agreement, officer=member)


def test_accounts_close_only_when_every_receipt_is_decided_and_no_order_is_under_way(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    officer = identity.person(roles=["officer"])
    with pytest.raises(Conflict):
        make.closed(agreement)
    (receipt,) = make.reported(agreement, ["8000"])
    with pytest.raises(Conflict, match="1 receipts still wait"):
        make.closed(agreement)
    with transaction():
        service.accept(receipt, amount=receipt.amount, by=officer, now=clock.now())
    order = make.order(agreement)
    with pytest.raises(Conflict, match="is not paid yet"):
        make.closed(agreement)
    with transaction():
        service.refuse(order, reason="Prima chiudiamo i conti.", by=officer, now=clock.now())
    account = make.closed(agreement)
    assert (account.final_grant, account.balance, account.economy) == (euros("3200"), euros("3200"), euros("4000"))
    assert make.tranche(agreement).state is TrancheState.NOTHING
    make.paid(agreement, TrancheKind.BALANCE)
    holds()


def test_spending_below_the_advance_leaves_a_sum_to_give_back(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    make.paid(agreement)
    make.accepted(agreement, ["8399.99"])
    account = make.closed(agreement)
    assert (account.final_grant, account.balance) == (euros("3599.99"), ZERO)
    assert (account.recovery, account.economy) == (euros("0.01"), euros("3600"))
    assert make.tranche(agreement, TrancheKind.BALANCE).state is TrancheState.NOTHING
    holds()


def test_what_was_paid_too_much_is_owed_until_it_has_come_in(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    campaign = settlement.campaign(agreement.campaign_id)
    make.paid(agreement)
    make.accepted(agreement, ["5000"])  # gifts of 4,800.00: the city owes 200.00 and has paid 3,600.00
    free = matching.available(campaign.call_id)
    account = make.closed(agreement)
    assert (account.final_grant, account.recovery) == (euros("200"), euros("3400"))
    assert queries.owed(agreement) == euros("3400")
    assert matching.available(campaign.call_id) == free + euros("3600")
    holds()
    finance, member = identity.person(roles=["finance"]), groups.members(campaign.group_id)[0]

    def todo(person: Person, *held: str) -> set[tuple[str, Money]]:
        lines = together(queries.todo(person.id, frozenset(held), clock.now()))
        return {(line.what, line.amount) for line in lines}

    assert ("Follow money that a body must give back", euros("3400")) in todo(finance, "finance")
    assert ("Give money back to the city", euros("3400")) in todo(member)

    def repaid(amount: str, reference: str = "Q 17/2026", by: Person = finance, day: date | None = None) -> None:
        with transaction():
            service.record_repayment(
                agreement,
                amount=euros(amount),
                received_on=day or clock.today(),
                reference=reference,
                by=by,
                now=clock.now(),
            )

    with pytest.raises(Forbidden):
        repaid("1", by=identity.person(roles=["officer"]))
    for wrong in ({"amount": "3400.01"}, {"amount": "1", "day": clock.today() + timedelta(days=1)}):
        with pytest.raises(Invalid):
            repaid(**wrong)
    for _click in range(2):
        repaid("3000")
    with pytest.raises(Invalid, match="already, with another sum"):
        repaid("400")
    assert queries.owed(agreement) == euros("400")
    holds()
    repaid("400", "Q 18/2026")
    assert queries.owed(agreement) == ZERO
    assert matching.available(campaign.call_id) == free + euros("7000")
    assert todo(finance, "finance") == todo(member) == set()
    with pytest.raises(Invalid):
        repaid("0.01", "Q 19/2026")
    refused_by_the_database("permission denied", "update grants_repayment set amount = 1")
    holds()
    told = transparency.trail(campaign)
    assert [(step.what, step.amount) for step in told.steps if step.what in (What.OWED, What.GIVEN_BACK)] == [
        (What.OWED, euros("3400")),
        (What.GIVEN_BACK, euros("3000")),
        (What.GIVEN_BACK, euros("400")),
    ]
    assert told.figures.paid == euros("200")
    assert total(amount for _kind, amount in told.paid_parts) == euros("200")
    for check in transparency.checks():
        assert check.holds, check


def test_an_order_in_a_file_cannot_be_stopped_any_more(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order, approver, finance = (
        make.order(agreement),
        identity.person(roles=["officer"]),
        identity.person(roles=["finance"]),
    )
    with transaction():
        service.approve(order, by=approver, now=clock.now())
    with transaction():
        service.export([order], treasury=make.TREASURY, execute_on=clock.today(), by=finance, now=clock.now())
    with pytest.raises(Conflict), transaction():
        service.refuse(order, reason="Troppo tardi per fermarlo.", by=approver, now=clock.now())
    assert order.state is OrderState.EXPORTED


def test_the_register_has_what_the_law_asks_for(run_jobs: Run) -> None:
    agreement: Agreement = make.published(closing.confirmed(run_jobs))
    (record,) = queries.award_records()
    entity = groups.entity(agreement.entity_id)
    assert (record.beneficiary, record.tax_code, record.amount) == (entity.name, entity.tax_code, euros("7200"))
    assert record.act.startswith("DD 1234/2026, Convenzione 1/2026")
    assert all((record.rule, record.office, record.responsible, record.method, record.slug, record.cup))


def test_each_hand_on_the_money_holds_its_role_at_that_moment(run_jobs: Run) -> None:
    agreement = make.prepared(closing.confirmed(run_jobs))
    responsible = queries.parties(agreement)[Signer.RESPONSIBLE]
    with transaction():
        service.ask_code(agreement, by=responsible, now=clock.now())
    code = identity.code_in(outbox.latest(1, recipient=responsible.email)[0])
    _lose(responsible, "responsible")
    with pytest.raises(Forbidden, match="does not have the role"), transaction():
        service.sign(agreement, code=code, by=responsible, now=clock.now())
    assert queries.signatures(agreement.id) == []


def test_no_other_role_moves_an_order_or_decides_on_a_receipt(run_jobs: Run) -> None:
    agreement = make.published(closing.confirmed(run_jobs))
    order, tranche, receipt = make.order(agreement), make.tranche(agreement), make.receipt(agreement, "100")
    reason, today, now = "L’IBAN è vecchio.", clock.today(), clock.now()
    acts: dict[Hand, Callable[[Person], object]] = {
        Hand.ORDER: lambda who: service.prepare_order(tranche, by=who, now=now),
        Hand.APPROVE: lambda who: service.approve(order, by=who, now=now),
        Hand.STOP: lambda who: service.refuse(order, reason=reason, by=who, now=now),
        Hand.PAY: lambda who: service.mark_paid(order, paid_on=today, by=who, now=now),
        Hand.RECEIPTS: lambda who: service.reject(receipt, reason=reason, by=who, now=now),
    }
    people = {role: identity.person(roles=[role]) for role in Role}
    tries = [(hand, role) for hand in acts for role in Role if role not in HANDS[hand]]
    assert len(tries) == 17
    for hand, role in tries:
        with pytest.raises(Forbidden, match="does not have the role"), transaction():
            acts[hand](people[role])
    assert [queries.orders(OrderState.PREPARED)[0][0].id, receipt.state] == [order.id, ExpenseState.SENT]


def _lose(person: Person, role: str) -> None:
    db.session.execute(
        text("update identity_role set ended_at = :now where person_id = :id and role = :role"),
        {"now": clock.now(), "id": person.id, "role": role},
    )
    db.session.commit()
