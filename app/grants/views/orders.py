"""Payment orders: from hand to hand, and the files for the bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from schwifty import IBAN

from app.core import cells, clock, settings
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import N_
from app.core.moves import move
from app.grants import gateway, queries, schemas, service
from app.grants.models import Batch, Order
from app.grants.rules import ORDER_MOVES, OrderAct, OrderState, end_to_end, remittance
from app.grants.views.agreements import OFFICE, back_to, bp, refused, visible
from app.groups.rules import spaced
from app.identity import queries as identity
from app.identity.rules import Hand
from app.web import downloads, gates, listing

RUNNING = (OrderState.PREPARED, OrderState.APPROVED, OrderState.EXPORTED)
DUE_SHOWN = 10


def found(ref: str) -> Order:
    """The order, for the office."""
    order = queries.order_by_ref(ref)
    if order is None:
        raise Missing("There is no payment order at this address.")
    return order


def _said(row: Order) -> str:
    return f"{row.number}/{row.year} · {row.beneficiary} · {listing.money(row.amount)}"


def _not_to_approve(row: Order) -> Refusal | None:
    if row.state is not OrderState.PREPARED:
        return Conflict("This order does not wait for approval.")
    if row.prepared_by == gates.require().id:
        return Forbidden("You prepared this payment order: somebody else must approve it.")
    return None


def _not_to_export(row: Order) -> Refusal | None:
    return None if row.state is OrderState.APPROVED else Conflict("Only approved orders go to the bank.")


def _not_to_pay(row: Order) -> Refusal | None:
    if row.state is not OrderState.EXPORTED:
        return Conflict("This order is not at the bank.")
    if row.approved_by == gates.require().id:
        return Forbidden("You approved this payment order: somebody else must mark it paid.")
    return None


def _export(rows: list[Any], form: Any) -> ResponseReturnValue:
    """All ticked orders in one file for the bank."""
    day = schemas.one_day(form, "execute_on")
    with transaction():
        batch = service.export(rows, treasury=_treasury(), execute_on=day, by=gates.require(), now=clock.now())
    flash(_("The file is ready: %(n)s transfers, checked against its schema.", n=batch.lines), "done")
    return redirect(url_for("grants.batch", ref=batch.ref), 303)


LIST = listing.register(
    listing.List(
        endpoint="grants.orders",
        title=N_("Payments"),
        sheet=queries.order_list,
        search=N_("Project, beneficiary, number, CUP or IBAN"),
        act="grants.act_on_orders",
        pick=lambda row: (row[0].ref, f"{row[0].number}/{row[0].year}") if row[0].state in RUNNING else None,
        columns=(
            (N_("Order"), lambda row: f"{row[0].number}/{row[0].year}"),
            (N_("Project"), lambda row: row[2].title),
            (N_("Tranche"), lambda row: _("Advance") if row[3].kind == "advance" else _("Balance")),
            (N_("Beneficiary"), lambda row: row[0].beneficiary),
            (N_("IBAN"), lambda row: row[0].iban),
            (N_("CUP"), lambda row: row[0].cup),
            (N_("State"), lambda row: _(queries.ORDER_WORDS[row[0].state])),
            (N_("Amount"), lambda row: row[0].amount),
            (N_("Prepared on"), lambda row: row[0].prepared_at),
            (N_("Approved on"), lambda row: row[0].approved_at),
            (N_("Sent to the bank on"), lambda row: row[0].exported_at),
            (N_("Paid on"), lambda row: row[0].paid_on),
        ),
        bulks=(
            listing.Bulk(
                name="approve",
                label=N_("Approve the ticked"),
                question=N_("Approve these payment orders?"),
                done=N_("Approved"),
                find=queries.order_by_ref,
                say=_said,
                refuse=_not_to_approve,
                act=lambda row, form: service.approve(row, by=gates.require(), now=clock.now()),
                roles=frozenset({"officer", "responsible"}),
                closed=N_("An officer or the responsible officer approves an order, never who prepared it."),
            ),
            listing.Bulk(
                name="export",
                label=N_("Make the file for the bank"),
                question=N_("Put these orders into one file for the bank?"),
                done=N_("In the file"),
                find=queries.order_by_ref,
                say=_said,
                refuse=_not_to_export,
                together=_export,
                roles=frozenset({"finance"}),
                closed=N_("Finance makes the file for the bank."),
                fields="grants/bulk_export.html",
                context=lambda: {"tomorrow": clock.today() + timedelta(days=1)},
            ),
            listing.Bulk(
                name="paid",
                label=N_("Mark the ticked as paid"),
                question=N_("Mark these orders as paid?"),
                done=N_("Paid"),
                find=queries.order_by_ref,
                say=_said,
                refuse=_not_to_pay,
                act=lambda row, form: service.mark_paid(
                    row, paid_on=schemas.one_day(form, "paid_on"), by=gates.require(), now=clock.now()
                ),
                roles=frozenset({"finance"}),
                closed=N_("Finance marks an order as paid."),
                fields="grants/bulk_paid.html",
                context=lambda: {"today": clock.today()},
                hurts=True,
            ),
        ),
    )
)


@bp.get("/orders")
@gates.role(*OFFICE)
def orders() -> ResponseReturnValue:
    """All orders by whose hands they wait for; above them the tranches that wait for an order."""
    due = queries.tranches_due()
    return listing.show(
        LIST,
        "grants/orders.html",
        due=due[:DUE_SHOWN],
        due_more=max(0, len(due) - DUE_SHOWN),
        batches=queries.batches(5),
    )


@bp.post("/orders")
@gates.role(*OFFICE)
def act_on_orders() -> ResponseReturnValue:
    """One act on the ticked orders: approve, send to the bank, mark as paid."""
    return listing.act(LIST)


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

    def mark(row: Order) -> None:
        move(ORDER_MOVES, row.state, OrderAct.PAY)  # whether it can be paid at all comes before the day
        service.mark_paid(row, paid_on=schemas.one_day(request.form, "paid_on"), by=gates.require(), now=clock.now())

    return _act(ref, mark, _("Paid. The public money page shows it."))


def _treasury() -> gateway.Treasury:
    city = settings.several("city.")
    if current_app.config["ENV_NAME"] == "production" and city["iban"] == settings.DEFAULTS["city.iban"]:
        raise Conflict("The IBAN of the treasury is still the example: an administrator writes it under Settings.")
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
    rows: list[list[object]] = [["mandato", "beneficiario", "IBAN", "CUP", "importo", "causale", "EndToEndId", "data"]]
    for row, _agreement, _campaign, _tranche in queries.in_batch(held.id):
        number = f"{row.number}/{row.year}"
        paid = [row.beneficiary, row.iban, row.cup, row.amount, _remittance(row), end_to_end(row.ref)]
        rows.append([number, *paid, held.execute_on])
    text = cells.MARK + "".join(cells.lines(rows))
    return downloads.data(text.encode(), "text/csv", f"{held.message_id}.csv")


def _remittance(row: Order) -> str:
    d = queries.dossier(queries.agreement(row.agreement_id))
    number = f"Convenzione {d.agreement.number}/{d.agreement.year}"
    return remittance(row.cup, queries.tranche(row.tranche_id).kind, number, d.campaign.title)
