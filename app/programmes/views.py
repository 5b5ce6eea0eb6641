"""Programmes: their public card, and the office’s pages to set them up and release money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries as calls
from app.core import clock, settings
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.core.money import N_, Money, total
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.rules import Hand
from app.matching import queries as matching
from app.programmes import queries, schemas, service
from app.programmes.models import Programme, ProgressEntry, Source
from app.programmes.rules import FUNDS, Progress
from app.web import gates, listing

bp = Blueprint("programmes", __name__, url_prefix="/programmes")


def _figures(programmes: Sequence[Programme]) -> list[tuple[Programme, Progress, ProgressEntry | None]]:
    """Each with the four amounts as recorded last, or else as the ledger has them now."""
    recorded = {one.id: queries.latest_progress(one) for one in programmes}
    open_ = [one for one in programmes if recorded[one.id] is None]
    books = matching.books_of_sources(source.id for one in open_ for source in one.sources) if open_ else {}
    found = []
    for one in programmes:
        entry = recorded[one.id]
        found.append((one, entry.figures() if entry else _live(one, books), entry))
    return found


def _live(programme: Programme, books: Mapping[int, matching.Books]) -> Progress:
    standings, mine = queries.standings(), [books[source.id] for source in programme.sources]
    return Progress(
        planned=queries.whole(programme),
        admitted=total(standings[source.id].released for source in programme.sources),
        committed=total(one.binding for one in mine),
        disbursed=total(one.paid for one in mine),
    )


@bp.get("")
@gates.shared()
@gates.public
def index() -> ResponseReturnValue:
    """All programmes with their progress."""
    return render_template("programmes/index.html", rows=_figures(queries.programmes()))


@bp.get("/<code>")
@gates.shared()
@gates.public
def show(code: str) -> ResponseReturnValue:
    """The public progress card of a programme."""
    programme, figures, recorded = _figures([queries.by_code(code)])[0]
    return render_template(
        "programmes/show.html",
        programme=programme,
        recorded=recorded,
        figures=figures,
        today=clock.today(),
        calls=calls.of_programme(programme.id),
        standings=queries.standings(),
    )


def _with_books(rows: list[Programme]) -> list[Any]:
    """Each with what its sources hold together: granted, released, free; nothing where there is no source yet."""
    books = queries.standings_of(rows)
    return [(row, _sums([books[source.id] for source in row.sources])) for row in rows]


def _sums(held: list[Any]) -> tuple[Money, ...]:
    words = ("total", "released", "unallocated")
    return tuple(total(getattr(one, word) for one in held) for word in words) if held else ()


LIST = listing.register(
    listing.List(
        endpoint="programmes.manage",
        title=N_("Programmes"),
        sheet=queries.sheet,
        search=N_("Title, code or person"),
        enrich=_with_books,
        columns=(
            (N_("Project code"), lambda row: row[0].code),
            (N_("Programme"), lambda row: row[0].title),
            (N_("Responsible officer"), lambda row: row[0].responsible_name),
            (N_("Start"), lambda row: row[0].starts_on),
            (N_("End"), lambda row: row[0].ends_on),
            (N_("Granted"), lambda row: row[1][0] if row[1] else None),
            (N_("Released so far"), lambda row: row[1][1] if row[1] else None),
            (N_("Free for calls"), lambda row: row[1][2] if row[1] else None),
        ),
    )
)


@bp.get("/manage")
@gates.role("officer", "responsible")
def manage() -> ResponseReturnValue:
    """The office’s list of programmes."""
    return listing.show(LIST, "programmes/manage.html")


@bp.get("/manage/<ref>")
@gates.role("officer", "responsible")
def dossier(ref: str) -> ResponseReturnValue:
    """A programme with its sources and what is released of them."""
    programme = queries.by_ref(ref)
    return render_template(
        "programmes/dossier.html",
        programme=programme,
        standings=queries.standings(),
        recorded=queries.latest_progress(programme),
    )


def _responsible() -> dict[str, Person]:
    return {person.ref: person for person in identity.with_role("responsible", clock.now())}


def _card_form(programme: Programme | None, values: Any, errors: Any) -> ResponseReturnValue:
    page = render_template(
        "programmes/edit.html",
        programme=programme,
        values=values,
        errors=errors,
        people=[(ref, person.name) for ref, person in _responsible().items()],
    )
    return page, 422 if errors else 200


@bp.get("/manage/new")
@gates.role("officer")
def new() -> ResponseReturnValue:
    """Set up a programme."""
    values = {"city": settings.get("city.short"), "implementing_body": settings.get("city.name")}
    return _card_form(None, values, {})


@bp.post("/manage/new")
@gates.role("officer")
def create() -> ResponseReturnValue:
    """Set it up as typed."""
    try:
        card = schemas.card(request.form, g.lang, _responsible())
        with transaction():
            programme = service.set_up(card, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _card_form(None, request.form, refusal.errors)
    flash(_("The programme is set up. Now add its funding source."), "done")
    return redirect(url_for("programmes.dossier", ref=programme.ref), 303)


@bp.get("/manage/<ref>/edit")
@gates.role("officer")
def edit(ref: str) -> ResponseReturnValue:
    """Correct the card of a programme."""
    programme = queries.by_ref(ref)
    person = identity.person(programme.responsible_id) if programme.responsible_id else None
    fields = {name: getattr(programme, name) for name in service.Card.__dataclass_fields__}
    values = {**fields, "cups": "\n".join(programme.cups), "responsible": person.ref if person else ""}
    return _card_form(programme, values, {})


@bp.post("/manage/<ref>/edit")
@gates.role("officer")
def change(ref: str) -> ResponseReturnValue:
    """Correct it as typed."""
    programme = queries.by_ref(ref)
    try:
        card = schemas.card(request.form, g.lang, _responsible(), code=programme.code)
        with transaction():
            service.change(programme, card, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _card_form(programme, request.form, refusal.errors)
    flash(_("Saved."), "done")
    return redirect(url_for("programmes.dossier", ref=ref), 303)


def _source_form(programme: Programme, values: Any, errors: Any) -> ResponseReturnValue:
    page = render_template("programmes/source.html", programme=programme, values=values, errors=errors, funds=FUNDS)
    return page, 422 if errors else 200


@bp.get("/manage/<ref>/source")
@gates.role("officer")
def source(ref: str) -> ResponseReturnValue:
    """Add a funding source."""
    return _source_form(queries.by_ref(ref), {}, {})


@bp.post("/manage/<ref>/source")
@gates.role("officer")
def add_source(ref: str) -> ResponseReturnValue:
    """Add it as typed."""
    programme = queries.by_ref(ref)
    try:
        typed = schemas.source(request.form, g.lang)
        with transaction():
            service.add_source(
                programme, name=typed.name, fund=typed.fund, amount=typed.amount, by=gates.require(), now=clock.now()
            )
    except Invalid as refusal:
        return _source_form(programme, request.form, refusal.errors)
    flash(_("The source is there. Nothing of it is released yet."), "done")
    return redirect(url_for("programmes.dossier", ref=ref), 303)


def _release_form(source: Source, values: Any, errors: Any) -> ResponseReturnValue:
    page = render_template(
        "programmes/release.html",
        source=source,
        standing=queries.standing(source.id),
        values=values,
        errors=errors,
    )
    return page, 422 if errors else 200


@bp.get("/manage/sources/<ref>/release")
@gates.hand(Hand.RELEASE)
def release(ref: str) -> ResponseReturnValue:
    """Release part of a source."""
    return _release_form(queries.source_by_ref(ref), {"on": clock.today()}, {})


@bp.post("/manage/sources/<ref>/release")
@gates.hand(Hand.RELEASE)
def unblock(ref: str) -> ResponseReturnValue:
    """Release it as typed."""
    found = queries.source_by_ref(ref)
    try:
        typed = schemas.release(request.form, g.lang)
        if typed.on > clock.today():
            raise Invalid({"on": Refusal("The act cannot be dated in the future.")})
        with transaction():
            service.release(found, amount=typed.amount, act=typed.act, on=typed.on, by=gates.require(), now=clock.now())
    except Invalid as refusal:
        return _release_form(found, request.form, refusal.errors)
    flash(_("Released. Calls can now promise this money."), "done")
    return redirect(url_for("programmes.dossier", ref=found.programme.ref), 303)


@bp.get("/manage/<ref>/progress")
@gates.role("officer")
def progress(ref: str) -> ResponseReturnValue:
    """Record the four amounts of a day."""
    return _progress_form(queries.by_ref(ref), {"as_of": clock.today()}, {})


def _progress_form(programme: Programme, values: Any, errors: Any) -> ResponseReturnValue:
    page = render_template("programmes/progress.html", programme=programme, values=values, errors=errors)
    return page, 422 if errors else 200


@bp.post("/manage/<ref>/progress")
@gates.role("officer")
def record_progress(ref: str) -> ResponseReturnValue:
    """Record them as typed."""
    programme = queries.by_ref(ref)
    try:
        typed = schemas.progress(request.form, g.lang)
        with transaction():
            service.record_progress(
                programme,
                typed.figures,
                as_of=typed.as_of,
                source_note=typed.source_note,
                by=gates.require(),
                now=clock.now(),
            )
    except Invalid as refusal:
        return _progress_form(programme, request.form, refusal.errors)
    flash(_("Recorded. The public card shows it."), "done")
    return redirect(url_for("programmes.dossier", ref=ref), 303)
