"""After the campaign: the group becomes a non-profit, the agreement is signed, receipts come in, tranches are paid."""

from __future__ import annotations

from datetime import timedelta

import typst
from schwifty import IBAN

from app.campaigns.models import Campaign
from app.core import clock
from app.core.db import db
from app.core.money import Money
from app.core.settings import DEFAULTS
from app.demo.cast import code_in_mail
from app.demo.stage import Stage, at_the_sandbox
from app.grants import gateway as bank
from app.grants import queries as grants
from app.grants import service as grant_verbs
from app.grants.models import Agreement, Order
from app.groups import queries as groups
from app.groups import service as verbs
from app.groups.models import LegalEntity
from app.groups.rules import ItemKind
from app.identity.models import Person
from app.payments import gateway as provider

CUP = "B49J21020960007"
TREASURY = bank.Treasury(name=DEFAULTS["city.name"], iban=DEFAULTS["city.iban"], bic="")


def iban(number: int) -> str:
    """An account that nobody has, another one for each body."""
    return str(IBAN.generate("IT", bank_code="05428", branch_code="11101", account_code=f"{number:012d}"))


def paper(title: str, *lines: str) -> bytes:
    """A one-page PDF with a title and some lines."""
    body = "\n\n".join(line.replace("#", "").replace("@", "") for line in lines)
    source = f'#set page(paper: "a4", margin: 3cm)\n#set text(lang: "it", size: 11pt)\n= {title}\n\n{body}\n'
    return bytes(typst.compile(source.encode()))


def body_code(number: int) -> str:
    """A well-formed eleven-digit tax code; the tax office numbers 9xxxxx are not assigned."""
    digits = f"9{number:06d}015"
    weight = 0
    for place, digit in enumerate(digits, start=1):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        weight += value - 9 if value > 9 else value
    return digits + str(-weight % 10)


def send_items(stage: Stage, campaign: Campaign, crowd: list[Person], *, all_of_them: bool = True) -> LegalEntity:
    """The group fills in its file: name and form, tax code, deed, statute, representative, IBAN, account."""
    by, group = crowd[0], groups.group(campaign.group_id)
    with stage.act() as now:
        entity = verbs.open_entity(group, by=by, now=now)
        verbs.send_name(entity, name=group.name, form="association", by=by, now=now)
        verbs.send_tax_code(entity, tax_code=body_code(entity.id), by=by, now=now)
        deed = paper(
            "Atto costitutivo", f"Si costituisce l’associazione «{group.name}».", *(f"- {one.name}" for one in crowd)
        )
        verbs.send_document(entity, ItemKind.DEED, data=deed, filename="atto-costitutivo.pdf", by=by, now=now)
    if not all_of_them:
        return entity
    with stage.act() as now:
        statute = paper("Statuto", f"L’associazione «{group.name}» non ha fini di lucro.", "Gli avanzi si reinvestono.")
        verbs.send_document(entity, ItemKind.STATUTE, data=statute, filename="statuto.pdf", by=by, now=now)
        verbs.send_representative(entity, person_ref=by.ref, by=by, now=now)
        verbs.send_iban(entity, iban=iban(entity.id), by=by, now=now)
        verbs.ask_account(entity, by=by, now=now)
    name, ref, address, entity_id = group.name, group.ref, by.email, entity.id
    account = provider.create_account(name=name, email=address, metadata={"group": ref}, key=f"group:{ref}:account")
    with stage.act() as now:
        verbs.attach_account(entity, account.id, by=by, now=now)
    at_the_sandbox(f"accounts/{account.id}/onboard")
    read = provider.read_account(account.id)
    with stage.act() as now:
        verbs.account_read(entity, ready=read.ready, needs=read.due, now=now)
    return db.session.get_one(LegalEntity, entity_id)


def verify(stage: Stage, entity: LegalEntity, officer: Person) -> None:
    """An officer accepts each item, then the body."""
    with stage.act() as now:
        for kind in groups.items(entity.id):
            verbs.accept_item(entity, kind, by=officer, now=now)
        verbs.verify(entity, by=officer, now=now)


def agree(stage: Stage, campaign: Campaign, officer: Person, responsible: Person, *, sign: bool = True) -> Agreement:
    """The agreement is drawn up; both sign it with a code over its hash; the award is published."""
    with stage.act() as now:
        agreement = grant_verbs.prepare(campaign, cup_code=CUP, by=officer, now=now)
    if not sign:
        return agreement
    for person in (responsible, grants.representative(agreement)):
        with stage.act() as now:
            grant_verbs.ask_code(agreement, by=person, now=now)
        with stage.act() as now:
            grant_verbs.sign(agreement, code=code_in_mail(person), by=person, now=now)
    with stage.act() as now:
        grant_verbs.publish(agreement, by=officer, now=now)
    return agreement


def order_due(stage: Stage, agreement: Agreement, officer: Person, second: Person) -> Order:
    """One officer prepares the order of the due tranche and another approves it: finance finds it waiting."""
    due = next(tranche for tranche, owner, _ in grants.tranches_due() if owner.id == agreement.id)
    with stage.act() as now:
        order = grant_verbs.prepare_order(due, by=officer, now=now)
    with stage.act() as now:
        grant_verbs.approve(order, by=second, now=now)
    return order


def pay_due(stage: Stage, agreement: Agreement, officer: Person, second: Person, finance: Person) -> None:
    """The due tranche is ordered and approved; finance exports it and marks it paid."""
    order = order_due(stage, agreement, officer, second)
    today = clock.local(stage.now).date()
    with stage.act() as now:
        grant_verbs.export([order], treasury=TREASURY, execute_on=today + timedelta(days=1), by=finance, now=now)
    stage.at(stage.now + timedelta(days=2))
    with stage.act() as now:
        grant_verbs.mark_paid(order, paid_on=clock.local(stage.now).date(), by=finance, now=now)


def report(
    stage: Stage, agreement: Agreement, crowd: list[Person], spent: list[tuple[str, int]], *, send: bool = True
) -> None:
    """The group sends receipts: for each budget line the euros spent, in one or more receipts."""
    by = crowd[0]
    lines = {line.name: line for line in grants.lines(agreement)}
    number = 0
    for name, euros in spent:
        for part in _parts(euros):
            number += 1
            today = clock.local(stage.now).date() - timedelta(days=number % 20)
            supplier = f"Fornitore {chr(65 + number % 20)} srl"
            data = paper("Fattura", f"{agreement.ref} n. {number}", supplier, f"{name}: {part} euro", str(today))
            with stage.act() as now:
                grant_verbs.add_expense(
                    agreement,
                    data=data,
                    filename=f"ricevuta-{number}.pdf",
                    by=by,
                    now=now,
                    line=lines[name].position,
                    supplier=supplier,
                    supplier_code=body_code(500000 + agreement.id * 100 + number),
                    document_number=f"{number}/{today.year}",
                    document_on=today,
                    amount=Money(part * 100),
                )
    if send:
        with stage.act() as now:
            grant_verbs.send_report(agreement, by=by, now=now)


def close_books(stage: Stage, agreement: Agreement, officer: Person) -> None:
    """The officer accepts every receipt and closes the accounts."""
    found = grants.report(agreement.id)
    if found is None:
        raise RuntimeError("no report to close")
    for expense in grants.expenses(found.id):
        with stage.act() as now:
            grant_verbs.accept(expense, amount=expense.amount, by=officer, now=now)
    with stage.act() as now:
        grant_verbs.close_account(agreement, by=officer, now=now)


def _parts(euros: int) -> list[int]:
    """One receipt up to 1,000 euros, else three."""
    if euros <= 1000:
        return [euros]
    third = euros // 3
    return [third, third, euros - 2 * third]
