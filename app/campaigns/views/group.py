"""What the group does: prepare the campaign, look at it before others do, ask to open it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.campaigns import queries, service
from app.campaigns.models import Campaign, GalleryItem, StoryVersion
from app.campaigns.rules import IMPACT_MOST, Impact, Point, checklist, missing
from app.campaigns.schemas import impact_lines
from app.campaigns.views.blueprint import bp
from app.campaigns.views.page import sheet
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.files import queries as files
from app.files import service as storing
from app.files.models import File
from app.groups import queries as groups
from app.identity.models import Person
from app.territory import queries as territory
from app.web.gates import require, roles, signed_in


def ours(ref: str) -> Campaign:
    """The campaign, if the reader belongs to its group; otherwise it does not exist."""
    campaign = queries.by_ref(ref)
    if not groups.is_member(campaign.group_id, require().id):
        raise Missing("There is no campaign with this reference.")
    return campaign


def _desk(campaign: Campaign, values: Any, errors: dict[str, Refusal], *, looked_at: bool = False) -> str:
    story, hung = queries.story(campaign), queries.hung(campaign)
    return render_template(
        "campaigns/prepare.html",
        campaign=campaign,
        story=story,
        picture=files.by_id(story.picture_id) if story.picture_id else None,
        values=values,
        errors=errors,
        missing=list(missing(summary=story.summary, story=story.story).values()),
        terms=queries.terms(campaign),
        zone=territory.zone_by_id(campaign.zone_id),
        hung=hung,
        own_pictures=queries.showable(hung),
        checklist=_checklist(campaign, story, hung),
        looked_at=looked_at,
        rows=range(1, IMPACT_MOST + 1),
        now=clock.now(),
    )


def _checklist(campaign: Campaign, story: StoryVersion, hung: Sequence[tuple[GalleryItem, File | None]]) -> list[Point]:
    return checklist(
        summary=story.summary,
        story=story.story,
        picture=story.picture_id is not None,
        described=bool(story.picture_alt),
        amounts=len(story.lines),
        photos=len(hung),
        documents=len(queries.documents(campaign)),
    )


def _typed(campaign: Campaign) -> dict[str, Any]:
    story = queries.story(campaign)
    values: dict[str, Any] = {"summary": story.summary, "story": story.story, "picture_alt": story.picture_alt}
    for number, line in enumerate(story.lines, start=1):
        values |= {f"amount_{number}": line.amount, f"it_{number}": line.it, f"en_{number}": line.en}
    return values


def kept(sent: FileStorage, kind: Literal["picture", "document"], *, by: Person, now: datetime, name: str = "") -> File:
    """What was uploaded, kept; a refusal stands beside the field of that name."""
    try:
        return storing.store(sent.read(), sent.filename or "file", kind=kind, private=False, by=by, now=now)
    except Invalid as invalid:
        raise Invalid({name or kind: invalid.errors["file"]}) from None


@bp.get("/prepare/<ref>")
@signed_in
def prepare(ref: str) -> ResponseReturnValue:
    """The group's desk for its campaign."""
    campaign = ours(ref)
    return _desk(campaign, _typed(campaign), {})


@bp.post("/prepare/<ref>")
@signed_in
def write(ref: str) -> ResponseReturnValue:
    """Keep text, picture and impact lines."""
    campaign = ours(ref)
    if request.form.get("look"):
        return _desk(campaign, request.form, {}, looked_at=True)
    try:
        with transaction():
            _write(campaign, impact_lines(request.form, str(get_locale())))
    except Invalid as invalid:
        return _desk(queries.by_ref(ref), request.form, invalid.errors), 422
    flash(_("Saved."), "done")
    return redirect(url_for("campaigns.prepare", ref=ref), 303)


@bp.get("/prepare/<ref>/page")
@signed_in
def preview(ref: str) -> ResponseReturnValue:
    """The page as everybody will see it, for the group and for the office."""
    whole = queries.whole_by_ref(ref)
    campaign = whole.campaign
    if "officer" not in roles() and not groups.is_member(campaign.group_id, require().id):
        raise Missing("There is no campaign with this reference.")
    if campaign.public:
        return redirect(url_for("campaigns.show", slug=campaign.slug), 303)
    shown = sheet(whole, order="latest", now=clock.now())
    return render_template("campaigns/show.html", **shown)


def _write(campaign: Campaign, impact: list[Impact]) -> None:
    now, by = clock.now(), require()
    sent = request.files.get("picture")
    picture_id = queries.story(campaign).picture_id
    if request.form.get("no_picture"):
        picture_id = None
    if sent is not None and sent.filename:
        picture_id = kept(sent, "picture", by=by, now=now).id
    service.write_text(
        campaign,
        summary=request.form.get("summary", ""),
        story=request.form.get("story", ""),
        impact=impact,
        picture_id=picture_id,
        picture_alt=request.form.get("picture_alt", ""),
        by=by,
        now=now,
    )


@bp.post("/prepare/<ref>/launch")
@signed_in
def launch(ref: str) -> ResponseReturnValue:
    """Ask an officer to open the campaign."""
    campaign = ours(ref)
    try:
        with transaction():
            service.ask_to_launch(campaign, by=require(), now=clock.now())
    except Conflict as refusal:
        return _desk(queries.by_ref(ref), _typed(queries.by_ref(ref)), {"": refusal}), 409
    flash(_("The office has your campaign. As soon as an officer has checked it, it opens and you get a mail."), "done")
    return redirect(url_for("campaigns.prepare", ref=ref), 303)
