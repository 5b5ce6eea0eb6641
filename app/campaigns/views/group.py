"""What the group does: prepare the campaign, ask to open it, tell news, answer questions."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.rules import IMPACT_MOST, Impact, missing
from app.campaigns.schemas import impact_lines
from app.campaigns.views.blueprint import bp
from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.files import queries as files
from app.files import service as storing
from app.groups import queries as groups
from app.territory import queries as territory
from app.web.gates import require, signed_in


def _ours(ref: str) -> Campaign:
    """The campaign, if the reader belongs to its group; otherwise it does not exist."""
    campaign = queries.by_ref(ref)
    if not groups.is_member(campaign.group_id, require().id):
        raise Missing("There is no campaign with this reference.")
    return campaign


def _desk(campaign: Campaign, values: Any, errors: dict[str, Refusal]) -> str:
    story = queries.story(campaign)
    return render_template(
        "campaigns/prepare.html",
        campaign=campaign,
        story=story,
        picture=files.by_id(story.picture_id) if story.picture_id else None,
        values=values,
        errors=errors,
        missing=missing(summary=story.summary, story=story.story),
        terms=queries.terms(campaign),
        zone=territory.zone_by_id(campaign.zone_id),
        rows=range(1, IMPACT_MOST + 1),
        now=clock.now(),
    )


def _typed(campaign: Campaign) -> dict[str, Any]:
    story = queries.story(campaign)
    values: dict[str, Any] = {"summary": story.summary, "story": story.story, "picture_alt": story.picture_alt}
    for number, line in enumerate(story.lines, start=1):
        values |= {f"amount_{number}": line.amount, f"it_{number}": line.it, f"en_{number}": line.en}
    return values


@bp.get("/prepare/<ref>")
@signed_in
def prepare(ref: str) -> ResponseReturnValue:
    """The group's desk for its campaign."""
    campaign = _ours(ref)
    return _desk(campaign, _typed(campaign), {})


@bp.post("/prepare/<ref>")
@signed_in
def write(ref: str) -> ResponseReturnValue:
    """Keep text, picture and impact lines."""
    campaign = _ours(ref)
    try:
        with transaction():
            _write(campaign, impact_lines(request.form, str(get_locale())))
    except Invalid as invalid:
        return _desk(queries.by_ref(ref), request.form, invalid.errors), 422
    flash(_("Saved."), "done")
    return redirect(url_for("campaigns.prepare", ref=ref), 303)


def _write(campaign: Campaign, impact: list[Impact]) -> None:
    now, by = clock.now(), require()
    sent = request.files.get("picture")
    picture_id = queries.story(campaign).picture_id
    if request.form.get("no_picture"):
        picture_id = None
    if sent is not None and sent.filename:
        stored = storing.store(sent.read(), sent.filename, kind="picture", private=False, by=by, now=now)
        db.session.flush()
        picture_id = stored.id
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
    campaign = _ours(ref)
    try:
        with transaction():
            service.ask_to_launch(campaign, by=require(), now=clock.now())
    except Conflict as refusal:
        return _desk(queries.by_ref(ref), _typed(queries.by_ref(ref)), {"": refusal}), 409
    flash(_("The office has your campaign. As soon as an officer has checked it, it opens and you get a mail."), "done")
    return redirect(url_for("campaigns.prepare", ref=ref), 303)


def _news(campaign: Campaign, values: Any, errors: dict[str, Refusal]) -> str:
    return render_template(
        "campaigns/news.html",
        campaign=campaign,
        updates=queries.updates(campaign),
        questions=queries.unanswered(campaign),
        values=values,
        errors=errors,
    )


@bp.get("/prepare/<ref>/news")
@signed_in
def news(ref: str) -> ResponseReturnValue:
    """News and questions of a public campaign, for its group."""
    return _news(_ours(ref), {}, {})


@bp.post("/prepare/<ref>/news")
@signed_in
def post_update(ref: str) -> ResponseReturnValue:
    """Tell news on the public page."""
    campaign = _ours(ref)
    try:
        with transaction():
            service.post_update(
                campaign,
                request.form.get("title", ""),
                request.form.get("body", ""),
                by=require(),
                now=clock.now(),
            )
    except Invalid as invalid:
        return _news(queries.by_ref(ref), request.form, invalid.errors), 422
    flash(_("The news is on the page of the project."), "done")
    return redirect(url_for("campaigns.news", ref=ref), 303)


@bp.post("/prepare/<ref>/answers/<question>")
@signed_in
def answer(ref: str, question: str) -> ResponseReturnValue:
    """Answer a question in public."""
    campaign = _ours(ref)
    asked = queries.question(campaign, question)
    try:
        with transaction():
            service.answer_question(campaign, asked, request.form.get("answer", ""), by=require(), now=clock.now())
    except Invalid as invalid:
        return _news(queries.by_ref(ref), {"answering": question, **request.form}, invalid.errors), 422
    flash(_("Question and answer are on the page of the project."), "done")
    return redirect(url_for("campaigns.news", ref=ref), 303)
