"""Payment orders: from hand to hand, and the files for the bank."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from schwifty import IBAN

from app.core import clock, settings
from app.core.db import transaction
from app.core.errors import Invalid, Missing, Refusal
from app.core.money import plain
from app.grants import gateway, queries, schemas, service
from app.grants.models import Batch, Order
from app.grants.rules import OrderState, csv_cell, end_to_end, remittance
from app.grants.views.agreements import OFFICE, back_to, bp, refused, visible
from app.groups.rules import spaced
from app.identity import queries as identity
from app.identity.rules import Hand
from app.web import downloads, gates


def found(ref: str) -> Order:
    """The order, for the office."""
    order = queries.order_by_ref(ref)
    if order is None:
        raise Missing("There is no payment order at this address.")
    return order


@bp.get("/orders")
@gates.role(*OFFICE)
def orders() -> ResponseReturnValue:
    """All orders by whose hands they wait for."""
    return _orders({}, 200)


def _orders(errors: dict[str, Refusal], status: int) -> ResponseReturnValue:
    return (
        render_template(
            "grants/orders.html",
            due=queries.tranches_due(),
            prepared=queries.orders(OrderState.PREPARED),
            approved=queries.orders(OrderState.APPROVED),
            exported=queries.orders(OrderState.EXPORTED),
            over=queries.orders(OrderState.PAID, OrderState.REFUSED),
            batches=queries.batches(),
            may_export="finance" in gates.roles(),
            tomorrow=clock.today() + timedelta(days=1),
            values=request.form,
            errors=errors,
        ),
        status,
    )


@bp.post("/<ref>/orders/<any(advance, balance):kind>")
@gates.hand(Hand.ORDER)
def prepare_order(ref: str, kind: str) -> ResponseReturnValue:
    """Prepare the order of a tranche."""
    agreement = visible(ref)
    tranche = next((one for one in queries.tranches(agreement.id) if one.kind == kind), None)
    if tranche is None:
        raise Missing("This grant has no such tranche.")
    try:
        with transaction():
            order = service.prepare_order(tranche, by=gates.require(), now=clock.now())
        flash(_("The order is prepared. A colleague approves it now."), "done")
        return redirect(url_for("grants.order", ref=order.ref), 303)
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement)


@bp.get("/orders/<ref>")
@gates.role(*OFFICE)
def order(ref: str) -> ResponseReturnValue:
    """One order with its hands."""
    return _order(found(ref), {}, 200)


def _order(row: Order, errors: dict[str, Refusal], status: int) -> ResponseReturnValue:
    hands = [row.prepared_by, row.approved_by, row.paid_by, row.refused_by]
    people = identity.people([each for each in hands if each is not None])
    return (
        render_template(
            "grants/order.html",
            order=row,
            d=queries.dossier(queries.agreement(row.agreement_id)),
            tranche=queries.tranche(row.tranche_id),
            people=people,
            text=_remittance(row),
            iban=spaced(row.iban),
            me=gates.require().id,
            may_approve=bool(gates.roles() & {"officer", "responsible"}),
            may_pay="finance" in gates.roles(),
            may_stop=bool(gates.roles() & {"officer", "responsible", "finance"}),
            today=clock.today(),
            values=request.form,
            errors=errors,
        ),
        status,
    )


def _act(ref: str, act: Callable[[Order], object], done: str) -> ResponseReturnValue:
    """One hand's act on an order: done, refused with a sentence, or asked again for what was typed."""
    row = found(ref)
    try:
        with transaction():
            act(row)
        flash(done, "done")
    except Invalid as wrong:
        return _order(found(ref), wrong.errors, 422)
    except Refusal as refusal:
        refused(refusal)
    return redirect(url_for("grants.order", ref=ref), 303)


@bp.post("/orders/<ref>/approve")
@gates.hand(Hand.APPROVE)
def approve(ref: str) -> ResponseReturnValue:
    """Approve what a colleague prepared."""
    return _act(
        ref,
        lambda row: service.approve(row, by=gates.require(), now=clock.now()),
        _("Approved. Finance can export it now."),
    )


@bp.post("/orders/<ref>/refuse")
@gates.hand(Hand.STOP)
def refuse(ref: str) -> ResponseReturnValue:
    """Stop an order with a reason."""
    reason = request.form.get("reason", "")
    return _act(
        ref,
        lambda row: service.refuse(row, reason=reason, by=gates.require(), now=clock.now()),
        _("The order is stopped. Its tranche is due again."),
    )


@bp.post("/orders/<ref>/paid")
@gates.hand(Hand.PAY)
def paid(ref: str) -> ResponseReturnValue:
    """Write down the day on which the treasurer paid."""
    return _act(
        ref,
        lambda row: service.mark_paid(
            row, paid_on=schemas.one_day(request.form, "paid_on"), by=gates.require(), now=clock.now()
        ),
        _("Paid. The public money page shows it."),
    )


@bp.post("/export")
@gates.hand(Hand.PAY)
def export() -> ResponseReturnValue:
    """Put the chosen orders into one file for the bank."""
    try:
        day = schemas.one_day(request.form, "execute_on")
        chosen = [found(ref) for ref in dict.fromkeys(request.form.getlist("orders"))]
        with transaction():
            batch = service.export(chosen, treasury=_treasury(), execute_on=day, by=gates.require(), now=clock.now())
        flash(_("The file is ready: %(n)s transfers, checked against its schema.", n=batch.lines), "done")
        return redirect(url_for("grants.batch", ref=batch.ref), 303)
    except Invalid as wrong:
        return _orders(wrong.errors, 422)
    except Refusal as refusal:
        refused(refusal)
    return redirect(url_for("grants.orders"), 303)


def _treasury() -> gateway.Treasury:
    city = settings.several("city.")
    return gateway.Treasury(name=city["name"], iban=city["iban"], bic=str(IBAN(city["iban"]).bic or ""))


def _batch(ref: str) -> Batch:
    held = queries.batch_by_ref(ref)
    if held is None:
        raise Missing("There is no file at this address.")
    return held


@bp.get("/batches/<ref>")
@gates.role(*OFFICE)
def batch(ref: str) -> ResponseReturnValue:
    """One file for the bank and the orders in it."""
    held = _batch(ref)
    return render_template(
        "grants/batch.html",
        batch=held,
        rows=queries.in_batch(held.id),
        may_download=bool(gates.roles() & {"finance", "administrator"}),
    )


@bp.get("/batches/<ref>/pain.001.xml")
@gates.role("finance", "administrator")
def batch_xml(ref: str) -> ResponseReturnValue:
    """The transfers as pain.001.001.09, byte for byte as kept."""
    held = _batch(ref)
    return downloads.data(held.xml.encode(), "application/xml", f"{held.message_id}.xml")


@bp.get("/batches/<ref>/list.csv")
@gates.role("finance", "administrator")
def batch_csv(ref: str) -> ResponseReturnValue:
    """The same transfers as a list for the accounting system."""
    held = _batch(ref)
    out = StringIO()
    lines = csv.writer(out, delimiter=";", lineterminator="\r\n")
    lines.writerow(["mandato", "beneficiario", "IBAN", "CUP", "importo", "causale", "EndToEndId", "data"])
    for row, _agreement, _campaign, _tranche in queries.in_batch(held.id):
        number = f"{row.number}/{row.year}"
        cells = [number, row.beneficiary, row.iban, row.cup, plain(row.amount), _remittance(row), end_to_end(row.ref)]
        lines.writerow([csv_cell(cell) for cell in [*cells, held.execute_on.isoformat()]])
    return downloads.data(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{held.message_id}.csv")


def _remittance(row: Order) -> str:
    d = queries.dossier(queries.agreement(row.agreement_id))
    number = f"Convenzione {d.agreement.number}/{d.agreement.year}"
    return remittance(row.cup, queries.tranche(row.tranche_id).kind, number, d.campaign.title)
