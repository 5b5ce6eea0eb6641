"""Agreements: list, preparation, dossier, signing, publication."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.calls import queries as calls
from app.campaigns import queries as campaigns
from app.core import clock, settings
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.core.money import N_
from app.grants import queries, schemas, service
from app.grants.models import Agreement
from app.grants.rules import AgreementState
from app.groups.rules import spaced
from app.identity.rules import Hand
from app.settlement import queries as settlement
from app.web import downloads, gates, listing

bp = Blueprint("grants", __name__, url_prefix="/grants")
OFFICE = ("officer", "responsible", "finance", "administrator")


def visible(ref: str) -> Agreement:
    """The agreement, for the office and for the people of its group; nobody else knows of it."""
    return seen(queries.by_ref(ref))


def seen(found: Agreement | None) -> Agreement:
    """The same, once it is found."""
    if found is None or not (gates.roles() & set(OFFICE) or is_party(found)):
        raise Missing("There is no grant at this address.")
    return found


def is_party(agreement: Agreement) -> bool:
    """Whether the reader belongs to the group or signs for its body."""
    person = gates.require()
    return person.id == agreement.representative_id or queries.is_of_group(agreement, person.id)


def back_to(agreement: Agreement, endpoint: str = "grants.show") -> Response:
    """After an act: the page of the grant."""
    return redirect(url_for(endpoint, ref=agreement.ref), 303)  # type: ignore[return-value]  # werkzeug's own Response


def refused(refusal: Refusal) -> None:
    """Show why not, on the page the reader comes back to."""
    flash(gates.say(refusal), "error")


def stage(row: Any) -> tuple[str, str]:
    """How far the agreement of a project has come: shape and words."""
    _campaign, _case, agreement, _group, _zone, record, account = row
    if agreement is None:
        return "todo", _("To prepare")
    if agreement.state is not AgreementState.SIGNED:
        return "wait", _("To sign")
    if record is None:
        return "now", _("To publish")
    return ("now", _("Under way")) if account is None else ("done", _("Accounts closed"))


def _why_not(row: Agreement) -> Refusal | None:
    if row.state is not AgreementState.SIGNED:
        return Conflict("It can be made once both have signed.")
    return Conflict("The award is in the register already.") if queries.award_record(row.id) else None


LIST = listing.register(
    listing.List(
        endpoint="grants.agreements",
        title=N_("Agreements and grants"),
        sheet=queries.agreement_list,
        search=N_("Title, group, CUP or number"),
        act="grants.act_on_agreements",
        pick=lambda row: (row[2].ref, row[0].title) if row[2] is not None and row[5] is None else None,
        columns=(
            (N_("Project"), lambda row: row[0].title),
            (N_("Group"), lambda row: row[3].name),
            (N_("Neighbourhood"), lambda row: row[4].name),
            (N_("Agreement"), lambda row: f"{row[2].number}/{row[2].year}" if row[2] else ""),
            (N_("CUP"), lambda row: row[2].cup if row[2] else ""),
            (N_("State"), lambda row: stage(row)[1]),
            (N_("Confirmed on"), lambda row: row[1].ended_at),
            (N_("Match confirmed"), lambda row: row[1].match),
            (N_("Grant"), lambda row: row[2].amount if row[2] else None),
            (N_("Final grant"), lambda row: row[6].final_grant if row[6] else None),
        ),
        bulks=(
            listing.Bulk(
                name="publish",
                label=N_("Publish the awards"),
                question=N_("Publish these awards in the public register?"),
                done=N_("In the register"),
                find=queries.by_ref,
                say=lambda row: settlement.campaign(row.campaign_id).title,
                refuse=_why_not,
                act=lambda row, form: service.publish(row, by=gates.require(), now=clock.now()),
                roles=frozenset({"officer", "responsible"}),
                closed=N_("An officer or the responsible officer publishes an award."),
                hurts=True,
            ),
        ),
    )
)


@bp.get("/")
@gates.role(*OFFICE)
def agreements() -> ResponseReturnValue:
    """Every project from its confirmed match on, with its agreement."""
    return listing.show(LIST, "grants/agreements.html", stage=stage)


@bp.post("/")
@gates.role(*OFFICE)
def act_on_agreements() -> ResponseReturnValue:
    """One act on the ticked agreements."""
    return listing.act(LIST)


@bp.route("/prepare/<slug>", methods=["GET", "POST"])
@gates.role("officer")
def prepare(slug: str) -> ResponseReturnValue:
    """Choose the CUP and write the agreement."""
    campaign = campaigns.by_slug(slug)
    errors: dict[str, Refusal] = {}
    known = queries.agreement_of(campaign.proposal_id)
    if known is not None and request.method == "GET":
        return back_to(known)
    if request.method == "POST":
        try:
            with transaction():
                made = service.prepare(
                    campaign, cup_code=request.form.get("cup", ""), by=gates.require(), now=clock.now()
                )
            flash(_("The agreement is ready: both parties have a mail."), "done")
            return back_to(made)
        except Invalid as wrong:
            errors = wrong.errors
        except Refusal as refusal:
            refused(refusal)
            known = queries.agreement_of(campaign.proposal_id)
            return back_to(known) if known else redirect(url_for("grants.agreements"), 303)
    standing = settlement.standing(campaign)
    if standing is None:
        raise Missing("The close of this campaign has not begun.")
    cups = calls.whole(calls.call(campaign.call_id)).programme.cups
    page = render_template("grants/prepare.html", s=standing, cups=cups, values=request.form, errors=errors)
    return page, 422 if errors else 200


@bp.get("/<ref>")
@gates.signed_in
def show(ref: str) -> ResponseReturnValue:
    """The grant with all its parts, for the office and for the group."""
    return _grant(visible(ref), {})


def _treasury() -> tuple[str, str]:
    city = settings.several("city.")
    return city["name"], spaced(city["iban"])


def _grant(agreement: Agreement, errors: dict[str, Refusal]) -> str:
    dossier = queries.dossier(agreement)
    return render_template(
        "grants/show.html",
        d=dossier,
        repayments=queries.repayments(agreement.id) if dossier.account or dossier.owed else (),
        treasury=_treasury() if dossier.owed else None,
        today=clock.today(),
        may_recover="finance" in gates.roles() and not is_party(agreement),
        values=request.form,
        errors=errors,
        figures=dossier.figures,
        party=is_party(agreement),
        may_sign=queries.waits_for(agreement, gates.require().id),
        may_publish=bool(gates.roles() & {"officer", "responsible"}),
        may_order="officer" in gates.roles(),
    )


@bp.post("/<ref>/repaid")
@gates.hand(Hand.PAY)
def repaid(ref: str) -> ResponseReturnValue:
    """Write down money that the body gave back."""
    agreement = visible(ref)
    try:
        if not queries.owed(agreement):
            raise Conflict("Nothing is to be given back here.")
        typed = schemas.repayment(request.form, language=str(get_locale()))
        with transaction():
            service.record_repayment(agreement, **typed, by=gates.require(), now=clock.now())
        flash(_("Written down. The money is in the fund again, and the public money page shows it."), "done")
    except Invalid as wrong:
        return _grant(visible(ref), wrong.errors), 422
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement)


@bp.get("/<ref>/text.pdf")
@gates.signed_in
def text(ref: str) -> ResponseReturnValue:
    """The text that is signed."""
    return downloads.send(queries.text_of(visible(ref)), inline=True)


@bp.get("/<ref>/signed.pdf")
@gates.signed_in
def signed(ref: str) -> ResponseReturnValue:
    """The copy with the signatures on its last page."""
    found = queries.signed_copy(visible(ref))
    if found is None:
        raise Missing("This agreement is not signed by both parties yet.")
    return downloads.send(found, inline=True)


@bp.post("/<ref>/code")
@gates.signed_in
def ask_code(ref: str) -> ResponseReturnValue:
    """Mail the reader a one-time code."""
    agreement = visible(ref)
    try:
        with transaction():
            service.ask_code(agreement, by=gates.require(), now=clock.now())
        flash(_("We have sent you a code by e-mail. It is good for 15 minutes."), "done")
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement, "grants.sign")


@bp.route("/<ref>/sign", methods=["GET", "POST"])
@gates.signed_in
def sign(ref: str) -> ResponseReturnValue:
    """Read and sign with the code."""
    agreement = visible(ref)
    errors: dict[str, Refusal] = {}
    if request.method == "POST":
        try:
            with transaction():
                service.sign(agreement, code=request.form.get("code", ""), by=gates.require(), now=clock.now())
            flash(_("Signed. Your name, the time and the hash of the text are kept."), "done")
            return back_to(agreement)
        except Invalid as wrong:
            errors = wrong.errors
        except Refusal as refusal:
            refused(refusal)
            return back_to(agreement)
    page = render_template(
        "grants/sign.html",
        d=queries.dossier(agreement),
        may_sign=queries.waits_for(agreement, gates.require().id),
        values=request.form,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.post("/<ref>/publish")
@gates.role("officer", "responsible")
def publish(ref: str) -> ResponseReturnValue:
    """Make the public record of the award."""
    agreement = visible(ref)
    try:
        with transaction():
            service.publish(agreement, by=gates.require(), now=clock.now())
        flash(_("The award is published in the register."), "done")
    except Refusal as refusal:
        refused(refusal)
    return back_to(agreement)
