"""The seven written parts: each its own page, saved as it is, with what is missing said beside it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, TooMany
from app.core.money import N_, Money
from app.groups import queries as groups
from app.identity import service as identity
from app.proposals import queries, schemas, service
from app.proposals.models import Proposal
from app.proposals.rules import LINES_MAX, LIVE, MILESTONES_MAX, THEMES, WRITTEN, Part, part_mark, started
from app.proposals.views.board import PARTS, bp, language, my_proposal, wrong
from app.territory import queries as territory
from app.web import gates

FEE_LINE = N_("Card fees on the gifts")
INVITATIONS_AN_HOUR = 20


def _written(part: str) -> Part:
    """The part named in an address."""
    if part not in set(WRITTEN):
        raise Missing
    return Part(part)


def _values(standing: queries.Standing, part: Part) -> dict[str, Any]:
    """What is saved, as the form shows it."""
    proposal, zone, group = standing.proposal, standing.zone, standing.group
    values: dict[str, Any] = {
        "title": proposal.title,
        "summary": proposal.summary,
        "theme": proposal.theme,
        "zone": zone.slug if zone else "",
        "place": proposal.place,
        "need": proposal.need,
        "story": proposal.story,
        "picture_alt": proposal.picture_alt,
        "total": proposal.total or None,
        "impact": proposal.impact,
        "name": group.name,
        "about": group.about,
    }
    lines: list[tuple[str, Money | None]] = [(line.name, line.amount or None) for line in standing.lines]
    if _(FEE_LINE) not in dict(lines) and len(lines) < LINES_MAX:  # a suggestion: saved only with a sum beside it
        lines += [("", None)] * (4 - len(lines)) + [(_(FEE_LINE), None)]
    for number, (name, amount) in enumerate(lines, start=1):
        values |= {f"name_{number}": name, f"amount_{number}": amount}
    if part is Part.MILESTONES:
        values.pop("title")
        for number, step in enumerate(standing.milestones, start=1):
            values |= {f"title_{number}": step.title, f"due_{number}": step.due_on}
    return values


def _page(proposal: Proposal, part: Part, **more: Any) -> str:
    standing = queries.standing(proposal)
    begun = started(standing.draft, part)
    saved = {name: said for name, said in standing.problems[part].items() if begun}
    context: dict[str, Any] = {
        "values": _values(standing, part),
        "errors": saved,
        "rows": _rows(standing, part),
        "theirs": False,
        "typed": False,
        **more,
    }
    return render_template(
        f"proposals/part_{part.value}.html",
        proposal=proposal,
        standing=standing,
        part=part,
        label=PARTS[part],
        seen=part_mark(standing.draft, part),
        themes=THEMES,
        zones=territory.zones_numbered(standing.terms.zones),
        picture=standing.picture,
        people=standing.members,
        invitations=groups.invitations(proposal.group_id),
        now=clock.now(),
        **context,
    )


def _rows(standing: queries.Standing, part: Part) -> int:
    """How many rows to show: what is there and room for some more."""
    if part is Part.BUDGET:
        return min(max(len(standing.lines) + 2, 5), LINES_MAX)
    return min(max(len(standing.milestones) + 1, 3), MILESTONES_MAX)


@bp.get("/<ref>/<part>")
@gates.signed_in
def part(ref: str, part: str) -> ResponseReturnValue:
    """One part of the proposal."""
    proposal = my_proposal(ref)
    if proposal.state not in LIVE:
        return redirect(url_for("proposals.review", ref=ref), 303)
    return _page(proposal, _written(part))


@bp.post("/<ref>/<part>")
@gates.signed_in
def save_part(ref: str, part: str) -> ResponseReturnValue:
    """Save what was typed; what is missing is said, nothing is thrown away."""
    proposal, which = my_proposal(ref), _written(part)
    try:
        with transaction():
            _save(proposal, which)
    except (Invalid, Conflict, TooMany) as refusal:
        errors, status = wrong(refusal)
        rows = max(schemas.rows_of(request.form, 3), _rows(queries.standing(proposal), which))
        more = {
            "values": request.form,
            "errors": errors,
            "rows": rows,
            "theirs": isinstance(refusal, Conflict),
            "typed": True,
        }
        return _page(my_proposal(ref), which, **more), status
    return redirect(_onward(my_proposal(ref), which), 303)


def _onward(proposal: Proposal, part: Part) -> str:
    """Where to go after saving: back to the part while something is missing or more was asked for, else to the list."""
    missing = queries.standing(proposal).problems[part]
    here = url_for("proposals.part", ref=proposal.ref, part=part.value)
    if "more" in request.form:
        return f"{here}?more=1#more"
    if "preview" in request.form:
        return f"{here}#preview"
    flash(
        _("Saved. Something is still missing: it is marked below.") if missing else _("Saved."),
        "info" if missing else "done",
    )
    return here if missing else url_for("proposals.tasks", ref=proposal.ref)


def _save(proposal: Proposal, part: Part) -> None:
    form, by, now = request.form, gates.require(), clock.now()
    seen = form.get("seen")
    match part:
        case Part.IDEA:
            said = {name: form.get(name, "") for name in ("title", "summary", "theme")}
            service.save_idea(proposal, **said, by=by, now=now, seen=seen)
        case Part.PLACE:
            place, need = form.get("place", ""), form.get("need", "")
            service.save_place(
                proposal, zone_slug=form.get("zone", ""), place=place, need=need, by=by, now=now, seen=seen
            )
        case Part.STORY:
            upload = request.files.get("picture")
            picture = (upload.read(), upload.filename or "") if upload and upload.filename else None
            story, alt = form.get("story", ""), form.get("picture_alt", "")
            service.save_story(proposal, story=story, picture_alt=alt, picture=picture, by=by, now=now, seen=seen)
        case Part.BUDGET:
            budget = schemas.read_budget(form, language(), suggested=_(FEE_LINE))
            service.save_budget(proposal, total=budget.total, lines=budget.lines, by=by, now=now, seen=seen)
        case Part.MILESTONES:
            service.save_milestones(proposal, milestones=schemas.read_milestones(form), by=by, now=now, seen=seen)
        case Part.IMPACT:
            service.save_impact(proposal, impact=form.get("impact", ""), by=by, now=now, seen=seen)
        case Part.PEOPLE:
            service.save_people(
                proposal, name=form.get("name", ""), about=form.get("about", ""), by=by, now=now, seen=seen
            )
        case _:
            raise ValueError(part)


@bp.post("/<ref>/picture/remove")
@gates.signed_in
def drop_picture(ref: str) -> ResponseReturnValue:
    """Take the picture away."""
    with transaction():
        service.drop_picture(my_proposal(ref), by=gates.require(), now=clock.now())
    flash(_("The picture is taken away."), "done")
    return redirect(url_for("proposals.part", ref=ref, part="story"), 303)


@bp.post("/<ref>/invite")
@gates.signed_in
def invite(ref: str) -> ResponseReturnValue:
    """Invite one more person from the proposal's own page."""
    proposal, person, now = my_proposal(ref), gates.require(), clock.now()
    email = request.form.get("email", "")
    try:
        with transaction():
            identity.brake("groups.invite", str(person.id), INVITATIONS_AN_HOUR, 3600, now)
            service.invite(proposal, email, by=person, now=now)
    except (Invalid, Conflict, TooMany) as refusal:
        errors, status = wrong(refusal)
        values = {**_values(queries.standing(proposal), Part.PEOPLE), "email": email}
        return _page(my_proposal(ref), Part.PEOPLE, values=values, errors=errors), status
    flash(_("We have written to %(email)s.", email=email.strip()), "done")
    return redirect(url_for("proposals.part", ref=ref, part="people"), 303)
