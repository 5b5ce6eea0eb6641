"""Grants, through the verbs that people use: agreement, signatures, orders, receipts."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from flask import current_app

from app.calls import queries as calls
from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.core import clock
from app.core.db import db, transaction
from app.core.money import Money, euros
from app.files.models import File
from app.grants import gateway, queries, service
from app.grants.models import Account, Agreement, Expense, Order, Tranche
from app.groups import queries as groups
from app.identity.models import Person
from app.outbox import queries as outbox
from tests.make import identity
from tests.make import settlement as closing
from tests.make.kept import kept, step
from tests.make.numbers import another

TREASURY = gateway.Treasury("Comune di Milano", "IT60X0542811101000000123456", "")


@kept
def prepared(campaign: Campaign, *, officer: Person | None = None) -> Agreement:
    """The agreement, sent to both parties."""
    officer = officer or identity.person(roles=["officer"])
    cup = calls.whole(calls.call(campaign.call_id)).programme.cups[0]
    with transaction():
        return service.prepare(campaign, cup_code=cup, by=officer, now=clock.now())


@step
def sign(agreement: Agreement, person: Person) -> None:
    """One party asks for the code, reads it in the mail and signs."""
    with transaction():
        service.ask_code(agreement, by=person, now=clock.now())
    code = identity.code_in(outbox.latest(1, recipient=person.email)[0])
    with transaction():
        service.sign(agreement, code=code, by=person, now=clock.now())


@kept
def signed(campaign: Campaign) -> Agreement:
    """The agreement with both signatures: the city is bound."""
    agreement = prepared(campaign)
    for person in list(queries.parties(agreement).values()):
        sign(agreement, person)
    return again(agreement)


@kept
def published(campaign: Campaign) -> Agreement:
    """The same, in the public register."""
    agreement = signed(campaign)
    officer = identity.person(roles=["officer"])
    with transaction():
        service.publish(agreement, by=officer, now=clock.now())
    return again(agreement)


def tranche(agreement: Agreement, kind: TrancheKind = TrancheKind.ADVANCE) -> Tranche:
    """One of its tranches."""
    db.session.expire_all()
    return next(one for one in queries.tranches(agreement.id) if one.kind is kind)


@kept
def order(agreement: Agreement, kind: TrancheKind = TrancheKind.ADVANCE, *, officer: Person | None = None) -> Order:
    """A prepared order."""
    officer = officer or identity.person(roles=["officer"])
    part = tranche(agreement, kind)
    with transaction():
        return service.prepare_order(part, by=officer, now=clock.now())


@kept
def paid(agreement: Agreement, kind: TrancheKind = TrancheKind.ADVANCE) -> Order:
    """An order prepared, approved, exported and paid by four people."""
    made = order(agreement, kind)
    approver, finance = identity.person(roles=["officer"]), identity.person(roles=["finance"])
    with transaction():
        service.approve(made, by=approver, now=clock.now())
    with transaction():
        day = clock.today() + timedelta(days=1)
        service.export([made], treasury=TREASURY, execute_on=day, by=finance, now=clock.now())
    with transaction():
        service.mark_paid(made, paid_on=clock.today(), by=finance, now=clock.now())
    db.session.expire_all()
    return made


def pdf(words: str) -> bytes:
    """A small PDF, another for other words."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%"
        + words.encode()
        + b"\ntrailer<</Root 1 0 R/Size 3>>\nstartxref\n9\n%%EOF\n"
    )


@step
def receipt(
    agreement: Agreement, amount: Money | str, *, line: int = 1, by: Person | None = None, **given: Any
) -> Expense:
    """A receipt sent by a person of the group."""
    number = another("receipt")
    campaign = closing.queries.campaign(agreement.campaign_id)
    by = by or groups.members(campaign.group_id)[0]
    facts: dict[str, Any] = {
        "line": line,
        "supplier": "Ferramenta Viganò",
        "supplier_code": "01234567890",
        "document_number": f"FT {number}/2026",
        "document_on": clock.today(),
        "amount": amount if isinstance(amount, Money) else euros(amount),
        "data": pdf(f"receipt {number}"),
        "filename": "fattura.pdf",
        **given,
    }
    with transaction():
        return service.add_expense(agreement, by=by, now=clock.now(), **facts)


def positions(agreement: Agreement) -> list[int]:
    """The places of the budget lines."""
    return [one.position for one in queries.lines(agreement)]


@kept
def reported(agreement: Agreement, amounts: list[str]) -> list[Expense]:
    """Receipts of these sums, one for each budget line in turn, and the report sent."""
    places = itertools.cycle(positions(agreement))
    sent = [receipt(agreement, amount, line=next(places)) for amount in amounts]
    group_id = closing.queries.campaign(agreement.campaign_id).group_id
    member = groups.members(group_id)[0]
    with transaction():
        service.send_report(agreement, by=member, now=clock.now())
    return sent


@kept
def accepted(agreement: Agreement, amounts: list[str]) -> list[Expense]:
    """The same, each accepted whole."""
    officer = identity.person(roles=["officer"])
    sent = reported(agreement, amounts)
    for one in sent:
        with transaction():
            service.accept(one, amount=one.amount, by=officer, now=clock.now())
    return sent


@kept
def closed(agreement: Agreement) -> Account:
    """The accounts closed by an officer."""
    officer = identity.person(roles=["officer"])
    with transaction():
        return service.close_account(agreement, by=officer, now=clock.now())


def text_of(file: File) -> bytes:
    """The bytes of a stored file."""
    from app.files import gateway as papers

    return papers.read(file)


def again(agreement: Agreement) -> Agreement:
    """The agreement as the database has it now."""
    db.session.expire_all()
    return queries.agreement(agreement.id)


def frozen() -> Any:
    """The test's clock."""
    return current_app.extensions["clock"]
