"""The office’s pages: draft a call section by section, look at it, publish it, correct it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries, schemas, service
from app.calls.models import Call
from app.calls.rules import SUGGESTED, Section, State, Terms
from app.calls.views.board import bp
from app.calls.views.public import explained
from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, Missing
from app.core.money import N_
from app.matching import queries as matching
from app.programmes import queries as programmes
from app.programmes.models import Source
from app.territory import queries as territory
from app.web import gates, listing

OFFICE = ("officer", "responsible")


def _sources() -> dict[str, Source]:
    return {source.ref: source for source in programmes.sources()}


def _boroughs() -> list[tuple[int, Any]]:
    return [(one.number, territory.zones_in(one.number)) for one in territory.boroughs()]


def _draft(ref: str) -> Call:
    call = queries.by_ref(ref)
    if call.state is not State.DRAFT:
        raise Conflict("The terms of this call are frozen. After publication only a corrigendum changes them.")
    return call


def _section(name: str) -> Section:
    try:
        return Section(name)
    except ValueError:
        raise Missing from None


WORDS = {
    State.DRAFT: N_("Draft"),
    State.OPEN: N_("Published"),
    State.EVALUATING: N_("Being evaluated"),
    State.RANKED: N_("Ranked"),
    State.ENDED: N_("Call ended"),
}
LIST = listing.register(
    listing.List(
        endpoint="calls.manage",
        title=N_("Calls"),
        sheet=queries.sheet,
        search=N_("Title, number or programme"),
        columns=(
            (N_("Call"), lambda row: row[0].title),
            (N_("Programme"), lambda row: row[1].code if row[1] else ""),
            (N_("State"), lambda row: _(WORDS[row[0].state])),
            (N_("Opens"), lambda row: row[0].opens_at),
            (N_("Deadline"), lambda row: row[0].closes_at),
            (N_("Fund"), lambda row: row[0].envelope),
            (N_("Left in the fund"), lambda row: row[2]),
        ),
    )
)


@bp.get("/manage")
@gates.role(*OFFICE)
def manage() -> ResponseReturnValue:
    """All calls of the office, drafts first."""
    return listing.show(LIST, "calls/manage.html")


def _basics_form(call: Call | None, values: Any, errors: Any) -> ResponseReturnValue:
    free = programmes.standings()
    page = render_template(
        "calls/basics.html", call=call, values=values, errors=errors, sources=list(_sources().values()), free=free
    )
    return page, 422 if errors else 200


@bp.get("/manage/new")
@gates.role("officer")
def new() -> ResponseReturnValue:
    """Begin a call."""
    return _basics_form(None, {}, {})


@bp.post("/manage/new")
@gates.role("officer")
def begin() -> ResponseReturnValue:
    """Begin it as typed."""
    try:
        basics = schemas.basics(request.form, g.lang, _sources())
        with transaction():
            call = service.draft(basics, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _basics_form(None, request.form, refusal.errors)
    flash(_("The draft is there. Fill each part of the list; nothing is public yet."), "done")
    return redirect(url_for("calls.edit", ref=call.ref), 303)


@bp.get("/manage/<ref>")
@gates.role(*OFFICE)
def edit(ref: str) -> ResponseReturnValue:
    """The task list of a draft, or the dossier of a published call."""
    call, now = queries.by_ref(ref), clock.now()
    if call.state is not State.DRAFT:
        return render_template(
            "calls/dossier.html",
            call=call,
            frozen=queries.current_terms(call),
            books=_books(call),
            open=queries.is_open(call, now),
            now=now,
        )
    return render_template(
        "calls/tasks.html",
        call=call,
        ready=queries.readiness(call),
        sections=list(Section),
        free=programmes.standing(call.source_id).unallocated if call.source_id else None,
    )


def _books(call: Call) -> matching.Books | None:
    fund = matching.fund_of(call.id)
    return matching.books_of_fund(fund) if fund else None


@bp.get("/manage/<ref>/basics")
@gates.role("officer")
def basics(ref: str) -> ResponseReturnValue:
    """What the draft is about."""
    call = _draft(ref)
    fields = {name: getattr(call, name) for name in ("title", "summary", "envelope", "opens_at", "closes_at")}
    return _basics_form(call, {**fields, "source": call.source.ref if call.source else ""}, {})


@bp.post("/manage/<ref>/basics")
@gates.role("officer")
def save_basics(ref: str) -> ResponseReturnValue:
    """Save it as typed."""
    call = _draft(ref)
    try:
        typed = schemas.basics(request.form, g.lang, _sources())
        with transaction():
            service.change(call, typed, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _basics_form(call, request.form, refusal.errors)
    flash(_("Saved."), "done")
    return redirect(url_for("calls.edit", ref=ref), 303)


def _section_form(call: Call, name: Section, values: Any, errors: Any, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "calls/section.html",
        call=call,
        section=name.value,
        values=values,
        errors=errors,
        boroughs=_boroughs() if name is Section.WHO else [],
        chosen=_chosen(values),
        rows=schemas.ROWS,
        windows=schemas.WINDOWS,
        steps=schemas.STEPS,
    )
    return page, status


def _chosen(values: Any) -> list[str]:
    """The zones ticked, from a form that came back or from the terms."""
    if hasattr(values, "getlist"):
        return [one for key in values if key.startswith("zones_") for one in values.getlist(key)]
    return list(values.get("zones", ()))


@bp.get("/manage/<ref>/terms/<name>")
@gates.role("officer")
def section(ref: str, name: str) -> ResponseReturnValue:
    """One section of the terms; an empty one starts from the rules of the last call."""
    call, part = _draft(ref), _section(name)
    model = queries.model_terms() or SUGGESTED
    data: Mapping[str, Any] = call.draft.get(name) or model.to_dict()[name]
    return _section_form(call, part, schemas.typed(part, data, g.lang), {})


@bp.post("/manage/<ref>/terms/<name>")
@gates.role("officer")
def save_section(ref: str, name: str) -> ResponseReturnValue:
    """Save it as typed."""
    call, part = _draft(ref), _section(name)
    try:
        data = schemas.section(request.form, g.lang, part, _boroughs())
        with transaction():
            service.fill(call, part, data, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _section_form(call, part, request.form, schemas.beside(part, request.form, refusal.errors), 422)
    flash(_("Saved."), "done")
    return redirect(url_for("calls.edit", ref=ref), 303)


@bp.get("/manage/<ref>/preview")
@gates.role(*OFFICE)
def preview(ref: str) -> ResponseReturnValue:
    """The page of the call as everybody will read it."""
    call = _draft(ref)
    if not queries.readiness(call).complete:
        raise Conflict("Something is still missing. Fill every part of the list first.")
    return render_template("calls/preview.html", call=call, **explained(call, Terms.from_dict(call.draft)))


def _publish_form(call: Call, errors: Any, status: int = 200) -> ResponseReturnValue:
    if not queries.readiness(call).complete:
        raise Conflict("Something is still missing. Fill every part of the list first.")
    whole = queries.whole(call)
    free = programmes.standing(whole.source.id).unallocated
    page = render_template(
        "calls/publish.html",
        call=call,
        free=free,
        short=whole.envelope > free,
        errors=errors,
        **explained(call, Terms.from_dict(call.draft)),
    )
    return page, status


@bp.get("/manage/<ref>/publish")
@gates.role("officer")
def publish(ref: str) -> ResponseReturnValue:
    """Ask once more before the terms freeze."""
    return _publish_form(_draft(ref), {})


@bp.post("/manage/<ref>/publish")
@gates.role("officer")
def freeze(ref: str) -> ResponseReturnValue:
    """Publish: the terms freeze and the fund is set aside."""
    call = _draft(ref)
    if request.form.get("sure") != "yes":
        return _publish_form(call, {"sure": _("Tick the box: after this nothing of it can be taken back.")}, 422)
    try:
        with transaction():
            service.publish(call, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        db.session.refresh(call)
        return _publish_form(call, refusal.errors, 422)
    flash(_("Published. The terms are frozen as version 1."), "done")
    return redirect(url_for("calls.show", slug=call.slug), 303)


def _discard_form(call: Call, errors: Any, status: int = 200) -> ResponseReturnValue:
    ready = queries.readiness(call)
    filled = len(Section) - len(ready.sections) + ready.basics
    return render_template("calls/discard.html", call=call, filled=filled, errors=errors), status


@bp.get("/manage/<ref>/discard")
@gates.role("officer")
def discard(ref: str) -> ResponseReturnValue:
    """Ask once more before a draft is thrown away, and say what is lost."""
    return _discard_form(_draft(ref), {})


@bp.post("/manage/<ref>/discard")
@gates.role("officer")
def throw_away(ref: str) -> ResponseReturnValue:
    """Throw a draft away."""
    call = _draft(ref)
    if request.form.get("sure") != "yes":
        return _discard_form(call, {"sure": _("Tick the box: what is thrown away cannot be brought back.")}, 422)
    with transaction():
        service.discard(call, by=gates.require(), now=clock.now())
    flash(_("The draft is gone."), "done")
    return redirect(url_for("calls.manage"), 303)


def _correct_form(call: Call, values: Any, errors: Any) -> ResponseReturnValue:
    terms = queries.terms_of(call)
    page = render_template("calls/corrigendum.html", call=call, terms=terms, values=values, errors=errors)
    return page, 422 if errors else 200


@bp.get("/manage/<ref>/corrigendum")
@gates.role("officer")
def corrigendum(ref: str) -> ResponseReturnValue:
    """Give an open call more time or a longer campaign, with the reason that is published."""
    call = queries.by_ref(ref)
    terms = queries.terms_of(call)
    values = {"closes_at": call.closes_at, "campaign_days": terms.campaign_days, "score_min": terms.score_min}
    return _correct_form(call, values, {})


@bp.post("/manage/<ref>/corrigendum")
@gates.role("officer")
def correct(ref: str) -> ResponseReturnValue:
    """Correct it as typed: a new version of the terms."""
    call = queries.by_ref(ref)
    try:
        typed = schemas.correction(request.form, g.lang, queries.terms_of(call))
        with transaction():
            service.corrigendum(
                call, typed.terms, typed.closes_at, reason=typed.reason, by=gates.require(), now=clock.now()
            )
    except Invalid as refusal:
        return _correct_form(call, request.form, refusal.errors)
    flash(_("The corrigendum is published as a new version of the terms."), "done")
    return redirect(url_for("calls.edit", ref=ref), 303)
