"""Reports: the group sends receipts, the office decides on each and closes the accounts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Missing, Refusal
from app.grants import queries, schemas, service
from app.grants.models import Agreement, Expense
from app.grants.rules import ReportState
from app.grants.views.agreements import back_to, bp, is_party, refused, seen, visible
from app.identity.rules import Hand
from app.journal import queries as journal
from app.web import downloads, gates


@bp.get("/<ref>/report")
@gates.signed_in
def report(ref: str) -> ResponseReturnValue:
    """Receipts against the lines of the budget."""
    return _report(visible(ref), {}, 200)


def _report(agreement: Agreement, errors: dict[str, Refusal], status: int) -> ResponseReturnValue:
    dossier = queries.dossier(agreement)
    if dossier.report is None:
        raise Missing("There is no report before the agreement is signed.")
    entries = journal.history(f"agreement:{agreement.id}")
    return (
        render_template(
            "grants/report.html",
            d=dossier,
            spent=queries.spent(queries.lines(agreement), dossier.expenses),
            figures=dossier.figures,
            accepted=dossier.accepted,
            gifts=dossier.gifts,
            duplicates=[one for one in entries if one.what == "grants.duplicate_receipt"],
            party=is_party(agreement),
            officer="officer" in gates.roles() and not is_party(agreement),
            today=clock.today(),
            values=request.form,
            errors=errors,
        ),
        status,
    )


@bp.post("/<ref>/report")
@gates.signed_in
def add_expense(ref: str) -> ResponseReturnValue:
    """Send one receipt."""
    agreement, by, now = visible(ref), gates.require(), clock.now()
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    try:
        typed = _typed(data)
        with transaction():
            service.add_expense(
                agreement, data=data, filename=(sent.filename if sent else "") or "", by=by, now=now, **typed
            )
    except service.DuplicateReceipt as twice:
        with transaction():
            service.flag_duplicate(agreement, twice, by=by, now=now)
        return _report(visible(ref), twice.errors, 422)
    except Invalid as wrong:
        return _report(visible(ref), wrong.errors, 422)
    except Refusal as refusal:
        refused(refusal)
        return back_to(agreement, "grants.report")
    flash(_("The receipt is with the office."), "done")
    return back_to(agreement, "grants.report")


def _typed(data: bytes) -> dict[str, object]:
    missing: dict[str, Refusal | str] = (
        {} if data else {"file": Refusal("Choose the file of the receipt: a PDF or a photo.")}
    )
    try:
        typed = schemas.expense(request.form, language=_language())
    except Invalid as wrong:
        raise Invalid({**wrong.errors, **missing}) from None
    if missing:
        raise Invalid(missing)
    return typed


def _language() -> str:
    return str(getattr(get_locale(), "language", "it"))


@bp.post("/<ref>/report/send")
@gates.signed_in
def send_report(ref: str) -> ResponseReturnValue:
    """Say that all receipts are in."""
    agreement = visible(ref)
    try:
        with transaction():
            service.send_report(agreement, by=gates.require(), now=clock.now())
        flash(_("Sent. The office reads every receipt and closes the accounts."), "done")
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement, "grants.report")


@bp.post("/<ref>/report/reopen")
@gates.hand(Hand.RECEIPTS)
def reopen_report(ref: str) -> ResponseReturnValue:
    """Give the report back to the group."""
    agreement = visible(ref)
    try:
        with transaction():
            reason = request.form.get("reason", "")
            service.reopen_report(agreement, reason=reason, by=gates.require(), now=clock.now())
        flash(_("The group can add receipts again."), "done")
    except Invalid as wrong:
        return _report(visible(ref), wrong.errors, 422)
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement, "grants.report")


def _receipt(ref: str) -> tuple[Expense, Agreement]:
    found = queries.expense_by_ref(ref)
    if found is None:
        raise Missing("There is no receipt at this address.")
    return found, seen(queries.agreement_of_report(found.report_id))


@bp.get("/receipts/<ref>/file")
@gates.signed_in
def receipt_file(ref: str) -> ResponseReturnValue:
    """The file of a receipt, for the office and the group."""
    return downloads.send(queries.receipt_file(_receipt(ref)[0]), inline=True)


@bp.route("/receipts/<ref>", methods=["GET", "POST"])
@gates.hand(Hand.RECEIPTS)
def decide(ref: str) -> ResponseReturnValue:
    """Accept a receipt, whole or in part, or reject it with a reason."""
    expense, agreement = _receipt(ref)
    errors: dict[str, Refusal] = {}
    if request.method == "POST":
        try:
            _decide(expense)
            flash(_("Decided. The group sees it on its page."), "done")
            return back_to(agreement, "grants.report")
        except Invalid as wrong:
            errors = wrong.errors
        except Refusal as refusal:
            refused(refusal)
            return redirect(url_for("grants.report", ref=agreement.ref), 303)
    expense, agreement = _receipt(ref)
    line = next(one for one in queries.lines(agreement) if one.id == expense.line_id)
    page = render_template(
        "grants/decide.html", e=expense, line=line, d=queries.dossier(agreement), values=request.form, errors=errors
    )
    return page, 422 if errors else 200


def _decide(expense: Expense) -> None:
    form, by, now = request.form, gates.require(), clock.now()
    reason = form.get("reason", "")
    if form.get("decision") == "reject":
        with transaction():
            service.reject(expense, reason=reason, by=by, now=now)
        return
    if form.get("decision") != "accept":
        raise Invalid({"decision": Refusal("Choose what to do with this receipt.")})
    amount = schemas.amount(form, "accepted", language=_language())
    with transaction():
        service.accept(expense, amount=amount, reason=reason, by=by, now=now)


@bp.get("/<ref>/close")
@gates.hand(Hand.RECEIPTS)
def closing(ref: str) -> ResponseReturnValue:
    """What closing the accounts does, before it is done for good."""
    dossier = queries.dossier(visible(ref))
    if dossier.report is None or dossier.report.state is not ReportState.SENT:
        return back_to(dossier.agreement, "grants.report")
    return render_template("grants/close.html", d=dossier, figures=dossier.figures)


@bp.post("/<ref>/close")
@gates.hand(Hand.RECEIPTS)
def close_account(ref: str) -> ResponseReturnValue:
    """Close the accounts on the receipts accepted."""
    agreement = visible(ref)
    try:
        with transaction():
            service.close_account(agreement, by=gates.require(), now=clock.now())
        flash(_("The accounts are closed. What was not due is back in the fund."), "done")
        return back_to(agreement)
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement, "grants.report")
